"""Golden values: python3 golden.py > golden.json (scikit-learn 1.9.1, numpy 2.4.6).

Everything is computed in float64 on the float32 data that is written out.
"""

import json
import warnings

import numpy as np
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore")
random = np.random.default_rng(7)


def blobs(n, d, k, side):
    centres = random.uniform(0, side, (k, d))
    return centres[random.integers(0, k, n)] + random.normal(size=(n, d))


def grid(n, d):
    points = np.stack(np.meshgrid(*[np.arange(n)] * d), -1).reshape(-1, d)
    return points.astype(float)


base = {
    "blobs_2d": blobs(60, 2, 3, 12),
    "blobs_5d": blobs(50, 5, 4, 8),
    "one_dimension": blobs(40, 1, 2, 10),
    "wide": blobs(12, 20, 3, 10),
    "lattice": grid(6, 2),
    "cube": grid(3, 3),
    "duplicates": np.repeat(blobs(12, 3, 3, 10), 4, axis=0),
    "constant_feature": np.hstack([blobs(40, 2, 3, 10), np.full((40, 1), 3.25)]),
    "singletons": np.vstack([blobs(30, 2, 2, 10), [[90.0, 90.0]], [[-70.0, 20.0]]]),
    "tiny": blobs(7, 2, 3, 9),
}
data = {name: x.astype(np.float32) for name, x in base.items()}
for name in ("blobs_2d", "blobs_5d", "duplicates"):
    data[name + "_offset"] = (base[name] + 1e6).astype(np.float32)
    data[name + "_scale"] = (base[name] * 1e-9).astype(np.float32)
unit = {name: 1e-9 if name.endswith("_scale") else 1.0 for name in data}


def k_means():
    for name, x in data.items():
        distinct = np.unique(x, axis=0)
        for k in sorted({1, 2, 3, min(6, len(distinct)), len(distinct)}):
            if k > min(len(distinct), 12):
                continue
            centroids = distinct[random.permutation(len(distinct))[:k]]
            model = KMeans(k, init=centroids.astype(float), n_init=1).fit(x.astype(float))
            yield {
                "data": name,
                "k": k,
                "init": centroids.ravel().tolist(),
                "labels": model.labels_.tolist(),
                "inertia": model.inertia_,
                "centroids": model.cluster_centers_.ravel().tolist(),
                "n_iter": model.n_iter_,
            }


class Given(GaussianMixture):
    def _initialize_parameters(self, X, random_state, xp=None):
        self._initialize(X, self.given)


def mixtures():
    for name, x in data.items():
        # Theirs loses digits to a large offset; nothing but the means depends on it.
        offset = 1e6 if name.endswith("_offset") else 0.0
        x = x.astype(float) - offset
        for kind in ("full", "tied", "diag", "spherical"):
            for k in (1, 2, 3):
                if name == "tiny" and k == 3:
                    continue
                given = random.dirichlet(np.full(k, 0.3), len(x)).astype(np.float32)
                model = Given(
                    k, covariance_type=kind, max_iter=15, tol=0, reg_covar=1e-6 * unit[name] ** 2
                )
                model.given = given.astype(float) / given.sum(1, keepdims=True)
                try:
                    model.fit(x)
                    score = model.score(x)
                except ValueError:
                    continue
                yield {
                    "data": name,
                    "kind": kind,
                    "k": k,
                    "reg_covar": 1e-6 * unit[name] ** 2,
                    "given": given.ravel().tolist(),
                    "lower_bound": model.lower_bound_,
                    "weights": model.weights_.tolist(),
                    "means": (model.means_ + offset).ravel().tolist(),
                    "score": score,
                    "bic": model.bic(x),
                    "aic": model.aic(x),
                }


def dbscan():
    for name, x in data.items():
        distances = np.sqrt(((x[:, None].astype(float) - x[None]) ** 2).sum(-1))
        radii = [np.quantile(distances[distances > 0], q) for q in (0.03, 0.1, 0.4)]
        if name in ("lattice", "cube"):
            radii += [1.0, np.sqrt(2.0), 2.0]
        for eps in radii:
            for min_samples in (1, 3, 5):
                model = DBSCAN(eps=eps, min_samples=min_samples, algorithm="kd_tree")
                model.fit(x.astype(float))
                yield {
                    "data": name,
                    "eps": float(eps),
                    "min_samples": min_samples,
                    "labels": model.labels_.tolist(),
                    "core": model.core_sample_indices_.tolist(),
                }


def pca():
    for name, x in data.items():
        limit = min(x.shape)
        for k in sorted({1, 2, limit} & set(range(1, limit + 1))):
            model = PCA(k, svd_solver="full").fit(x.astype(float))
            yield {
                "data": name,
                "k": k,
                "singular_values": model.singular_values_.tolist(),
                "variance": model.explained_variance_.tolist(),
                "ratio": model.explained_variance_ratio_.tolist(),
            }


print(
    json.dumps(
        {
            "data": {
                name: {"n": len(x), "d": x.shape[1], "x": x.astype(float).ravel().tolist()}
                for name, x in data.items()
            },
            "k_means": list(k_means()),
            "mixtures": list(mixtures()),
            "dbscan": list(dbscan()),
            "pca": list(pca()),
        }
    )
)
