"""Golden values of score maps against masks.

    python make_pixels.py      # writes pixels.json beside this file

Needs numpy 2.4.6, scikit-image 0.26.0 and scikit-learn 1.9.1; the versions that ran are in
the file. Regions are labelled by scikit-image with connectivity 2; the per-region overlap
is taken at every threshold by its definition, and integrated by the trapezoidal rule up to
the limit, where it is interpolated. Test tolerance: 1e-12.
"""

import json
from pathlib import Path

import numpy as np
import skimage
import sklearn
from skimage.measure import label
from sklearn import metrics


def aupro(maps, masks, max_fpr):
    regions = []
    for image, mask in zip(maps, masks):
        numbers = label(mask, connectivity=2)
        regions += [image[numbers == region] for region in range(1, numbers.max() + 1)]
    normal = maps[~masks]
    fpr, pro = [0.0], [0.0]
    for threshold in np.unique(maps)[::-1]:
        fpr.append(np.mean(normal >= threshold))
        pro.append(np.mean([np.mean(region >= threshold) for region in regions]))
    fpr, pro = np.array(fpr), np.array(pro)
    # Where the rate jumps at the limit, the last point below and the first above.
    inside = fpr <= max_fpr
    x, y = fpr[inside], pro[inside]
    if not inside.all():
        after = np.argmin(inside)
        share = (max_fpr - x[-1]) / (fpr[after] - x[-1])
        x, y = np.r_[x, max_fpr], np.r_[y, y[-1] + share * (pro[after] - y[-1])]
    return np.trapezoid(y, x) / max_fpr, len(regions)


def scenes(rng):
    for name, shape, density, levels in (
        ("specks", (3, 12, 15), 0.15, 10_000),
        ("nets", (2, 20, 20), 0.4, 10_000),
        ("ties", (3, 10, 16), 0.3, 5),
        ("mostly_anomalous", (2, 9, 9), 0.9, 100),
        ("wide", (2, 1, 60), 0.3, 100),
        ("tall", (2, 60, 1), 0.3, 100),
    ):
        masks = rng.random(shape) < density
        yield name, masks, rng.integers(0, levels, shape) + masks * (levels // 4)
    masks = np.zeros((4, 24, 24), bool)
    masks[0, 3:9, 4:12], masks[0, 15, 15], masks[2, 10:20, 2:5] = True, True, True
    yield "defect_free_images", masks, rng.integers(0, 1000, masks.shape) + 700 * masks
    yield "perfect", masks, masks.astype(int)
    yield "constant", masks, np.zeros(masks.shape, int)


def cases():
    for name, masks, maps in scenes(np.random.default_rng(3)):
        limits = (0.01, 0.05, 0.3, 1.0)
        areas = {str(limit): aupro(maps, masks, limit) for limit in limits}
        yield {
            "name": name,
            "shape": masks.shape,
            "maps": maps.ravel().tolist(),
            "masks": "".join("#" if mask else "." for mask in masks.ravel()),
            "n_regions": areas["0.3"][1],
            "aupro": {limit: area for limit, (area, _) in areas.items()},
            "pixel_roc_auc": metrics.roc_auc_score(masks.ravel(), maps.ravel()),
            "iou": metrics.jaccard_score(masks.ravel(), maps.ravel() > maps.mean()),
            "iou_threshold": float(np.float32(maps.mean())),
        }


if __name__ == "__main__":
    document = {
        "versions": {
            "numpy": np.__version__,
            "scikit-image": skimage.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "cases": list(cases()),
    }
    path = Path(__file__).with_name("pixels.json")
    path.write_text(json.dumps(document) + "\n")
    print(len(document["cases"]), "cases,", path.stat().st_size, "bytes")
