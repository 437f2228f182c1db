"""Peers of novelty-data: images from files, batches from arrays."""

import gzip
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from harness import serve

N_IMAGES, SIDE, BATCH = 20_000, 64, 128
MNIST = Path(__file__).parents[2] / "datasets" / "mnist"


def transistors():
    root = Path(os.environ["NOVELTY_DATASETS"])
    return sorted((root / "mvtec-256" / "transistor" / "train" / "good").glob("*.png"))


class Pictures:
    """What a user of torchvision writes."""

    def __init__(self):
        from torchvision.transforms import v2

        import torch

        self.paths = transistors()
        self.transform = v2.Compose(
            [v2.Resize((128, 128)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
        )

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        from PIL import Image

        return self.transform(Image.open(self.paths[index]).convert("RGB"))


def with_data_loader():
    from torch.utils.data import DataLoader

    data = Pictures()
    # Workers stay alive between epochs, so that starting them is not timed after the first run.
    loader = DataLoader(data, batch_size=32, num_workers=2, persistent_workers=True)

    def run():
        total = sum(float(batch.sum(dtype=__import__("torch").float64)) for batch in loader)
        return [total / (len(data) * 3 * 128 * 128)]

    return run


def with_pillow():
    from PIL import Image

    paths = transistors()

    def run():
        total = 0.0
        for path in paths:
            image = Image.open(path).convert("RGB").resize((128, 128), Image.BILINEAR)
            values = np.asarray(image, dtype=np.float32) / np.float32(255)
            total += float(np.ascontiguousarray(values.transpose(2, 0, 1)).sum(dtype=np.float64))
        return [total / (len(paths) * 3 * 128 * 128)]

    return run


def npy_batches():
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "images.npy"
    values = np.arange(N_IMAGES * SIDE * SIDE * 3, dtype=np.uint32) % 251
    np.save(path, values.astype(np.uint8).reshape(N_IMAGES, SIDE, SIDE, 3))
    del values
    images = np.load(path, mmap_mode="r")
    rng = np.random.default_rng(0)

    def run():
        assert folder  # Kept until the end.
        total = 0.0
        order = rng.permutation(N_IMAGES)
        for start in range(0, N_IMAGES, BATCH):
            batch = images[order[start : start + BATCH]].transpose(0, 3, 1, 2)
            batch = np.ascontiguousarray(batch).astype(np.float32)
            batch /= np.float32(255)
            total += float(batch[:, 0, 0, 0].sum(dtype=np.float64))
        return [total]

    return run


def idx_load():
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "images"
    path.write_bytes(gzip.decompress((MNIST / "train-images-idx3-ubyte.gz").read_bytes()))

    def run():
        assert folder
        with open(path, "rb") as file:
            header = np.frombuffer(file.read(16), dtype=">u4")
            images = np.frombuffer(file.read(), dtype=np.uint8).reshape(header[1:].astype(int))
        return [images.size, images[59_999, 14, 14]]

    return run


def idx_to_f32():
    content = gzip.decompress((MNIST / "train-images-idx3-ubyte.gz").read_bytes())
    pixels = np.frombuffer(content, dtype=np.uint8, offset=16).reshape(60_000, 1, 28, 28)

    def run():
        images = pixels.astype(np.float32)
        images /= np.float32(255)
        return [images[59_999, 0, 14, 14], images[0, 0, 14, 14]]

    return run


serve(
    {
        ("png_resize", "torch DataLoader, 2 workers"): (with_data_loader, version("torch")),
        ("png_resize", "Pillow"): (with_pillow, version("pillow")),
        ("npy_batches", "numpy memmap"): (npy_batches, version("numpy")),
        ("idx_load", "numpy"): (idx_load, version("numpy")),
        ("idx_to_f32", "numpy"): (idx_to_f32, version("numpy")),
    }
)
