"""Peers of novelty-drift on the samples that our side left in the folder. The kernel tests are
alibi-detect's algorithm in numpy: the kernel matrix once, then its rows and columns permuted."""

import os
from pathlib import Path

import numpy as np
import scipy
from harness import serve
from scipy import stats

FOLDER = Path(os.environ.get("NOVELTY_COMPARE_DIR", "."))
PERMUTATIONS = 100
REPEATS = 10
SIGMA = 8.0


def samples(d):
    return [np.fromfile(FOLDER / name, np.float32).reshape(-1, d) for name in ("x.f32", "y.f32")]


def squared_distances(z):
    squares = (z * z).sum(1)
    return np.maximum(squares[:, None] + squares[None] - 2 * z @ z.T, 0)


def discrepancy(k, n):
    """Mean within both samples, less the mean between; the diagonal of `k` is zero."""
    m = len(k) - n
    return (
        k[:n, :n].sum() / (n * (n - 1))
        + k[n:, n:].sum() / (m * (m - 1))
        - 2 * k[n:, :n].mean()
    )


def kernel_test(kernel):
    def prepare():
        x, y = samples(32)

        def run():
            rng = np.random.default_rng(0)
            z = np.concatenate([x, y])
            k = kernel(squared_distances(z))
            np.fill_diagonal(k, 0)
            observed = discrepancy(k, len(x))
            larger = 0
            for _ in range(PERMUTATIONS):
                order = rng.permutation(len(z))
                larger += discrepancy(k[order][:, order], len(x)) >= observed
            return [float(observed), (1 + larger) / (1 + PERMUTATIONS)]

        return run

    return prepare, np.__version__


def of_scores(test):
    def prepare():
        x, y = (sample.ravel().astype(np.float64) for sample in samples(1))

        def run():
            for _ in range(REPEATS):
                found = test(x, y)
            return [float(value) for value in found]

        return run

    return prepare, scipy.__version__


def ks(x, y):
    found = stats.ks_2samp(x, y, method="exact")
    return found.statistic, found.pvalue


def cvm(x, y):
    found = stats.cramervonmises_2samp(x, y, method="asymptotic")
    return found.statistic, found.pvalue


def wasserstein(x, y):
    rng = np.random.default_rng(0)
    observed = stats.wasserstein_distance(x, y)
    pool = np.concatenate([x, y])
    larger = 0
    for _ in range(PERMUTATIONS):
        rng.shuffle(pool)
        larger += stats.wasserstein_distance(pool[: len(x)], pool[len(x) :]) >= observed
    return observed, (1 + larger) / (1 + PERMUTATIONS)


def gaussian(squares):
    return np.exp(-squares / (2 * SIGMA**2))


def minus_distance(squares):
    return -np.sqrt(squares)


serve(
    {
        ("ks_2000", "scipy"): of_scores(ks),
        ("cvm_2000", "scipy"): of_scores(cvm),
        ("wasserstein_2000", "scipy"): of_scores(wasserstein),
    }
    | {(f"mmd_{n}", "numpy"): kernel_test(gaussian) for n in (500, 2000)}
    | {(f"energy_{n}", "numpy"): kernel_test(minus_distance) for n in (500, 2000)}
)
