"""The networks of novelty-models in PyTorch, written from their sources' descriptions.

Names are those of our checkpoints, so that `load_state_dict(strict=True)` takes them. Used by
`zoo.py` (golden values) and by the comparisons in `benches/peers/models.py`.
"""

from collections import OrderedDict


import torch
from torch import nn


class Scale(nn.Module):
    """factor * x + offset."""

    def __init__(self, factor, offset):
        super().__init__()
        self.factor, self.offset = factor, offset

    def forward(self, x):
        return self.factor * x + self.offset


def chain(*layers):
    """A Sequential of layers and (name, layer) pairs."""
    named = OrderedDict()
    for i, layer in enumerate(layers):
        name, module = layer if isinstance(layer, tuple) else (f"plain{i}", layer)
        named[name] = module
    return nn.Sequential(named)


class Autoencoder(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = chain(*encoder), chain(*decoder)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def conv_autoencoder(channels=1, size=(28, 28), filters=(32, 64), code=16):
    def norm(n):
        return nn.BatchNorm2d(n, eps=1e-3, momentum=0.01)

    inner = (filters[-1], size[0] >> len(filters), size[1] >> len(filters))
    flat = inner[0] * inner[1] * inner[2]
    encoder, decoder, n = [], [], channels
    for i, f in enumerate(filters):
        conv = nn.Conv2d(n, f, 3, stride=2, padding=1)
        encoder += [(f"conv{i}", conv), nn.LeakyReLU(0.2), (f"norm{i}", norm(f))]
        n = f
    encoder += [nn.Flatten(), ("linear", nn.Linear(flat, code))]
    decoder += [("linear", nn.Linear(code, flat)), nn.Unflatten(1, inner)]
    for i, f in enumerate(reversed(filters)):
        conv = nn.ConvTranspose2d(n, f, 3, stride=2, padding=1, output_padding=1)
        decoder += [(f"conv{i}", conv), nn.LeakyReLU(0.2), (f"norm{i}", norm(f))]
        n = f
    decoder += [("output", nn.ConvTranspose2d(n, channels, 3, padding=1)), nn.Sigmoid()]
    return Autoencoder(encoder, decoder)


def denoising():
    def conv(name, i, o):
        return (name, nn.Conv2d(i, o, 3, padding=1))

    encoder = []
    for name, i in (("conv0", 1), ("conv1", 32)):
        encoder += [conv(name, i, 32), nn.ReLU(), nn.MaxPool2d(2)]
    decoder = [nn.Unflatten(1, (32, 7, 7))]
    for name in ("conv0", "conv1"):
        decoder += [conv(name, 32, 32), nn.ReLU(), nn.UpsamplingNearest2d(scale_factor=2)]
    decoder += [conv("output", 32, 1), nn.Sigmoid()]
    return Autoencoder(encoder + [nn.Flatten()], decoder)


def mlp():
    lengths = (12288, 128, 64, 12, 3)
    encoder = [Scale(2.0, -1.0), nn.Flatten()]
    for i in range(3):
        encoder += [(f"linear{i}", nn.Linear(lengths[i], lengths[i + 1])), nn.ReLU()]
    encoder += [("code", nn.Linear(12, 3))]
    decoder, back = [], lengths[::-1]
    for i in range(3):
        decoder += [(f"linear{i}", nn.Linear(back[i], back[i + 1])), nn.ReLU()]
    decoder += [("output", nn.Linear(128, 12288)), nn.Tanh(), Scale(0.5, 0.5)]
    return Autoencoder(encoder, decoder + [nn.Unflatten(1, (3, 64, 64))])


def face(batch_norm, filters=(12, 24, 48), channels=3, side=64):
    n_halvings = len(filters)

    def undoing(i, inputs, outputs):
        extra = (side >> i) % 2
        return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, output_padding=extra)

    def inner(name, i, conv):
        norm = [(f"norm{i}", nn.BatchNorm2d(conv.out_channels))] if batch_norm else []
        return [(name, conv), *norm, nn.ReLU()]

    encoder, n = [Scale(2.0, -1.0)], channels
    for i, f in enumerate(filters):
        encoder += inner(f"conv{i}", i, nn.Conv2d(n, f, 4, stride=2, padding=1))
        n = f
    decoder = [nn.Unflatten(1, (n, side >> n_halvings, side >> n_halvings))]
    for i, f in enumerate(filters[-2::-1]):
        decoder += inner(f"conv{i}", i, undoing(n_halvings - 1 - i, n, f))
        n = f
    decoder += [("output", undoing(0, n, channels)), nn.Tanh()]
    return Autoencoder(encoder + [nn.Flatten()], decoder + [Scale(0.5, 0.5)])


