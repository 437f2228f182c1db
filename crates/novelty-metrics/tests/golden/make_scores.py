"""Golden values of scores against labels, from scikit-learn.

    python make_scores.py      # writes scores.json beside this file

Needs numpy 2.4.6 and scikit-learn 1.9.1; the versions that ran are in the file.
Scores are exact as float32. Test tolerance: 1e-12 absolute; thresholds are equal.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics

warnings.filterwarnings("ignore")
SCALES = {
    "unit": lambda s: s,
    "offset_1e6": lambda s: s + np.float32(1e6),
    "tiny_1e-9": lambda s: s * np.float32(1e-9),
    "subnormal": lambda s: s * np.float32(1e-42),
    "huge_1e37": lambda s: s * np.float32(1e37),
    "negative": lambda s: -s - np.float32(3),
}


def shapes(rng):
    for n in (2, 3, 5, 17, 40):
        labels = rng.random(n) < 0.4
        labels[0], labels[-1] = True, False
        shift = labels.astype(np.float32)
        yield f"normal_{n}", rng.normal(size=n).astype(np.float32) + shift, labels
        yield f"ties_{n}", np.round(2 * rng.random(n)).astype(np.float32) + shift, labels
        yield f"constant_{n}", np.zeros(n, np.float32), labels
        yield f"perfect_{n}", rng.random(n).astype(np.float32) + 2 * shift, labels
        yield f"inverted_{n}", rng.random(n).astype(np.float32) - 2 * shift, labels
    rare = np.arange(200) == 77
    yield "rare", rng.normal(size=200).astype(np.float32), rare
    yield "common", rng.normal(size=200).astype(np.float32), ~rare
    zeros = np.array([0.0, -0.0, 0.0, -0.0, 1.0, -1.0], np.float32)
    yield "signed_zeros", zeros, np.array([1, 0, 0, 1, 0, 1], bool)
    steps = np.repeat(np.float32(1) + np.arange(6, dtype=np.float32) * np.float32(2**-23), 3)
    yield "neighbouring_floats", steps, rng.random(18) < 0.5


def cases():
    rng = np.random.default_rng(20240607)
    for name, scores, labels in shapes(rng):
        for scale, apply in SCALES.items():
            if scale == "unit" or name.split("_")[0] in ("normal", "ties"):
                yield f"{name}/{scale}", apply(scores).astype(np.float32), labels


def operating_points(fpr, tpr):
    at_fpr, at_tpr = {}, {}
    for limit in (0.0, 0.1, 0.5, 1.0):
        best = tpr[fpr <= limit].max()
        at_fpr[str(limit)] = [best, fpr[tpr == best].min()]
    for limit in (0.0, 0.5, 0.95, 1.0):
        lowest = fpr[tpr >= limit].min()
        at_tpr[str(limit)] = [tpr[(tpr >= limit) & (fpr == lowest)].min(), lowest]
    return at_fpr, at_tpr


def golden(name, scores, labels):
    fpr, tpr, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=False)
    dropped = metrics.roc_curve(labels, scores)
    precision, recall, pr_thresholds = metrics.precision_recall_curve(labels, scores)
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall)).max()
    at_fpr, at_tpr = operating_points(fpr, tpr)
    limits = (0.05, 0.3, 0.5, 1.0)
    return {
        "name": name,
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "thresholds": thresholds[1:].tolist(),
        "dropped_thresholds": dropped[2][1:].tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "pr_thresholds": pr_thresholds.tolist(),
        "roc_auc": metrics.roc_auc_score(labels, scores),
        "partial": {str(m): metrics.roc_auc_score(labels, scores, max_fpr=m) for m in limits},
        "average_precision": metrics.average_precision_score(labels, scores),
        "f1_max": f1,
        "tpr_at_fpr": at_fpr,
        "fpr_at_tpr": at_tpr,
    }


def generated(n, levels):
    """The scores and labels that the test makes with the same generator."""
    state, scores, labels = 1, np.empty(n, np.float32), np.empty(n, bool)
    for i in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        labels[i] = (state >> 60) == 0
        scores[i] = (state >> 33) % levels
    return scores, labels


def large():
    for n, levels in ((300_000, 1 << 24), (300_000, 1000)):
        scores, labels = generated(n, levels)
        precision, recall, _ = metrics.precision_recall_curve(labels, scores)
        yield {
            "n": n,
            "levels": levels,
            "roc_auc": metrics.roc_auc_score(labels, scores),
            "partial_0.1": metrics.roc_auc_score(labels, scores, max_fpr=0.1),
            "average_precision": metrics.average_precision_score(labels, scores),
            "f1_max": float((2 * precision * recall / (precision + recall + 1e-300)).max()),
        }


if __name__ == "__main__":
    document = {
        "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
        "cases": [golden(*case) for case in cases()],
        "large": list(large()),
    }
    path = Path(__file__).with_name("scores.json")
    path.write_text(json.dumps(document) + "\n")
    print(len(document["cases"]), "cases,", path.stat().st_size, "bytes")
