"""Golden values of optimisers, gradient clipping and learning-rate schedules, by PyTorch 2.13.0:

    python3 optimizers.py

Writes optimizers.json: two weights, the gradients of six steps, and the weights after the sixth
step of each optimiser; and schedules.json: the learning rate of every epoch.
"""

import json

import torch
from torch import optim
from torch.optim import lr_scheduler as schedules

OPTIMIZERS = {
    "adam": lambda w: optim.Adam(w, lr=1e-2),
    "adam_l2": lambda w: optim.Adam(w, lr=1e-2, weight_decay=0.1, eps=1e-4),
    "adam_amsgrad": lambda w: optim.Adam(w, lr=1e-2, weight_decay=0.1, amsgrad=True),
    "adam_w": lambda w: optim.AdamW(w, lr=1e-2, weight_decay=0.1),
    "adam_w_amsgrad": lambda w: optim.AdamW(w, lr=1e-2, weight_decay=0.1, amsgrad=True),
    "sgd": lambda w: optim.SGD(w, lr=1e-2),
    "sgd_momentum": lambda w: optim.SGD(w, lr=1e-2, momentum=0.9, weight_decay=0.1),
    "sgd_nesterov": lambda w: optim.SGD(w, lr=1e-2, momentum=0.9, nesterov=True),
    "adadelta": lambda w: optim.Adadelta(w, lr=1.0, rho=0.95, eps=1e-6, weight_decay=0.1),
    "rms_prop": lambda w: optim.RMSprop(w, lr=1e-2),
    "rms_prop_full": lambda w: optim.RMSprop(
        w, lr=1e-2, alpha=0.9, momentum=0.8, centered=True, weight_decay=0.1
    ),
    "clip_norm": lambda w: optim.SGD(w, lr=1e-1),
    "clip_value": lambda w: optim.SGD(w, lr=1e-1),
}
CLIPS = {
    "clip_norm": lambda w: torch.nn.utils.clip_grad_norm_(w, 0.5),
    "clip_value": lambda w: torch.nn.utils.clip_grad_value_(w, 0.3),
}
LOSSES = [5.0, 4.0, 3.0, 3.0, 3.1, 2.9999, 3.2, 2.0, 2.1, 2.2, 2.3, 2.0, 1.9998, 1.9, 2.0, 2.0]
SCHEDULES = {
    "step": lambda o: schedules.StepLR(o, 3, 0.5),
    "multi_step": lambda o: schedules.MultiStepLR(o, [2, 5, 5, 9], 0.1),
    "plateau": lambda o: schedules.ReduceLROnPlateau(o, factor=0.1, patience=2, min_lr=2e-6),
    "cosine": lambda o: schedules.CosineAnnealingLR(o, len(LOSSES), 1e-5),
}

torch.manual_seed(3)
start = [torch.randn(2, 3, 2, 2), torch.randn(5)]
steps = [[torch.randn_like(w) for w in start] for _ in range(6)]


def run(name):
    weights = [torch.nn.Parameter(w.clone()) for w in start]
    optimizer = OPTIMIZERS[name](weights)
    for gradients in steps:
        for weight, gradient in zip(weights, gradients):
            weight.grad = gradient.clone()
        CLIPS.get(name, lambda w: None)(weights)
        optimizer.step()
    return flat(weights)


def flat(tensors):
    return [tensor.detach().flatten().tolist() for tensor in tensors]


def rates(name):
    optimizer = optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    schedule = SCHEDULES[name](optimizer)
    found = []
    for loss in LOSSES:
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step(loss) if name == "plateau" else schedule.step()
    return found


golden = {"start": flat(start), "gradients": [flat(step) for step in steps]}
golden["after"] = {name: run(name) for name in OPTIMIZERS}
with open("optimizers.json", "w") as file:
    json.dump(golden, file, indent=0)
with open("schedules.json", "w") as file:
    json.dump({"losses": LOSSES, "rates": {name: rates(name) for name in SCHEDULES}}, file, indent=0)