class Critic(nn.Module):
    """An autoencoder of faces, and a critic of images beside what their reconstructions lost."""

    def __init__(self, channels, side, filters=(24, 48, 96), critic_filters=(16, 32, 64)):
        super().__init__()
        redrawer = face(True, filters, channels, side)
        self.encoder, self.decoder = redrawer.encoder, redrawer.decoder
        layers, n = [], 2 * channels
        for i, f in enumerate(critic_filters):
            conv = nn.Conv2d(n, f, 4, stride=2, padding=1)
            layers += [(f"conv{i}", conv), nn.LeakyReLU(0.2)]
            n = f
        length = n * (side >> len(critic_filters)) ** 2
        self.critic = chain(*layers, nn.Flatten(), ("output", nn.Linear(length, 1)))
        self.scores = nn.Module()
        self.scores.register_buffer("mean", torch.zeros(2))
        self.scores.register_buffer("weight", torch.ones(2))

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def judge(self, x, redrawn):
        return self.critic(torch.cat([2 * x - 1, 2 * (x - redrawn).abs()], dim=1))[:, 0]

    def all_scores(self, x):
        """Reconstruction, critic, combined; one after the other."""
        redrawn = self(x)
        distance = ((x - redrawn) ** 2).flatten(1).mean(dim=1).sqrt()
        both = torch.stack([distance, self.judge(x, redrawn)], dim=1)
        combined = ((both - self.scores.mean) * self.scores.weight).sum(dim=1)
        return torch.cat([both[:, 0], both[:, 1], combined])

    def losses(self, x, anomalies, n_restored):
        softplus, mse, n = nn.functional.softplus, nn.functional.mse_loss, len(x)
        drawn = self(torch.cat([x, anomalies[:n_restored]]))
        both = torch.cat([x, anomalies])
        self.eval()
        with torch.no_grad():
            redrawn = self(both)
        self.train()
        logits = self.judge(both, redrawn)
        loss = mse(drawn[:n], x) + mse(drawn[n:], x[:n_restored])
        return loss + softplus(logits[:n]).mean() + softplus(-logits[n:]).mean()


def gray(affine):
    def block(kind, i, inputs, outputs):
        conv = kind(inputs, outputs, 5, padding=2, bias=False)
        norm = nn.BatchNorm2d(outputs, affine=affine)
        return [(f"conv{i}", conv), (f"norm{i}", norm), nn.LeakyReLU()]

    encoder, decoder = [], [nn.Unflatten(1, (32, 4, 4))]
    for i, (a, b) in enumerate(((1, 32), (32, 64), (64, 64), (64, 64), (64, 32))):
        encoder += [*block(nn.Conv2d, i, a, b), nn.MaxPool2d(2)]
    up = {"scale_factor": 2, "mode": "bilinear", "align_corners": True}
    for i, (a, b) in enumerate(((32, 32), (32, 64), (64, 64), (64, 64), (64, 1))):
        decoder += [*block(nn.ConvTranspose2d, i, a, b), nn.Upsample(**up)]
    return Autoencoder(encoder + [nn.Flatten()], decoder)


