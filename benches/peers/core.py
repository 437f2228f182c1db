"""Peers of novelty-core: are all values finite, and if not, which is the first that is not."""

from importlib.metadata import version

import numpy as np
from harness import serve

N_VALUES = 100_000_000


def values(clean):
    x = np.arange(N_VALUES, dtype=np.float32)
    if not clean:
        x[-1] = np.nan
    return x


def with_numpy(clean):
    def prepare():
        x = values(clean)

        def run():
            finite = np.isfinite(x)
            return [-1 if finite.all() else np.argmin(finite)]

        return run

    return prepare, version("numpy")


def with_torch(clean):
    def prepare():
        # Here, so that it does not count as memory of the other peer.
        import torch

        x = torch.from_numpy(values(clean))

        def run():
            finite = torch.isfinite(x)
            return [-1 if finite.all() else torch.argmin(finite.view(torch.uint8))]

        return run

    return prepare, version("torch")


serve(
    {
        ("ensure_finite", "numpy"): with_numpy(clean=True),
        ("ensure_finite", "torch"): with_torch(clean=True),
        ("ensure_finite_last_nan", "numpy"): with_numpy(clean=False),
        ("ensure_finite_last_nan", "torch"): with_torch(clean=False),
    }
)
