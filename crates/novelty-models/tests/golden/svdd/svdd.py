"""Golden values of Deep SVDD and Deep SAD on a small encoder, by PyTorch 2.13.0:

    python3 svdd.py

Writes svdd.json: weights, images and labels (+1 normal, -1 anomalous, 0 unknown); the centre; and for
each objective the losses of two steps of Adam (learning rate 1e-2, weight decay 1e-3), the radius and
every tensor after the second.
"""

import json

import torch
from torch import nn

NU, ETA = 0.3, 2.0


def encoder():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4, eps=1e-4, affine=False),
        nn.LeakyReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 6, bias=False),
    )


NAMES = {
    "encoder.conv.weight": "0.weight",
    "encoder.norm.running_mean": "1.running_mean",
    "encoder.norm.running_var": "1.running_var",
    "encoder.code.weight": "5.weight",
}

torch.manual_seed(5)
torch.set_num_threads(1)
start = encoder()
with torch.no_grad():
    start[1].running_mean.uniform_(-0.2, 0.2)
    start[1].running_var.uniform_(0.5, 1.5)
images = torch.rand(10, 1, 8, 8)
labels = torch.tensor([0, 0, 1, -1, 0, 1, -1, 0, 0, 0])


def tensors(model):
    state = model.state_dict()
    return {ours: state[theirs].flatten().tolist() for ours, theirs in NAMES.items()}


def find_center(chosen):
    start.eval()
    with torch.no_grad():
        center = start(chosen).mean(dim=0)
    center[(center.abs() < 0.1) & (center < 0)] = -0.1
    center[(center.abs() < 0.1) & (center >= 0)] = 0.1
    return center


def run(objective):
    model = encoder()
    model.load_state_dict(start.state_dict())
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-3)
    center = find_center(images[labels != -1] if objective == "deep_sad" else images)
    radius, losses = torch.tensor(0.0), []
    for _ in range(2):
        distance = ((model(images) - center) ** 2).sum(dim=1)
        if objective == "one_class":
            loss = distance.mean()
        elif objective == "soft_boundary":
            outside = torch.clamp(distance - radius**2, min=0)
            loss = radius**2 + outside.mean() / NU
        else:
            labelled = ETA * (distance + 1e-6) ** labels.float()
            loss = torch.where(labels == 0, distance, labelled).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if objective == "soft_boundary":
            radius = torch.quantile(distance.detach().sqrt(), 1 - NU)
    return {
        "center": center.tolist(),
        "losses": losses,
        "radius": radius.item(),
        "after": tensors(model),
    }


golden = {
    "weights": tensors(start),
    "images": images.flatten().tolist(),
    "labels": labels.tolist(),
    "objectives": {name: run(name) for name in ("one_class", "soft_boundary", "deep_sad")},
}
with open("svdd.json", "w") as file:
    json.dump(golden, file, indent=0)
