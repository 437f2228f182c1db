"""Peers of novelty-metrics: scikit-learn on the numbers that our side left in the folder."""

import os
from pathlib import Path

import numpy as np
import sklearn
from harness import serve
from sklearn import metrics

FOLDER = Path(os.environ.get("NOVELTY_COMPARE_DIR", "."))
REPEATS = 50


def labels(name="labels.u8"):
    return np.fromfile(FOLDER / name, np.uint8)


def scores():
    return np.fromfile(FOLDER / "scores.f32", np.float32)


def of_scores(metric, repeats=1):
    def prepare():
        y, s = labels(), scores()

        def run():
            for _ in range(repeats):
                value = metric(y, s)
            return [value]

        return run

    return prepare, sklearn.__version__


def f1_max(y, s):
    precision, recall, _ = metrics.precision_recall_curve(y, s)
    with np.errstate(invalid="ignore"):
        return np.nanmax(2 * precision * recall / (precision + recall))


def silhouette(n, d):
    def prepare():
        y = labels()
        x = np.fromfile(FOLDER / "x.f32", np.float32).reshape(n, d)
        return lambda: [metrics.silhouette_score(x, y)]

    return prepare, sklearn.__version__


def agreement():
    truth, predicted = labels("truth.u8"), labels("predicted.u8")
    return lambda: [
        metrics.adjusted_rand_score(truth, predicted),
        metrics.adjusted_mutual_info_score(truth, predicted),
    ]


serve(
    {
        ("roc_auc_10k", "scikit-learn"): of_scores(metrics.roc_auc_score, REPEATS),
        ("roc_auc_1m", "scikit-learn"): of_scores(metrics.roc_auc_score),
        ("roc_auc_10m", "scikit-learn"): of_scores(metrics.roc_auc_score),
        ("average_precision_1m", "scikit-learn"): of_scores(metrics.average_precision_score),
        ("f1_max_1m", "scikit-learn"): of_scores(f1_max),
        ("agreement_100k", "scikit-learn"): (agreement, sklearn.__version__),
    }
    | {
        (f"silhouette_{n:_}x{d}", "scikit-learn"): silhouette(n, d)
        for n in (10_000, 20_000)
        for d in (2, 8, 32)
    }
)
