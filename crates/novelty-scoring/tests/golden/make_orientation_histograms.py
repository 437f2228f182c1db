"""Golden values of OrientationHistograms, from NumPy and SciPy; writes orientation_histograms.json.

Run in this folder. Versions are in the file. Tolerance of the test: 1e-5.
"""

import json

import numpy as np
import scipy
from scipy.ndimage import gaussian_filter1d


def describe(image, n_orientations, smoothing, spread, stride, power):
    """The vector of an image (channels, height, width)."""
    image = image.astype(np.float64)
    for axis in (1, 2):
        if smoothing > 0:
            image = gaussian_filter1d(image, smoothing, axis=axis, mode="nearest", truncate=3.0)
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
    down = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    across = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    longest = np.hypot(down, across).argmax(axis=0)[None]
    down = np.take_along_axis(down, longest, 0)[0]
    across = np.take_along_axis(across, longest, 0)[0]
    length = np.hypot(down, across)
    place = np.mod(np.arctan2(down, across) / (2 * np.pi), 1.0) * n_orientations
    parts = []
    for orientation in range(n_orientations):
        away = np.mod(place - orientation, n_orientations)
        away = np.minimum(away, n_orientations - away)
        votes = length * np.clip(1 - away, 0, None) if n_orientations > 1 else length
        for axis in (0, 1):
            if spread > 0:
                votes = gaussian_filter1d(votes, spread, axis=axis, mode="constant", truncate=3.0)
        rows, columns = ((side - 1) % stride // 2 for side in votes.shape)
        parts.append(votes[rows::stride, columns::stride].ravel())
    vector = np.concatenate(parts) ** power
    norm = np.linalg.norm(vector)
    return vector / norm if norm > 0 else vector


def main():
    rng = np.random.default_rng(7)
    cases = []
    for channels, height, width, settings in [
        (1, 9, 7, (8, 0.7, 1.5, 3, 0.5)),
        (3, 6, 8, (5, 0.0, 1.0, 2, 1.0)),
        (2, 5, 5, (3, 1.2, 0.0, 1, 0.25)),
        (1, 4, 11, (1, 0.5, 2.5, 20, 1.0)),
    ]:
        image = (rng.random((channels, height, width)) * 64).round() / 64
        cases.append(
            {
                "shape": [channels, height, width],
                "settings": list(settings),
                "image": image.ravel().tolist(),
                "features": [round(float(x), 8) for x in describe(image, *settings)],
            }
        )
    versions = {"numpy": np.__version__, "scipy": scipy.__version__}
    with open("orientation_histograms.json", "w") as file:
        json.dump({"versions": versions, "cases": cases}, file)
        file.write("\n")


main()
