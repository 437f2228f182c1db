"""Golden values of the scorers of features: python3 make_features.py > features.json

scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6. The reference has two clusters, one of them far
from the origin, duplicated rows and a constant feature; the queries are some of its rows, rows
between and rows far away.
"""

import json

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.covariance import EmpiricalCovariance, LedoitWolf, ShrunkCovariance
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import KernelDensity, LocalOutlierFactor, NearestNeighbors

rng = np.random.default_rng(3)


def make(n, d):
    x = rng.normal(size=(n, d)) * np.linspace(0.2, 2, d)
    x[: n // 3] += 40
    x[:, 1] = 0.5
    x[5] = x[4]
    queries = np.concatenate([x[:4], x[-4:] + 0.3, x[10:14] * 0.5 + 3, rng.normal(size=(4, d)) * 9])
    return [np.round(v, 3).astype(np.float32) for v in (x, queries)]


def mahalanobis(estimator, x, q):
    return np.sqrt(estimator.fit(x).mahalanobis(q)).tolist()


def neighbors(x, q, k, metric):
    return NearestNeighbors(n_neighbors=k, metric=metric, algorithm="brute").fit(x).kneighbors(q)[0]


def case(n, d, k):
    x32, q32 = make(n, d)
    x, q = x32.astype(np.float64), q32.astype(np.float64)
    result = {"k": k, "x": x32.tolist(), "queries": q32.tolist()}
    for metric in ("euclidean", "cosine"):
        # cdist: the expansion that scikit-learn uses is not exact
        distances = np.sort(cdist(q, x, metric))[:, :k]
        np.testing.assert_allclose(distances, neighbors(x, q, k, metric), atol=1e-5)
        result[metric] = {
            "largest": distances[:, -1].tolist(),
            "mean": distances.mean(1).tolist(),
            "median": np.median(distances, 1).tolist(),
        }
    lof = LocalOutlierFactor(n_neighbors=k, novelty=True, algorithm="brute").fit(x)
    result["lof"] = (-lof.score_samples(q)).tolist()
    result["lof_reference"] = (-lof.negative_outlier_factor_).tolist()
    wolf = LedoitWolf()
    result["ledoit_wolf"] = mahalanobis(wolf, x, q)
    result["ledoit_wolf_shrinkage"] = wolf.shrinkage_
    result["shrunk_0.1"] = mahalanobis(ShrunkCovariance(shrinkage=0.1), x, q)
    result["empirical"] = mahalanobis(EmpiricalCovariance(), x, q)
    scale = np.sqrt(x.var(0).mean())
    for name, h in [
        ("scott", scale * n ** (-1 / (d + 4))),
        ("silverman", scale * (n * (d + 2) / 4) ** (-1 / (d + 4))),
        ("fixed_2", 2.0),
    ]:
        # Far from the reference scikit-learn's tree is wrong in the third digit (its bounds
        # cancel): the formula itself, and scikit-learn where the density is not tiny.
        exponents = -0.5 * cdist(q, x, "sqeuclidean") / h**2
        score = np.log(n) + d * np.log(h * np.sqrt(2 * np.pi)) - logsumexp(exponents, axis=1)
        theirs = -KernelDensity(bandwidth=h, rtol=0, atol=0).fit(x).score_samples(q)
        np.testing.assert_allclose(theirs[:8], score[:8], rtol=1e-6)
        result[name] = score.tolist()
    forests = [IsolationForest(n_estimators=200, max_samples=min(64, n), random_state=s).fit(x) for s in range(20)]
    result["forest"] = np.mean([-f.score_samples(q) for f in forests], 0).tolist()
    return result


print(json.dumps([case(90, 6, 5), case(30, 50, 3)]))