def lenet(kind):
    """kind: mnist, fashion, cifar, cifar_elu."""

    def act():
        return nn.ELU() if kind == "cifar_elu" else nn.LeakyReLU()

    def norm(i, n, dims=2):
        return (f"norm{i}", (nn.BatchNorm2d if dims == 2 else nn.BatchNorm1d)(n, eps=1e-4, affine=False))

    def linear(name, i, o):
        return (name, nn.Linear(i, o, bias=False))

    up = {"scale_factor": 2, "mode": "nearest"}
    channels = {"mnist": (1, 8, 4), "fashion": (1, 16, 32)}.get(kind, (3, 32, 64, 128))
    encoder = []
    for i, (a, b) in enumerate(zip(channels, channels[1:])):
        conv = nn.Conv2d(a, b, 5, padding=2, bias=False)
        encoder += [(f"conv{i}", conv), norm(i, b), act(), nn.MaxPool2d(2)]
    encoder.append(nn.Flatten())
    if kind == "mnist":
        encoder.append(linear("code", 196, 32))
        decoder, maps, stages = [], 2, ((4, 2), (8, 3))
    elif kind == "fashion":
        encoder += [linear("linear", 1568, 128), norm("", 128, 1), act(), linear("code", 128, 64)]
        decoder, maps, stages = [linear("linear", 64, 128), norm("", 128, 1)], 8, ((32, 2), (16, 3))
    else:
        encoder.append(linear("code", 2048, 128))
        decoder, maps, stages = [norm("", 128, 1)], 8, ((128, 2), (64, 2), (32, 2))
    decoder += [nn.Unflatten(1, (maps, 4, 4)), act()]
    n = maps
    for i, (c, padding) in enumerate(stages):
        conv = nn.ConvTranspose2d(n, c, 5, padding=padding, bias=False)
        # The network for photographs starts with a convolution at 4x4.
        decoder += [] if i == 0 and len(stages) == 3 else [nn.Upsample(**up)]
        decoder += [(f"conv{i}", conv), norm(i, c), act()]
        n = c
    last = nn.ConvTranspose2d(n, channels[0], 5, padding=2, bias=False)
    decoder += [nn.Upsample(**up), ("output", last), nn.Sigmoid()]
    return Autoencoder(encoder, decoder)


def drift_encoder(code):
    encoder, n = [("conv0", nn.Conv2d(3, 16, 3, padding=1)), nn.LeakyReLU(0.2)], 16
    for i, c in enumerate((32, 64, 128, 256), 1):
        conv = nn.Conv2d(n, c, 3, stride=2, padding=1)
        encoder += [(f"conv{i}", conv), (f"norm{i}", nn.BatchNorm2d(c)), nn.LeakyReLU(0.2)]
        n = c
    encoder += [nn.Flatten(), ("linear", nn.Linear(25600, code))]
    return [*encoder, ("norm", nn.BatchNorm1d(code)), nn.LeakyReLU(0.2)]


def drift_published_decoder(code):
    decoder = [("linear", nn.Linear(code, 512)), ("norm", nn.BatchNorm1d(512)), nn.ReLU()]
    decoder += [nn.Unflatten(1, (512, 1, 1))]
    decoder += [("conv0", nn.ConvTranspose2d(512, 64, 30, bias=False))]
    n = 64
    for i, c in enumerate((32, 3, 3, 3)):
        conv = nn.ConvTranspose2d(n, c, 31, bias=False)
        decoder += [(f"norm{i}", nn.BatchNorm2d(n)), nn.ReLU(), (f"conv{i + 1}", conv)]
        n = c
    return [*decoder, nn.Sigmoid()]


def drift_slim_decoder(code):
    decoder = [("linear", nn.Linear(code, 6400)), ("norm", nn.BatchNorm1d(6400)), nn.ReLU()]
    decoder += [nn.Unflatten(1, (64, 10, 10))]
    n = 64
    for i, (c, size) in enumerate(((64, 19), (32, 38), (16, 75), (16, 150))):
        conv = nn.Conv2d(n, c, 3, padding=1, bias=False)
        decoder += [nn.Upsample(size=(size, size)), (f"conv{i}", conv)]
        decoder += [(f"norm{i}", nn.BatchNorm2d(c)), nn.ReLU()]
        n = c
    return [*decoder, ("output", nn.Conv2d(n, 3, 3, padding=1)), nn.Sigmoid()]


