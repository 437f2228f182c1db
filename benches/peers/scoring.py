"""Peers of novelty-scoring: numpy, scikit-image and scikit-learn."""

import os
from pathlib import Path

import numpy as np
import skimage
import sklearn
from harness import serve
from skimage.metrics import structural_similarity
from sklearn.covariance import LedoitWolf
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import KernelDensity, LocalOutlierFactor, NearestNeighbors

FOLDER = Path(os.environ.get("NOVELTY_COMPARE_DIR", "."))
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
N_IMAGES, PIXELS = 20_000, 12_288


def read(name, *shape):
    return np.fromfile(FOLDER / name, np.float32).reshape(shape)


def digest(scores):
    scores = np.asarray(scores, np.float64)
    return [scores.mean(), *scores[:: len(scores) // 16]]


def pixels(factor):
    values = np.arange(N_IMAGES * PIXELS, dtype=np.uint32)
    values *= np.uint32(factor)
    values >>= np.uint32(8)
    return (values.astype(np.float32) / np.float32(1 << 24)).reshape(N_IMAGES, PIXELS)


def mse_plain():
    x, y = pixels(2654435761), pixels(2246822519)
    return lambda: digest(((x - y) ** 2).mean(1))


def mse_best():
    """Blocks that stay in the cache, two threads, one buffer each, and a dot product."""
    from concurrent.futures import ThreadPoolExecutor

    x, y = pixels(2654435761), pixels(2246822519)
    block = 16
    pool = ThreadPoolExecutor(THREADS)
    out = np.empty(N_IMAGES)

    def part(first, last):
        buffer = np.empty((block, PIXELS), np.float32)
        for i in range(first, last, block):
            n = min(block, last - i)
            d = np.subtract(x[i : i + n], y[i : i + n], out=buffer[:n])
            out[i : i + n] = np.einsum("ij,ij->i", d, d) / PIXELS

    bounds = np.linspace(0, N_IMAGES, THREADS + 1).astype(int)

    def run():
        list(pool.map(part, bounds[:-1], bounds[1:]))
        return digest(out)

    return run


def ssim():
    x, y = read("x.f32", -1, 256, 256), read("y.f32", -1, 256, 256)
    settings = {"gaussian_weights": True, "use_sample_covariance": False, "data_range": 1.0}
    return lambda: digest([1 - structural_similarity(p, q, **settings) for p, q in zip(x, y)])


def quantile():
    scores = read("scores.f32", -1)
    return lambda: [np.quantile(scores, 0.999)]


def neighbors():
    x, q = read("x.f32", -1, 784), read("queries.f32", -1, 784)
    model = NearestNeighbors(n_neighbors=5, algorithm="brute", n_jobs=-1).fit(x)
    return lambda: digest(model.kneighbors(q)[0].mean(1))


def lof(novelty):
    x, q = read("x.f32", -1, 32), read("queries.f32", -1, 32)
    if not novelty:

        def fit():
            model = LocalOutlierFactor(n_neighbors=20, n_jobs=-1).fit(x)
            return digest(-model.negative_outlier_factor_)

        return fit
    model = LocalOutlierFactor(n_neighbors=20, novelty=True, n_jobs=-1).fit(x)
    return lambda: digest(-model.score_samples(q))


def forest(fitted):
    x, q = read("x.f32", -1, 32), read("queries.f32", -1, 32)
    new = lambda: IsolationForest(random_state=0, n_jobs=-1).fit(x)
    if not fitted:
        return lambda: [-new().score_samples(q).mean()]
    model = new()
    return lambda: [-model.score_samples(q).mean()]


def mahalanobis(fitted):
    x, q = read("x.f32", -1, 784), read("queries.f32", -1, 784)
    if not fitted:
        # In float64, as ours: LedoitWolf keeps the type it is given.
        x = x.astype(np.float64)
        return lambda: [LedoitWolf().fit(x).shrinkage_]
    model = LedoitWolf().fit(x.astype(np.float64))
    q = q.astype(np.float64)
    return lambda: digest(np.sqrt(model.mahalanobis(q)))


def density():
    x, q = read("x.f32", -1, 8), read("queries.f32", -1, 8)
    model = KernelDensity(bandwidth=float(read("bandwidth.f32", 1)[0]), rtol=0, atol=0).fit(x)
    return lambda: digest(-model.score_samples(q))


SKLEARN = sklearn.__version__

serve(
    {
        ("mse_20k", "numpy, best form"): (mse_best, np.__version__),
        ("mse_20k", "numpy, plain"): (mse_plain, np.__version__),
        ("ssim_64", "scikit-image"): (ssim, skimage.__version__),
        ("quantile_1m", "numpy"): (quantile, np.__version__),
        ("neighbors_mnist", "scikit-learn"): (neighbors, SKLEARN),
        ("neighbors_noise", "scikit-learn"): (neighbors, SKLEARN),
        ("lof_fit", "scikit-learn"): (lambda: lof(False), SKLEARN),
        ("lof_score", "scikit-learn"): (lambda: lof(True), SKLEARN),
        ("forest_fit", "scikit-learn"): (lambda: forest(False), SKLEARN),
        ("forest_score", "scikit-learn"): (lambda: forest(True), SKLEARN),
        ("mahalanobis_fit", "scikit-learn"): (lambda: mahalanobis(False), SKLEARN),
        ("mahalanobis_score", "scikit-learn"): (lambda: mahalanobis(True), SKLEARN),
        ("density_score", "scikit-learn"): (density, SKLEARN),
    }
)
