"""Peers of novelty-drift on the samples that our side left in the folder.

The kernel tests come in two forms. "numpy" is the fastest that we know: one matrix product for the
distances, and one for the sums under all relabellings. "numpy, permuted" is alibi-detect's
algorithm: the kernel matrix once, then its rows and columns permuted."""

import os
from pathlib import Path

import numpy as np
import scipy
from harness import serve
from scipy import stats
from scipy.spatial.distance import cdist

FOLDER = Path(os.environ.get("NOVELTY_COMPARE_DIR", "."))
D = 32
PERMUTATIONS = 100
REPEATS = 10
SIGMA = 8.0
WINDOW = 50


def samples(d):
    return [np.fromfile(FOLDER / name, np.float32).reshape(-1, d) for name in ("x.f32", "y.f32")]


def gaussian(z):
    """`exp(-|a - b|^2 / (2 sigma^2))`; the exponent is one matrix product."""
    gamma = np.float32(1 / (2 * SIGMA**2))
    squares = np.einsum("ij,ij->i", z, z)
    ones = np.ones(len(z), np.float32)
    left = np.column_stack([2 * gamma * z, -gamma * squares, -gamma * ones])
    k = left @ np.column_stack([z, ones, squares]).T
    return np.exp(k, out=k)


def minus_distance(z):
    squares = np.einsum("ij,ij->i", z, z)
    ones = np.ones(len(z), np.float32)
    k = np.column_stack([-2 * z, squares, ones]) @ np.column_stack([z, ones, squares]).T
    np.maximum(k, 0, out=k)
    np.sqrt(k, out=k)
    return np.negative(k, out=k)


def minus_cdist(z):
    return -cdist(z, z)


def relabelled(rng, n, m):
    """Which samples are the window: as they came, then a column a permutation."""
    labels = np.zeros((n + m, PERMUTATIONS + 1), np.float32)
    labels[n:, 0] = 1
    for i in range(1, PERMUTATIONS + 1):
        labels[rng.permutation(n + m)[:m], i] = 1
    return labels


def kernel_test(kernel, version):
    def prepare():
        x, y = samples(D)
        n, m = len(x), len(y)

        def run():
            k = kernel(np.concatenate([x, y]))
            np.fill_diagonal(k, 0)
            labels = relabelled(np.random.default_rng(0), n, m).astype(k.dtype, copy=False)
            window = np.einsum("ij,ij->j", k @ labels, labels, dtype=np.float64)
            rows = k.sum(1, dtype=np.float64)
            mixed = rows @ labels - window
            reference = rows.sum() - window - 2 * mixed
            found = window / (m * (m - 1)) + reference / (n * (n - 1)) - 2 * mixed / (n * m)
            larger = (found[1:] >= found[0]).sum()
            return [float(found[0]), float(1 + larger) / (1 + PERMUTATIONS)]

        return run

    return prepare, version


def discrepancy(k, n):
    """Mean within both samples, less the mean between; the diagonal of `k` is zero."""
    m = len(k) - n
    return (
        k[:n, :n].sum() / (n * (n - 1))
        + k[n:, n:].sum() / (m * (m - 1))
        - 2 * k[n:, :n].mean()
    )


def permuted(kernel):
    def prepare():
        x, y = samples(D)

        def run():
            rng = np.random.default_rng(0)
            k = kernel(np.concatenate([x, y]))
            np.fill_diagonal(k, 0)
            observed = discrepancy(k, len(x))
            larger = 0
            for _ in range(PERMUTATIONS):
                order = rng.permutation(len(k))
                larger += discrepancy(k[order][:, order], len(x)) >= observed
            return [float(observed), (1 + larger) / (1 + PERMUTATIONS)]

        return run

    return prepare, np.__version__