def drift(code, published):
    decoder = drift_published_decoder if published else drift_slim_decoder
    return Autoencoder(drift_encoder(code), decoder(code))


class Vae(nn.Module):
    """`log p` is Bernoulli, or normal with variance 1; the loss a mean over images."""

    def __init__(self, trunk, length, code, decoder, bernoulli=True, beta=1.0):
        super().__init__()
        self.encoder = nn.Module()
        self.trunk = [name for name, _ in chain(*trunk).named_children()]
        for name, layer in chain(*trunk).named_children():
            setattr(self.encoder, name, layer)
        self.encoder.mean = nn.Linear(length, code)
        self.encoder.log_variance = nn.Linear(length, code)
        self.decoder = chain(*decoder)
        self.code, self.bernoulli, self.beta = code, bernoulli, beta

    def distribution(self, x):
        for name in self.trunk:
            x = getattr(self.encoder, name)(x)
        return self.encoder.mean(x), self.encoder.log_variance(x)

    def losses(self, x, noise):
        mean, log_variance = self.distribution(x)
        output = self.decoder(mean + noise * torch.exp(0.5 * log_variance))
        if self.bernoulli:
            error = nn.functional.binary_cross_entropy(output, x, reduction="none")
        else:
            error = 0.5 * (output - x) ** 2
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1)
        return error.flatten(1).sum(dim=1) + self.beta * divergence


def vae_mlp(**settings):
    trunk = [nn.Flatten(), ("linear0", nn.Linear(784, 128)), nn.ReLU()]
    trunk += [("linear1", nn.Linear(128, 64)), nn.ReLU()]
    decoder = [("linear0", nn.Linear(32, 64)), nn.ReLU(), ("linear1", nn.Linear(64, 128))]
    decoder += [nn.ReLU(), ("output", nn.Linear(128, 784)), nn.Sigmoid()]
    return Vae(trunk, 64, 32, [*decoder, nn.Unflatten(1, (1, 28, 28))], **settings)


def vae_conv():
    return Vae(drift_encoder(512), 512, 32, drift_published_decoder(32))


