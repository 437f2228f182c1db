"""One array of every type, byte order, memory order and header version that NumPy writes.

Run with NumPy 2.4.6 from this folder: python npy.py
Writes npy/version<v>.npz (stored), npy/compressed.npz (version 1, deflated), and
npy/expected.npz: the values of each type as float64, and as float32 after dividing by the
largest value of unsigned types, as an image reader does.
"""

import io
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "npy"
HERE.mkdir(exist_ok=True)
TYPES = ["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]
SHAPE = (2, 3, 4)
rng = np.random.default_rng(0)


def values(kind):
    dtype = np.dtype(kind)
    n = int(np.prod(SHAPE))
    if dtype.kind == "b":
        return rng.integers(0, 2, n).astype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        edges = [info.min, info.max]
        inner = rng.integers(info.min, info.max, n - 2, dtype=dtype, endpoint=True)
        return np.concatenate([np.array(edges, dtype), inner])
    tiny = np.finfo(dtype).smallest_subnormal
    edges = np.array([0.0, -0.0, 1.0, tiny, np.finfo(dtype).max, -1e-3], dtype)
    return np.concatenate([edges, rng.random(n - 6).astype(dtype)])


arrays = {kind: values(kind).reshape(SHAPE) for kind in TYPES}
fixed_time = (2020, 1, 1, 0, 0, 0)


def write(path, version, method):
    with zipfile.ZipFile(path, "w", method) as archive:
        for kind, array in arrays.items():
            for order in "<>":
                for memory in "CF":
                    file = io.BytesIO()
                    stored = np.asarray(array.astype(order + kind), order=memory)
                    np.lib.format.write_array(file, stored, version)
                    name = {"<": "little", ">": "big"}[order]
                    info = zipfile.ZipInfo(f"{kind}_{name}_{memory}.npy", fixed_time)
                    info.compress_type = method
                    archive.writestr(info, file.getvalue())


for version in (1, 2, 3):
    write(HERE / f"version{version}.npz", (version, 0), zipfile.ZIP_STORED)
write(HERE / "compressed.npz", (1, 0), zipfile.ZIP_DEFLATED)
expected = {f"{kind}_f64": array.astype("<f8") for kind, array in arrays.items()}
with np.errstate(over="ignore"):
    for kind in ("u1", "u2", "f2", "f4"):
        largest = np.float32({"u1": 255, "u2": 65535}.get(kind, 1))
        expected[f"{kind}_image"] = (arrays[kind].astype("<f4") / largest).astype("<f4")
np.savez_compressed(HERE / "expected.npz", **expected)
