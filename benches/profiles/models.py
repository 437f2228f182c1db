"""Where the time of a training step goes: `.peers/bin/python benches/profiles/models.py`.

Profiles the 28x28 autoencoder in PyTorch, in both memory layouts. novelty-models runs the same
libtorch kernels with channels-last weights. Prints the share of each kind of kernel in a step;
how long steps take is what `cargo xtask compare --only models` measures.
"""

import sys
from collections import defaultdict
from pathlib import Path

import torch
from torch.nn.functional import mse_loss

sys.path.insert(0, str(Path(__file__).parents[1] / "peers"))

from models import ConvAutoencoder  # noqa: E402

BATCH = 32
WARM_UP = 10
STEPS = 20
GROUPS = {
    "convolution_backward": "convolutions, backward",
    "_convolution": "transposed convolutions, forward",
    "mkldnn_convolution": "convolutions, forward",
    "native_batch_norm": "BatchNorm, forward",
    "native_batch_norm_backward": "BatchNorm, backward",
    "leaky_relu": "LeakyReLU",
    "leaky_relu_backward": "LeakyReLU",
    "addmm": "fully connected layers",
    "mm": "fully connected layers",
    "Optimizer.step#Adam.step": "Adam",
}


def step(model, optimizer, batch):
    optimizer.zero_grad()
    mse_loss(model(batch), batch).backward()
    optimizer.step()


def profile(layout):
    model = ConvAutoencoder().to(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batch = torch.rand(BATCH, 1, 28, 28)
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
    torch.manual_seed(0)
    layouts = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}
    results = {name: profile(layout) for name, layout in layouts.items()}
    print(f"batch {BATCH}, {torch.get_num_threads()} threads, PyTorch {torch.__version__}")
    for name, shares in results.items():
        print(f"\n{name}")
        for kernel, share in sorted(shares.items(), key=lambda item: -item[1]):
            print(f"  {share:6.1%}  {kernel}")


if __name__ == "__main__":
    sys.exit(main())
