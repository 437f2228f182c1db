"""Peers of novelty-core: are all values finite, and if not, which is the first that is not."""

import numpy as np
import torch
from harness import serve

N_VALUES = 100_000_000


def values(clean):
    x = np.resize(np.arange(251, dtype=np.float32), N_VALUES)
    if not clean:
        x[-1] = np.nan
    return x


def first_not_finite_numpy(x):
    finite = np.isfinite(x)
    return -1 if finite.all() else int(np.argmin(finite))


def first_not_finite_torch(x):
    finite = torch.isfinite(x)
    return -1 if finite.all() else int(torch.argmin(finite.view(torch.uint8)))


def with_numpy(clean):
    def prepare():
        x = values(clean)
        return lambda: [first_not_finite_numpy(x)]

    return prepare, np.__version__


def with_torch(clean):
    def prepare():
        x = torch.from_numpy(values(clean))
        return lambda: [first_not_finite_torch(x)]

    return prepare, torch.__version__


serve(
    {
        ("ensure_finite", "numpy"): with_numpy(clean=True),
        ("ensure_finite", "torch"): with_torch(clean=True),
        ("ensure_finite_last_nan", "numpy"): with_numpy(clean=False),
        ("ensure_finite_last_nan", "torch"): with_torch(clean=False),
    }
)
