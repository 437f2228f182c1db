"""Small images of every kind of PNG, and the pixels Pillow reads from them.

Run with Pillow 13.0.0 and NumPy 2.4.6 from this folder: python png.py
Writes png/<kind>.png and png/<kind>.raw: height, width, channels as little-endian u32, then the
values as little-endian u16, row by row, the channels of a pixel side by side, without alpha;
and png/<kind>.gray, the same of Pillow's convert("L"), for 8-bit kinds.
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent / "png"
H, W = 7, 11
rng = np.random.default_rng(0)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(name, depth, colour, rows, *extra):
    """Pillow cannot write every kind that it reads, so the file is put together by hand."""
    data = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", W, H, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")]
    (HERE / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def packed(depth):
    values = rng.integers(0, 1 << depth, (H, W), dtype=np.uint8)
    rows = []
    for row in values:
        bits = "".join(format(v, f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        rows.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    return rows


def random_rows(channels, depth):
    return [rng.bytes(W * channels * depth // 8) for _ in range(H)]


HERE.mkdir(exist_ok=True)
palette = chunk(b"PLTE", rng.bytes(3 * 256))
short = {d: chunk(b"PLTE", rng.bytes(3 * (1 << d))) for d in (1, 2, 4)}
for depth in (1, 2, 4):
    png(f"gray{depth}", depth, 0, packed(depth))
    png(f"palette{depth}", depth, 3, packed(depth), short[depth])
png("gray8", 8, 0, random_rows(1, 8))
png("gray16", 16, 0, random_rows(1, 16))
png("gray8_trns", 8, 0, random_rows(1, 8), chunk(b"tRNS", b"\0\x07"))
png("gray_alpha8", 8, 4, random_rows(2, 8))
png("gray_alpha16", 16, 4, random_rows(2, 16))
png("rgb8", 8, 2, random_rows(3, 8))
png("rgb16", 16, 2, random_rows(3, 16))
png("rgba8", 8, 6, random_rows(4, 8))
png("rgba16", 16, 6, random_rows(4, 16))
png("palette8", 8, 3, random_rows(1, 8), palette)
png("palette8_trns", 8, 3, random_rows(1, 8), palette, chunk(b"tRNS", rng.bytes(100)))


def store(path, array):
    array = array.reshape(H, W, -1)
    head = struct.pack("<III", H, W, array.shape[2])
    path.write_bytes(head + array.astype("<u2").tobytes())


for file in sorted(HERE.glob("*.png")):
    image = Image.open(file)
    is_colour = file.stem.startswith(("palette", "rgb"))
    is_deep = image.mode.startswith("I;16")
    pixels = np.array(image) if is_deep else np.array(image.convert("RGB" if is_colour else "L"))
    store(file.with_suffix(".raw"), pixels)
    if not is_deep:
        store(file.with_suffix(".gray"), np.array(image.convert("L")))
    print(file.stem, image.mode, pixels.shape, pixels.dtype)
