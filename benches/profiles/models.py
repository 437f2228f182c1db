"""Where the time of a training step goes:

    .peers/bin/python benches/profiles/models.py [NETWORK] [BATCH] [THREADS]

Profiles a network of `architectures.py` (by default `conv`, the 28x28 autoencoder, in batches of
32) in PyTorch, in both memory layouts. novelty-models runs the same libtorch kernels with
channels-last weights. Prints the share of each kind of kernel in a step, and how many pages the
system cleared for it, with freed memory given back and kept (glibc only). How long steps take is
what `cargo xtask compare --only models` measures.
"""

import ctypes
import resource

import sys
from collections import defaultdict
from pathlib import Path

import torch
from torch.nn.functional import mse_loss

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "crates/novelty-models/tests/golden"))

from architectures import MODELS  # noqa: E402

WARM_UP = 10
STEPS = 20
GROUPS = {
    "convolution_backward": "convolutions, backward",
    "_convolution": "transposed convolutions, forward",
    "mkldnn_convolution": "convolutions, forward",
    "native_batch_norm": "BatchNorm, forward",
    "native_batch_norm_backward": "BatchNorm, backward",
    "leaky_relu": "activations",
    "leaky_relu_backward": "activations",
    "clamp_min": "activations",
    "threshold_backward": "activations",
    "tanh": "activations",
    "tanh_backward": "activations",
    "sigmoid": "activations",
    "sigmoid_backward": "activations",
    "mul": "scaling",
    "add": "scaling",
    "mse_loss": "loss",
    "mse_loss_backward": "loss",
    "copy_": "change of layout",
    "addmm": "fully connected layers",
    "mm": "fully connected layers",
    "Optimizer.step#Adam.step": "Adam",
}


def step(model, optimizer, batch):
    optimizer.zero_grad()
    mse_loss(model(batch), batch).backward()
    optimizer.step()


def prepared(name, batch_size, layout):
    make, shape = MODELS[name]
    model = make().to(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return model, optimizer, torch.rand(batch_size, *shape).contiguous(memory_format=layout)


def pages(name, batch_size):
    """Pages that the system cleared, a step."""
    arguments = prepared(name, batch_size, torch.channels_last)
    for _ in range(WARM_UP):
        step(*arguments)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(STEPS):
        step(*arguments)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / STEPS


def keep_freed_memory():
    """What `novelty_models::set_kept_memory` does."""
    libc = ctypes.CDLL(None)
    m_trim_threshold, m_mmap_threshold = -1, -3
    libc.mallopt(m_mmap_threshold, 1 << 30)
    libc.mallopt(m_trim_threshold, 1 << 30)


def profile(name, batch_size, layout):
    model, optimizer, batch = prepared(name, batch_size, layout)
    for _ in range(WARM_UP):
        step(model, optimizer, batch)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        for _ in range(STEPS):
            step(model, optimizer, batch)
    shares = defaultdict(float)
    total = 0.0
    for event in profiler.key_averages():
        total += event.self_cpu_time_total
        name = event.key.removeprefix("aten::")
        if name == "Optimizer.step#Adam.step":
            shares["Adam"] += event.cpu_time_total
        elif name in GROUPS:
            shares[GROUPS[name]] += event.self_cpu_time_total
    return {name: share / total for name, share in shares.items()}


def main():
    name, batch_size, threads, *_ = [*sys.argv[1:], *["conv", "32", "2"][len(sys.argv) - 1 :]]
    batch_size = int(batch_size)
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    given_back = pages(name, batch_size)
    keep_freed_memory()
    kept = pages(name, batch_size)
    layouts = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}
    results = {title: profile(name, batch_size, layout) for title, layout in layouts.items()}
    print(f"{name}, batch {batch_size}, {threads} threads, PyTorch {torch.__version__}")
    print(f"pages cleared a step: {given_back:.0f}; with freed memory kept: {kept:.0f}")
    for title, shares in results.items():
        print(f"\n{title}")
        for kernel, share in sorted(shares.items(), key=lambda item: -item[1]):
            print(f"  {share:6.1%}  {kernel}")


if __name__ == "__main__":
    sys.exit(main())
