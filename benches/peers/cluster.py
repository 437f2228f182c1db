"""Peers of novelty-cluster: scikit-learn on the numbers that our side left in the folder."""

import os
import warnings
from pathlib import Path

import numpy as np
import sklearn
from harness import serve
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

FOLDER = Path(os.environ.get("NOVELTY_COMPARE_DIR", "."))
K_MEANS = 8
MIXTURE = 5
ITERATIONS = 20


def data(d):
    return np.fromfile(FOLDER / "x.f32", np.float32).reshape(-1, d)


def k_means():
    x = data(32)
    return lambda: [KMeans(K_MEANS, n_init=10, random_state=0).fit(x).inertia_]


class Given(GaussianMixture):
    """Starts from given responsibilities."""

    def _initialize_parameters(self, X, random_state, xp=None):
        self._initialize(X, self.given)


def mixture(d, dtype):
    def prepare():
        x = data(d).astype(dtype)
        given = np.fromfile(FOLDER / "given.f32", np.float32).reshape(-1, MIXTURE).astype(dtype)
        model = Given(MIXTURE, tol=0.0, max_iter=ITERATIONS)
        model.given = given

        def run():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                return [model.fit(x).lower_bound_]

        return run

    return prepare


def converged(d):
    def prepare():
        x = data(d).astype(np.float64)
        return lambda: [GaussianMixture(MIXTURE, random_state=0).fit(x).score(x)]

    return prepare


def dbscan(d, eps):
    def prepare():
        x = data(d)

        return lambda: DBSCAN(eps=eps, min_samples=10).fit_predict(x)

    return prepare


def pca(d):
    def prepare():
        x = data(d)
        return lambda: PCA(32, random_state=0).fit(x).singular_values_

    return prepare


def tasks():
    yield "k_means_20kx32", "scikit-learn", k_means
    for d in (8, 32):
        yield f"gaussian_mixture_20kx{d}", "scikit-learn (f64)", mixture(d, np.float64)
        yield f"gaussian_mixture_20kx{d}", "scikit-learn (f32)", mixture(d, np.float32)
        yield f"gaussian_mixture_converged_20kx{d}", "scikit-learn (f64)", converged(d)
    for d, eps in ((2, 0.3), (8, 2.0), (32, 6.5)):
        yield f"dbscan_10kx{d}", "scikit-learn", dbscan(d, eps)
    yield "pca_20kx784", "scikit-learn", pca(784)
    yield "pca_20kx12288", "scikit-learn", pca(12288)


serve({(task, peer): (prepare, sklearn.__version__) for task, peer, prepare in tasks()})