class VaeGan(nn.Module):
    """`log p` is Bernoulli and codes have a distribution; published: Gaussian, and one code."""

    def __init__(self, channels, side, filters, code, published):
        super().__init__()

        def convolutions():
            layers, n = [], channels
            for i, f in enumerate(filters):
                layers += [(f"conv{i}", nn.Conv2d(n, f, 3, stride=2, padding=1)), nn.LeakyReLU(0.2)]
                n = f
            return layers

        def norm(name, n):
            return [(name, nn.BatchNorm2d(n)), *([] if published else [nn.LeakyReLU(0.2)])]

        def pool():
            return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]

        trunk = [*convolutions(), *(pool() if published else [nn.Flatten()])]
        with torch.no_grad():
            length = chain(*trunk)(torch.zeros(1, channels, side, side)).shape[1]
        self.trunk = [name for name, _ in chain(*trunk).named_children()]
        self.encoder = chain(*trunk, ("mean", nn.Linear(length, code)))
        if not published:
            self.encoder.log_variance = nn.Linear(length, code)
        small, n = side >> (len(filters) - 1), filters[-1]
        if published:
            start = [nn.Unflatten(1, (code, 1, 1)), ("start", nn.ConvTranspose2d(code, n, small))]
        else:
            start = [("start", nn.Linear(code, n * small * small)), nn.Unflatten(1, (n, small, small))]
        decoder = [*start, *norm("norm", n)]
        for i, f in enumerate(filters[-2::-1]):
            decoder += [(f"conv{i}", nn.ConvTranspose2d(n, f, 4, stride=2, padding=1))]
            decoder += norm(f"norm{i}", f)
            n = f
        decoder += [("output", nn.ConvTranspose2d(n, channels, 3, padding=1)), nn.Tanh()]
        self.decoder = chain(*decoder, Scale(0.5, 0.5))
        verdict = [("linear", nn.Linear(filters[-1], 256)), ("output", nn.Linear(256, 1))]
        self.image_discriminator = chain(*convolutions(), *pool(), *verdict)
        if published:
            layers = [("linear0", nn.Linear(code, 64)), nn.LeakyReLU(0.2)]
            layers += [("linear1", nn.Linear(64, 128)), nn.LeakyReLU(0.2)]
            self.latent_discriminator = chain(*layers, ("output", nn.Linear(128, 1)))
        self.scores = nn.Module()
        self.scores.register_buffer("mean", torch.zeros(3 if published else 4))
        self.scores.register_buffer("weight", torch.ones(3 if published else 4))
        self.code, self.published, self.n_convolutions = code, published, 2 * len(filters)

    def distribution(self, x):
        for name in self.trunk:
            x = getattr(self.encoder, name)(x)
        return self.encoder.mean(x), None if self.published else self.encoder.log_variance(x)

    def look(self, x):
        layers = list(self.image_discriminator)
        features = nn.Sequential(*layers[: self.n_convolutions])(x)
        return features.flatten(1), nn.Sequential(*layers[self.n_convolutions :])(features)

    def combined(self, x):
        """Pixels, features, codes and divergence, scaled and added."""
        mean, log_variance = self.distribution(x)
        drawn = self.decoder(mean)
        (features, original), codes = (self.look(y)[0] for y in (drawn, x)), self.distribution(drawn)[0]
        shares = ((features - original) ** 2).sum(dim=1) / (original**2).sum(dim=1)
        parts = [((drawn - x) ** 2).flatten(1).sum(dim=1), shares, ((codes - mean) ** 2).sum(dim=1)]
        if not self.published:
            parts.append(-0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1))
        scaled = (torch.stack(parts, dim=1) - self.scores.mean) * self.scores.weight
        return scaled.sum(dim=1)

    def losses(self, x, noise, prior):
        """The losses of both sides together, with the weights of VaeGanWeights' defaults."""
        softplus = nn.functional.softplus

        def judged(real, made):
            return (0.9 * softplus(-real) + 0.1 * softplus(real)).mean() + softplus(made).mean()

        n = len(x)
        mean, log_variance = self.distribution(x)
        z = mean if self.published else mean + noise * torch.exp(0.5 * log_variance)
        drawn = self.decoder(torch.cat([z, prior]))
        logits = self.look(torch.cat([x, drawn.detach()]))[1]
        loss = judged(logits[:n], logits[n:])
        if self.published:
            latent = self.latent_discriminator(torch.cat([prior, z.detach()]))
            loss = loss + judged(latent[:n], latent[n:])
            loss = loss + 5.0 * softplus(-self.latent_discriminator(z)).mean()
            error = 0.5 * (drawn[:n] - x) ** 2
        else:
            error = nn.functional.binary_cross_entropy(drawn[:n], x, reduction="none")
            divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1)
            loss = loss + divergence.mean()
        features, logits = self.look(drawn)
        with torch.no_grad():
            original = self.look(x)[0]
        apart = ((features[:n] - original) ** 2).sum(dim=1) / (original**2).sum(dim=1)
        loss = loss + error.flatten(1).sum(dim=1).mean() + 20.0 * apart.mean()
        return loss + 2.0 * softplus(-logits).mean()