class OnlineMmd:
    """The window is a ring; a step makes one column of its kernel matrix anew."""

    def __init__(self, reference, threshold):
        self.reference, self.threshold = reference, threshold
        self.gamma = np.float32(1 / (2 * SIGMA**2))
        self.squares = np.einsum("ij,ij->i", reference, reference)
        k = gaussian(reference)
        n = len(reference)
        self.within = (k.sum(dtype=np.float64) - n) / (n * (n - 1))
        self.window = np.zeros((WINDOW, D), np.float32)
        self.window_squares = np.zeros(WINDOW, np.float32)
        self.start()

    def start(self):
        self.n = 0
        self.k = np.zeros((WINDOW, WINDOW), np.float32)
        self.mixed = np.zeros(WINDOW)

    def kernels(self, rows, squares, x, square):
        k = rows @ x
        k *= 2
        k -= squares
        k -= square
        k *= self.gamma
        return np.exp(k, out=k)

    def update(self, x):
        i = self.n % WINDOW
        self.n += 1
        square = x @ x
        self.window[i], self.window_squares[i] = x, square
        filled = min(self.n, WINDOW)
        k = self.kernels(self.window[:filled], self.window_squares[:filled], x, square)
        k[i] = 0
        self.k[i, :filled] = self.k[:filled, i] = k
        self.mixed[i] = self.kernels(self.reference, self.squares, x, square).mean()
        if self.n < WINDOW:
            return 0.0, False
        pairs = self.k.sum(dtype=np.float64) / (WINDOW * (WINDOW - 1))
        statistic = self.within + pairs - 2 * self.mixed.mean()
        is_drift = statistic > self.threshold
        if is_drift:
            self.start()
        return statistic, is_drift


def online_mmd():
    _, stream = samples(D)
    reference = np.fromfile(FOLDER / "reference.f32", np.float32).reshape(-1, D)
    threshold = np.fromfile(FOLDER / "threshold.f64", np.float64)[0]
    detector = OnlineMmd(reference, threshold)

    def run():
        detector.start()
        found = [detector.update(x) for x in stream]
        return [statistic for statistic, _ in found[9::10]] + [sum(drift for _, drift in found)]

    return run


def of_scores(test, version=scipy.__version__):
    def prepare():
        x, y = (sample.ravel().astype(np.float64) for sample in samples(1))

        def run():
            for _ in range(REPEATS):
                found = test(x, y)
            return [float(value) for value in found]

        return run

    return prepare, version


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


def wasserstein_sorted(x, y):
    """Sorts once, and relabels the sorted values."""
    n, m = len(x), len(y)
    order = np.argsort(np.concatenate([x, y]))
    gaps = np.diff(np.concatenate([x, y])[order])
    labels = relabelled(np.random.default_rng(0), n, m).T
    labels[0] = labels[0, order]
    above = np.cumsum(labels, axis=1, dtype=np.float64)[:, :-1]
    below = np.arange(1, n + m) - above
    found = np.abs(above / m - below / n) @ gaps
    return found[0], (1 + (found[1:] >= found[0]).sum()) / (1 + PERMUTATIONS)


serve(
    {
        ("online_mmd_1000", "numpy"): (online_mmd, np.__version__),
        ("ks_2000", "scipy"): of_scores(ks),
        ("ks_2000_300", "scipy"): of_scores(ks),
        ("cvm_2000", "scipy"): of_scores(cvm),
        ("wasserstein_2000", "numpy"): of_scores(wasserstein_sorted, np.__version__),
        ("wasserstein_2000", "scipy"): of_scores(wasserstein),
    }
    | {(f"mmd_{n}", "numpy"): kernel_test(gaussian, np.__version__) for n in (500, 2000)}
    | {(f"mmd_{n}", "numpy, permuted"): permuted(gaussian) for n in (500, 2000)}
    | {(f"energy_{n}", "numpy"): kernel_test(minus_distance, np.__version__) for n in (500, 2000)}
    | {(f"energy_{n}", "scipy"): kernel_test(minus_cdist, scipy.__version__) for n in (500, 2000)}
)
