"""Golden values of generalised Pareto fits: python3 make_tails.py > tails.json

scipy 1.17.1, numpy 2.4.6: the best of Nelder-Mead runs from several starts on scipy's density.
"""

import json

import numpy as np
from scipy import optimize, stats

rng = np.random.default_rng(11)
cases = []
for shape, n in [(0.3, 200), (0.0, 150), (-0.2, 300), (0.8, 80)]:
    x = np.round(stats.genpareto.rvs(shape, scale=2.5, size=n, random_state=rng), 5) + 1e-5

    def loss(p):
        return -stats.genpareto.logpdf(x, p[0], scale=np.exp(p[1])).sum()

    starts = [(c, np.log(s)) for c in (-0.2, 0.1, 0.5) for s in (1.0, 2.5)]
    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20000}
    fits = [optimize.minimize(loss, s, method="Nelder-Mead", options=options) for s in starts]
    best = min(fits, key=lambda fit: fit.fun)
    c, s = best.x[0], np.exp(best.x[1])
    exceeded = [stats.genpareto.isf(q, c, scale=s) for q in (0.1, 0.01, 0.001)]
    cases.append({"x": x.tolist(), "shape": c, "scale": s, "exceeded": exceeded})
print(json.dumps(cases))
