"""Golden values of DeLong's interval and paired test, from MLstatkit.

    python make_delong.py      # writes delong.json beside this file

Needs numpy 2.4.6, scipy 1.17.1 and MLstatkit 0.1.91; the versions that ran are in the file.
MLstatkit gives the areas, the 95 % intervals, z and p; test tolerance 1e-10.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from MLstatkit import Delong_test


def pairs():
    rng = np.random.default_rng(11)
    for n, share, levels in ((12, 0.5, 1000), (40, 0.3, 1000), (40, 0.3, 6), (300, 0.1, 50)):
        labels = rng.random(n) < share
        labels[:4] = [True, False, True, False]
        for shift_a, shift_b in ((1.0, 1.0), (1.5, 0.5), (0.0, 0.3)):
            common = rng.normal(size=n)
            a = np.round((common + rng.normal(size=n) + shift_a * labels) * levels / 8)
            b = np.round((common + rng.normal(size=n) + shift_b * labels) * levels / 8)
            yield labels, a, b


def case(labels, a, b):
    z, p, ci_a, ci_b, auc_a, auc_b, info = Delong_test(labels, a, b)
    assert info["method"] == "delong", info
    return {
        "labels": labels.tolist(),
        "a": a.tolist(),
        "b": b.tolist(),
        "auc": [auc_a, auc_b],
        "intervals": [list(ci_a), list(ci_b)],
        # MLstatkit takes B less A.
        "z": -z,
        "p_value": p,
    }


if __name__ == "__main__":
    document = {
        "versions": {name: version(name) for name in ("numpy", "scipy", "MLstatkit")},
        "cases": [case(*pair) for pair in pairs()],
    }
    path = Path(__file__).with_name("delong.json")
    path.write_text(json.dumps(document) + "\n")
    print(len(document["cases"]), "cases,", path.stat().st_size, "bytes")
