"""Peers of novelty-data: images from files, batches from arrays."""

import gzip
import os
from importlib.metadata import version
from pathlib import Path

import numpy as np
from harness import serve

BATCH = 128
MNIST = Path(__file__).parents[2] / "datasets" / "mnist" / "train-images-idx3-ubyte.gz"


def shared(name):
    """What our side has left."""
    return Path(os.environ["NOVELTY_COMPARE_DIR"]) / name


def pictures():
    return sorted(Path(shared("pictures").read_text()).glob("*.png"))


class Pictures:
    """What a user of torchvision writes."""

    def __init__(self, decode):
        import torch
        from torchvision.transforms import v2

        self.paths = pictures()
        self.decode = decode
        self.transform = v2.Compose(
            [v2.Resize((128, 128)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
        )

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return self.transform(self.decode(self.paths[index]))


def open_with_pillow(path):
    from PIL import Image

    return Image.open(path).convert("RGB")


def open_with_torchvision(path):
    from torchvision.io import ImageReadMode, decode_image

    return decode_image(str(path), ImageReadMode.RGB)


def with_data_loader(decode):
    import torch
    from torch.utils.data import DataLoader

    data = Pictures(decode)
    # Workers stay alive between epochs, so that starting them is not timed after the first run.
    loader = DataLoader(data, batch_size=32, num_workers=2, persistent_workers=True)

    def run():
        total = sum(float(batch.sum(dtype=torch.float64)) for batch in loader)
        return [total / (len(data) * 3 * 128 * 128)]

    return run


def with_pillow():
    from PIL import Image

    paths = pictures()

    def run():
        total = 0.0
        for path in paths:
            image = open_with_pillow(path).resize((128, 128), Image.BILINEAR)
            values = np.asarray(image, dtype=np.float32) / np.float32(255)
            total += float(np.ascontiguousarray(values.transpose(2, 0, 1)).sum(dtype=np.float64))
        return [total / (len(paths) * 3 * 128 * 128)]

    return run


def npy_batches():
    images = np.load(shared("images.npy"), mmap_mode="r")
    rng = np.random.default_rng(0)

    def run():
        totals = np.zeros(3)
        order = rng.permutation(len(images))
        for start in range(0, len(images), BATCH):
            batch = images[order[start : start + BATCH]].transpose(0, 3, 1, 2)
            batch = np.ascontiguousarray(batch).astype(np.float32)
            batch /= np.float32(255)
            for position, (channel, y, x) in enumerate([(0, 0, 0), (1, 31, 17), (2, 63, 63)]):
                totals[position] += batch[:, channel, y, x].sum(dtype=np.float64)
        return totals

    return run


def answer(images):
    return [images.size, images[59_999, 14, 14]]


def from_bytes(content):
    header = np.frombuffer(content, dtype=">u4", count=4)
    return np.frombuffer(content, dtype=np.uint8, offset=16).reshape(header[1:].astype(int))


def idx_frombuffer():
    path = shared("images.idx")
    return lambda: answer(from_bytes(path.read_bytes()))


def idx_fromfile():
    path = shared("images.idx")

    def run():
        with open(path, "rb") as file:
            header = np.fromfile(file, dtype=">u4", count=4)
            images = np.fromfile(file, dtype=np.uint8).reshape(header[1:].astype(int))
        return answer(images)

    return run


def idx_load_gzip():
    return lambda: answer(from_bytes(gzip.decompress(MNIST.read_bytes())))


def idx_to_f32():
    pixels = from_bytes(gzip.decompress(MNIST.read_bytes())).reshape(60_000, 1, 28, 28)

    def run():
        images = pixels.astype(np.float32)
        images /= np.float32(255)
        return [images[59_999, 0, 14, 14], images[0, 0, 14, 14]]

    return run


TORCH, PILLOW, NUMPY = (version(name) for name in ("torch", "pillow", "numpy"))
LOADERS = {
    "torch DataLoader, 2 workers, Pillow": (lambda: with_data_loader(open_with_pillow), TORCH),
    "torch DataLoader, 2 workers, torchvision.io": (
        lambda: with_data_loader(open_with_torchvision),
        TORCH,
    ),
    "Pillow": (with_pillow, PILLOW),
}

serve(
    {
        **{
            (task, peer): entry
            for task in ("png_resize_mvtec", "png_resize_inspection")
            for peer, entry in LOADERS.items()
        },
        ("npy_batches", "numpy memmap"): (npy_batches, NUMPY),
        ("npy_stream", "numpy memmap"): (npy_batches, NUMPY),
        ("idx_load", "numpy frombuffer"): (idx_frombuffer, NUMPY),
        ("idx_load", "numpy fromfile"): (idx_fromfile, NUMPY),
        ("idx_load_gzip", "numpy"): (idx_load_gzip, NUMPY),
        ("idx_to_f32", "numpy"): (idx_to_f32, NUMPY),
    }
)
