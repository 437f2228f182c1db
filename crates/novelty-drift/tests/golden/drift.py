"""Golden values of the two-sample tests, by scipy 1.17 and numpy 2.4:

    python3 drift.py

Writes drift.json: samples, and the statistics and p-values of scipy.stats.ks_2samp,
cramervonmises_2samp, wasserstein_distance, chi2_contingency and hypergeom; and the squared
maximum mean discrepancy and the energy distance of embeddings, from their definitions.
"""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(7)


def f32(values):
    return np.asarray(values, dtype=np.float32)


def samples():
    yield "shift", f32(rng.normal(size=60)), f32(rng.normal(0.4, 1, size=35))
    yield "same", f32(rng.normal(size=80)), f32(rng.normal(size=50))
    yield "equal_sizes", f32(rng.normal(size=40)), f32(rng.normal(size=40))
    yield "ties", f32(rng.integers(0, 8, size=90)), f32(rng.integers(1, 9, size=70))
    yield "wide", f32(rng.normal(size=300)), f32(3 * rng.normal(size=120))
    yield "offset", f32(1e6 + rng.normal(size=100)), f32(1e6 + rng.normal(size=55))
    yield "tiny", f32(1e-9 * rng.normal(size=100)), f32(1e-9 * rng.normal(1, 1, size=55))
    yield "apart", f32(rng.normal(size=100)), f32(rng.normal(9, 1, size=60))
    yield "smallest", f32([1, 2]), f32([3, 4])
    yield "skewed", f32(rng.exponential(size=500)), f32(rng.exponential(1.3, size=100))


def histogram(x, y, n_bins):
    pool = np.sort(np.concatenate([x, y]))
    edges = [pool[-(-b * len(pool) // n_bins) - 1] for b in range(1, n_bins + 1)]
    edges = np.unique(edges)
    count = lambda v: np.bincount(np.searchsorted(edges, v, side="left"), minlength=len(edges))
    return np.array([count(x), count(y)])


def scalar(name, x, y):
    x, y = x.astype(float), y.astype(float)
    ks = stats.ks_2samp(x, y, method="exact" if len(x) < 10_000 else "asymp")
    cvm = stats.cramervonmises_2samp(x, y, method="asymptotic")
    case = {
        "name": name,
        "reference": [float(v) for v in x],
        "window": [float(v) for v in y],
        "ks": [ks.statistic, ks.pvalue],
        "cvm": [cvm.statistic, cvm.pvalue],
        "wasserstein": stats.wasserstein_distance(x, y),
        "mean_increase": None,
        "chi_square": None,
    }
    if x.mean() > 0:
        case["mean_increase"] = y.mean() / x.mean() - 1
    if min(len(x), len(y)) >= 25:
        table = histogram(x, y, 5)
        test = stats.chi2_contingency(table, correction=False)
        r, w = (row + 0.5 for row in table)
        r, w = r / r.sum(), w / w.sum()
        case["chi_square"] = [test.statistic, test.pvalue]
        case["psi"] = float(((w - r) * np.log(w / r)).sum())
    n, m, rank = len(x), len(y), max(1, round(0.1 * len(x)))
    above = int((y > np.sort(x)[n - rank]).sum())
    law = stats.hypergeom(n + m, m, above + rank - 1)
    case["exceedance"] = [above / m, law.sf(above), law.sf(above - 1)]
    return case


def distances(a, b):
    a, b = a.astype(float), b.astype(float)
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))


def off_diagonal_mean(k):
    n = len(k)
    return (k.sum() - np.trace(k)) / (n * (n - 1))


def embedding(name, x, y, sigma):
    k = lambda a, b: np.exp(-distances(a, b) ** 2 / (2 * sigma**2))
    mmd = off_diagonal_mean(k(x, x)) + off_diagonal_mean(k(y, y)) - 2 * k(x, y).mean()
    d = distances
    energy = 2 * d(x, y).mean() - off_diagonal_mean(d(x, x)) - off_diagonal_mean(d(y, y))
    as_lists = lambda a: [[float(v) for v in row] for row in a]
    return {
        "name": name,
        "reference": as_lists(x),
        "window": as_lists(y),
        "sigma": sigma,
        "mmd": mmd,
        "energy": energy,
    }


def embeddings():
    yield embedding("shift", f32(rng.normal(size=(60, 4))), f32(rng.normal(0.5, 1, (30, 4))), 1.5)
    yield embedding("same", f32(rng.normal(size=(50, 3))), f32(rng.normal(size=(50, 3))), 2.0)
    far = 1000 + rng.normal(size=(40, 5))
    yield embedding("offset", f32(far), f32(far[:25] + rng.normal(size=(25, 5))), 3.0)


golden = {"scores": [scalar(*s) for s in samples()], "embeddings": list(embeddings())}
with open("drift.json", "w") as file:
    json.dump(golden, file, default=float)
