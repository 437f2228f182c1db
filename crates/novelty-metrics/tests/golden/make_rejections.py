"""Inputs that scikit-learn rejects, or answers with a warning.

    python make_rejections.py  # writes rejections.json beside this file

Needs numpy 2.4.6 and scikit-learn 1.9.1; the versions that ran are in the file. Every case
says what scikit-learn does (`raises` or `warns`, with its words) and which error the crate
has for it. A case that scikit-learn simply answers stops the script.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics

SCORE_METRICS = {
    "roc_curve": metrics.roc_curve,
    "roc_auc": metrics.roc_auc_score,
    "roc_auc_partial": lambda y, s: metrics.roc_auc_score(y, s, max_fpr=0.3),
    "precision_recall_curve": metrics.precision_recall_curve,
    "average_precision": metrics.average_precision_score,
}
CLUSTER_METRICS = {
    "silhouette_samples": metrics.silhouette_samples,
    "silhouette_score": metrics.silhouette_score,
    "davies_bouldin_score": metrics.davies_bouldin_score,
    "calinski_harabasz_score": metrics.calinski_harabasz_score,
}
AGREEMENTS = {
    "adjusted_rand_index": metrics.adjusted_rand_score,
    "adjusted_mutual_information": metrics.adjusted_mutual_info_score,
    "v_measure": metrics.homogeneity_completeness_v_measure,
}
# Without a normal sample precision is defined, so neither side rejects that.
NEED_NORMAL = ("roc_curve", "roc_auc", "roc_auc_partial")


def outcome(function, call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call()
        except (ValueError, IndexError) as error:
            return "raises", str(error).splitlines()[0]
    if not caught:
        raise SystemExit(f"scikit-learn answers: {function}")
    return "warns", str(caught[0].message).splitlines()[0]


def case(function, error, call, **inputs):
    does, words = outcome(function, call)
    return {"function": function, "error": error, "scikit-learn": does, "words": words, **inputs}


def bad_scores():
    rng = np.random.default_rng(5)
    for n in (2, 7, 40):
        scores = rng.normal(size=n).astype(np.float32)
        labels = np.arange(n) % 2 == 0
        for bad in (np.nan, np.inf, -np.inf):
            for place in (0, n - 1):
                spoiled = scores.copy()
                spoiled[place] = bad
                yield "NotFinite", spoiled, labels
        yield "OneClass", scores, np.zeros(n, bool)
        yield "OneClass", scores, np.ones(n, bool)
        yield "Length", scores, np.r_[labels, True]
    yield "Empty", np.zeros(0, np.float32), np.zeros(0, bool)


def score_cases():
    for error, scores, labels in bad_scores():
        for function, metric in SCORE_METRICS.items():
            if error == "OneClass" and labels.all() and function not in NEED_NORMAL:
                continue
            yield case(
                function,
                error,
                lambda: metric(labels, scores),
                scores=[str(score) for score in scores],
                truth=labels.tolist(),
            )


def bad_clusterings():
    rng = np.random.default_rng(6)
    for n, d in ((3, 1), (12, 4)):
        x = rng.normal(size=(n, d)).astype(np.float32)
        labels = np.arange(n) % 2
        for bad in (np.nan, np.inf, -np.inf):
            spoiled = x.copy()
            spoiled[n // 2, d - 1] = bad
            yield "NotFinite", spoiled, labels
        yield "ClusterCount", x, np.zeros(n, int)
        yield "ClusterCount", x, np.arange(n)
        yield "Length", x, labels[1:]
        yield "Empty", x[:, :0], labels
    yield "Empty", np.zeros((0, 3), np.float32), np.zeros(0, int)
    yield "ClusterCount", np.zeros((1, 2), np.float32), np.zeros(1, int)


def cluster_cases():
    for error, x, labels in bad_clusterings():
        for function, metric in CLUSTER_METRICS.items():
            yield case(
                function,
                error,
                lambda: metric(x, labels),
                shape=x.shape,
                scores=[str(value) for value in x.ravel()],
                labels=labels.tolist(),
            )


def agreement_cases():
    for truth, predicted in (([1], [1, 2]), ([0, 1, 2], [0, 1]), ([0, 0], [])):
        for function, metric in AGREEMENTS.items():
            yield case(
                function,
                "Length",
                lambda: metric(truth, predicted),
                labels=truth,
                predicted=predicted,
            )


def limit_cases():
    scores, labels = np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1], bool)
    for limit in (-0.5, 0.0, 1.5):
        yield case(
            "roc_auc_partial",
            "Setting",
            lambda: metrics.roc_auc_score(labels, scores, max_fpr=limit),
            scores=[str(score) for score in scores],
            truth=labels.tolist(),
            max_fpr=limit,
        )


if __name__ == "__main__":
    document = {
        "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
        "cases": [*score_cases(), *cluster_cases(), *agreement_cases(), *limit_cases()],
    }
    path = Path(__file__).with_name("rejections.json")
    path.write_text(json.dumps(document) + "\n")
    print(len(document["cases"]), "cases,", path.stat().st_size, "bytes")
