"""Golden values of the pixel errors: python3 make_reconstruction.py > reconstruction.json

scikit-image 0.26.0, scipy 1.17.1, numpy 2.4.6, torch 2.13.0, all in float64 on float32 pixels.
"""

import json

import numpy as np
import torch
from scipy import ndimage
from skimage.metrics import structural_similarity

EXPONENTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def images(n, c, h, w):
    rng = np.random.default_rng(7)
    smooth = ndimage.gaussian_filter(rng.random((n, c, h, w)), (0, 0, 2, 2))
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    x = smooth.astype(np.float32)
    noise = rng.normal(size=x.shape) * np.linspace(0.02, 0.4, n)[:, None, None, None]
    y = np.clip(smooth + noise, 0, 1).astype(np.float32)
    x[-1], y[-1] = 0.5, 0.5  # constant and equal
    y[-2] = 0.25  # redrawn as constant
    return [np.round(p * 255).astype(np.uint8) for p in (x, y)]


def blur(p):
    return ndimage.gaussian_filter(p, 1.5, truncate=3.5)


def parts(x, y):
    mx, my = blur(x), blur(y)
    vx, vy, vxy = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    l = (2 * mx * my + c1) / (mx**2 + my**2 + c1)
    return l, (2 * vxy + c2) / (vx + vy + c2)


def multi_scale(x, y, scales):
    exponents = EXPONENTS[:scales] / EXPONENTS[:scales].sum()
    product = 1.0
    for i, exponent in enumerate(exponents):
        if i:
            h, w = (s // 2 * 2 for s in x.shape)
            x, y = (p[:h, :w].reshape(h // 2, 2, w // 2, 2).mean((1, 3)) for p in (x, y))
        l, cs = parts(x, y)
        similarity = cs if i + 1 < scales else l * cs
        product *= max(similarity[5:-5, 5:-5].mean(), 0) ** exponent
    return 1 - product


def gradient(x, y):
    def magnitude(p):
        # prewitt of scipy sums three differences; the paper's kernel is a third of it
        a, b = (ndimage.prewitt(p, axis, mode="nearest") / 3 for axis in (0, 1))
        return np.hypot(a, b)

    a, b = magnitude(x), magnitude(y)
    return 1 - (2 * a * b + 0.0026) / (a * a + b * b + 0.0026)


def planes(x, y, f):
    return [[f(p, q) for p, q in zip(i, j)] for i, j in zip(x, y)]


x, y = images(4, 2, 45, 50)
x64, y64 = ((p / np.float32(255)).astype(np.float64) for p in (x, y))
ssim = {"gaussian_weights": True, "use_sample_covariance": False, "data_range": 1.0}
full = np.array(planes(x64, y64, lambda p, q: 1 - structural_similarity(p, q, full=True, **ssim)[1]))
bce = torch.nn.BCELoss(reduction="none")(torch.tensor(y64), torch.tensor(x64)).numpy()
squared = (x64 - y64) ** 2
print(
    json.dumps(
        {
            "shape": x.shape,
            "x": x.ravel().tolist(),
            "y": y.ravel().tolist(),
            "squared": squared.mean((1, 2, 3)).tolist(),
            "absolute": np.abs(x64 - y64).mean((1, 2, 3)).tolist(),
            "root_sum": np.sqrt(squared.sum((1, 2, 3))).tolist(),
            "max": squared.mean(1).max((1, 2)).tolist(),
            "top_10": [np.sort(m.ravel())[-225:].mean() for m in squared.mean(1)],
            "bce": bce.mean((1, 2, 3)).tolist(),
            "ssim": planes(x64, y64, lambda p, q: 1 - structural_similarity(p, q, **ssim)),
            "ssim_map_0": full[0, 0].ravel().round(9).tolist(),
            "multi_scale_2": planes(x64, y64, lambda p, q: multi_scale(p, q, 2)),
            "multi_scale_3": planes(x64, y64, lambda p, q: multi_scale(p, q, 3)),
            "gradient": planes(x64, y64, lambda p, q: gradient(p, q).mean()),
            "gradient_map_0": np.array(planes(x64, y64, gradient))[0, 0].ravel().round(9).tolist(),
        }
    )
)