class StyleVaeGan(VaeGan):
    """Codes are a content, which has a distribution, and a style."""

    def __init__(self, channels, side, filters, content, n_styles, style):
        super().__init__(channels, side, filters, content + style, False)
        length = self.encoder.mean.in_features
        self.encoder.mean = nn.Linear(length, content)
        self.encoder.log_variance = nn.Linear(length, content)
        self.encoder.style = nn.Linear(length, style)
        self.encoder.prototypes = nn.Embedding(n_styles, style)
        del self.scores
        self.content = content

    def split(self, x):
        for name in self.trunk:
            x = getattr(self.encoder, name)(x)
        return self.encoder.mean(x), self.encoder.log_variance(x), self.encoder.style(x)

    def codes(self, x):
        mean, _, style = self.split(x)
        return torch.cat([mean, style], dim=1)

    def logits(self, style):
        return -((style[:, None] - self.encoder.prototypes.weight[None]) ** 2).sum(dim=2)

    def rerendered(self, x, style):
        prototype = self.encoder.prototypes.weight[style].expand(len(x), -1)
        return self.decoder(torch.cat([self.split(x)[0], prototype], dim=1))

    def losses(self, clean, styled, styles, noise):
        """Those of both sides together, with the weights of StyleWeights' defaults."""
        softplus, n = nn.functional.softplus, len(clean)
        images = torch.cat([clean, styled])
        styles = torch.cat([torch.zeros(n, dtype=torch.long), styles])
        mean, log_variance, style = self.split(images)
        contents = mean + noise * torch.exp(0.5 * log_variance)
        prototypes = self.encoder.prototypes(styles)
        contents = torch.cat([contents, contents[n:]])
        drawn = self.decoder(torch.cat([contents, torch.cat([style, prototypes[:n]])], dim=1))
        error = nn.functional.binary_cross_entropy(
            drawn, torch.cat([images, clean]), reduction="none"
        )
        error = error.flatten(1).sum(dim=1)
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1)
        naming = nn.functional.cross_entropy(self.logits(style), styles)
        naming = naming + 0.1 * ((style - prototypes) ** 2).sum(dim=1).mean()
        apart = ((mean[n:] - mean[:n]) ** 2).sum(dim=1).mean()
        loss = error[: 2 * n].mean() + error[2 * n :].mean() + divergence.mean()
        made = drawn[2 * n :]
        logits = self.look(torch.cat([clean, made.detach()]))[1]
        judged = (0.9 * softplus(-logits[:n]) + 0.1 * softplus(logits[:n])).mean()
        judged = judged + softplus(logits[n:]).mean()
        adversarial = softplus(-self.look(made)[1]).mean()
        return loss + 10.0 * naming + apart + 2.0 * adversarial + judged


# Name: the network, and the shape of one image.
MODELS = {
    "conv": (conv_autoencoder, (1, 28, 28)),
    "denoising": (denoising, (1, 28, 28)),
    "mlp": (mlp, (3, 64, 64)),
    "face": (lambda: face(False), (3, 64, 64)),
    "face_norm": (lambda: face(True), (3, 64, 64)),
    "critic": (lambda: Critic(3, 64), (3, 64, 64)),
    "critic_odd": (lambda: Critic(1, 25), (1, 25, 25)),
    "gray": (lambda: gray(False), (1, 128, 128)),
    "gray_affine": (lambda: gray(True), (1, 128, 128)),
    "lenet_mnist": (lambda: lenet("mnist"), (1, 28, 28)),
    "lenet_fashion": (lambda: lenet("fashion"), (1, 28, 28)),
    "lenet_cifar": (lambda: lenet("cifar"), (3, 32, 32)),
    "lenet_cifar_elu": (lambda: lenet("cifar_elu"), (3, 32, 32)),
    "drift": (lambda: drift(32, False), (3, 150, 150)),
    "drift_big": (lambda: drift(32, True), (3, 150, 150)),
    "drift_small": (lambda: drift(8, True), (3, 150, 150)),
    "vae_mlp": (vae_mlp, (1, 28, 28)),
    "vae_gaussian": (lambda: vae_mlp(bernoulli=False, beta=4.0), (1, 28, 28)),
    "vae_conv": (vae_conv, (3, 150, 150)),
    "vae_gan": (lambda: VaeGan(1, 28, (16, 32, 64), 32, False), (1, 28, 28)),
    "style_vae_gan": (lambda: StyleVaeGan(1, 28, (16, 32, 64), 6, 3, 4), (1, 28, 28)),
    "vae_gan_published": (lambda: VaeGan(3, 32, (64, 128, 256, 512), 128, True), (3, 32, 32)),
}


def count(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


