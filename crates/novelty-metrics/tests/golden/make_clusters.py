"""Golden values of clusterings, from scikit-learn.

    python make_clusters.py    # writes clusters.json beside this file

Needs numpy 2.4.6, scipy 1.17.1 and scikit-learn 1.9.1; the versions that ran are in the file.
Features are exact as float32 and given to scikit-learn as float64. Silhouettes are computed
from scipy's distances, since scikit-learn's own cancel far from the origin; Davies-Bouldin
and Calinski-Harabasz from data moved to the origin and brought to a range of 1, which
changes neither.
Test tolerance: silhouettes 2e-6 (distances are float32), the others 1e-6 relative; labels
alone 1e-12.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.spatial.distance import cdist
from sklearn import metrics

SCALES = {
    "unit": lambda x: x,
    "offset_1e6": lambda x: x + 1e6,
    "tiny_1e-9": lambda x: x * 1e-9,
    "tiny_1e-30": lambda x: x * 1e-30,
    "huge_1e30": lambda x: x * 1e30,
}


def shapes(rng):
    for n, d, k in ((3, 1, 2), (5, 2, 2), (12, 3, 4), (37, 7, 3), (60, 33, 5), (150, 2, 6)):
        labels = np.r_[np.arange(k), rng.integers(0, k, n - k)]
        x = rng.normal(size=(n, d)) + 1.5 * labels[:, None]
        yield f"blobs_{n}_{d}_{k}", x, labels
        yield f"random_labels_{n}_{d}_{k}", rng.normal(size=(n, d)), labels
    yield "singleton", np.array([[0.0], [1.0], [10.0]]), np.array([0, 0, 1])
    yield "singletons", rng.normal(size=(9, 2)), np.array([0, 0, 0, 0, 1, 2, 3, 4, 5])
    yield "k_is_n_less_1", rng.normal(size=(8, 3)), np.array([0, 0, 1, 2, 3, 4, 5, 6])
    yield "n_below_d", rng.normal(size=(4, 50)), np.array([0, 1, 0, 1])
    yield "label_names", rng.normal(size=(6, 2)), np.array([99, 5, 99, 5, 1000000, 5])
    duplicates = np.repeat(rng.normal(size=(5, 3)), 4, axis=0)
    yield "duplicates", duplicates, np.repeat([0, 1, 1, 0, 2], 4)
    yield "duplicates_split", duplicates, np.tile([0, 1], 10)
    constant = np.c_[rng.normal(size=20), np.full(20, 3.0)]
    yield "constant_feature", constant, rng.integers(0, 3, 20)


def case(name, x, labels):
    x = x.astype(np.float32)
    wide = x.astype(np.float64)
    distances = cdist(wide, wide)
    normal = wide - wide.mean(axis=0)
    normal /= np.abs(normal).max()
    silhouettes = metrics.silhouette_samples(distances, labels, metric="precomputed")
    return {
        "name": name,
        "x": [[float(str(value)) for value in row] for row in x],
        "labels": labels.tolist(),
        "silhouettes": np.round(silhouettes, 9).tolist(),
        "davies_bouldin": metrics.davies_bouldin_score(normal, labels),
        "calinski_harabasz": metrics.calinski_harabasz_score(normal, labels),
    }


def clusterings():
    rng = np.random.default_rng(7)
    for name, x, labels in shapes(rng):
        for scale, apply in SCALES.items():
            yield case(f"{name}/{scale}", apply(x), labels)


def agreement(name, truth, predicted):
    h, c, v = metrics.homogeneity_completeness_v_measure(truth, predicted)
    return {
        "name": name,
        "truth": [int(label) for label in truth],
        "predicted": [int(label) for label in predicted],
        "adjusted_rand_index": metrics.adjusted_rand_score(truth, predicted),
        "adjusted_mutual_information": metrics.adjusted_mutual_info_score(truth, predicted),
        "homogeneity": h,
        "completeness": c,
        "v_measure": v,
    }


def agreements():
    rng = np.random.default_rng(8)
    for n in (1, 2, 3, 10, 60, 500):
        for k in (1, 2, 4, 30):
            truth = rng.integers(0, k, n)
            noisy = np.where(rng.random(n) < 0.8, truth, rng.integers(0, k, n))
            yield agreement(f"independent_{n}_{k}", truth, rng.integers(0, k + 1, n))
            yield agreement(f"noisy_{n}_{k}", truth, noisy)
            yield agreement(f"renamed_{n}_{k}", truth, (truth * 7 + 3) % 31)
        yield agreement(f"all_apart_{n}", np.arange(n), np.arange(n)[::-1])
        yield agreement(f"one_against_all_apart_{n}", np.zeros(n, int), np.arange(n))
        yield agreement(f"halves_against_all_apart_{n}", np.arange(n) % 2, np.arange(n))
    skewed = np.r_[np.zeros(390, int), np.arange(1, 11)]
    yield agreement("skewed", skewed, rng.permutation(skewed))


if __name__ == "__main__":
    document = {
        "versions": {
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "clusterings": list(clusterings()),
        "agreements": list(agreements()),
    }
    path = Path(__file__).with_name("clusters.json")
    path.write_text(json.dumps(document) + "\n")
    print(len(document["clusterings"]), len(document["agreements"]), path.stat().st_size, "bytes")
