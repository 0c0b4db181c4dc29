"""Denoising diffusion on four planar data sets; sample quality as an estimated KL divergence.

    python experiment.py --config config.json --out results.json

`config.json` is {"knobs": {...}, "seed": 0, "budget": {...}} or {"runs": [such, ...]}; knobs and
budget numbers that it leaves out come from `template.toml` beside this file. The four data sets'
networks are trained side by side, as one batch of independent weights.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
import tomllib
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

DATASETS = ("circle", "dino", "line", "moons")
# A sauropod's outline, as corners of a closed walk in units of about one metre.
DINO = [
    (0.0, 0.0), (0.9, 1.5), (1.9, 2.3), (3.1, 2.7), (4.3, 2.7), (5.2, 3.3), (5.8, 4.5),
    (6.2, 5.9), (6.9, 6.5), (7.9, 6.3), (8.3, 5.8), (7.5, 5.6), (6.9, 5.2), (6.7, 4.0),
    (6.4, 2.6), (6.2, 1.6), (6.1, 0.2), (6.1, -0.9), (5.4, -0.9), (5.3, 0.3), (4.9, 0.9),
    (3.7, 0.8), (3.0, 0.8), (2.8, 0.1), (2.7, -0.9), (2.0, -0.9), (2.0, 0.4), (1.8, 1.1),
    (1.0, 0.6), (0.0, 0.0), (-1.2, -0.5), (-2.0, -0.6), (-1.0, -0.2), (0.0, 0.0),
]  # fmt: skip


def walk(corners: list[tuple[float, float]], n: int, generator: torch.Generator) -> Tensor:
    """`n` points spread evenly along the walk through `corners`: (n, 2)."""
    points = torch.tensor(corners)
    steps = points.diff(dim=0)
    lengths = steps.norm(dim=1)
    ends = lengths.cumsum(0)
    at = torch.rand(n, generator=generator) * ends[-1]
    i = torch.searchsorted(ends, at).clamp(max=len(steps) - 1)
    part = (at - (ends[i] - lengths[i])) / lengths[i]
    return points[i] + part[:, None] * steps[i]


def make_data(name: str, n: int, generator: torch.Generator) -> Tensor:
    """`n` points of the data set, about zero mean and unit scale: (n, 2)."""
    if name == "line":
        u = torch.rand(n, 1, generator=generator) * 2 - 1
        points = u * torch.tensor([1.6, 1.6])
    elif name == "circle":
        angle = torch.rand(n, generator=generator) * 2 * math.pi
        points = 1.4 * torch.stack([angle.cos(), angle.sin()], 1)
    elif name == "moons":
        angle = torch.rand(n, generator=generator) * math.pi
        upper = torch.rand(n, generator=generator) < 0.5
        x = torch.where(upper, angle.cos() - 0.5, 0.5 - angle.cos())
        y = torch.where(upper, angle.sin() - 0.25, 0.25 - angle.sin())
        points = torch.stack([x, y], 1) * torch.tensor([1.1, 1.9])
    else:
        points = (walk(DINO, n, generator) - torch.tensor([3.4, 2.0])) / 2.6
    return points + 0.03 * torch.randn(n, 2, generator=generator)


def noise_schedule(name: str, timesteps: int) -> Tensor:
    """The share of signal left after each step, falling from near 1 to near 0: (timesteps,)."""
    u = torch.arange(1, timesteps + 1) / timesteps
    if name == "cosine":  # Nichol and Dhariwal, 2021
        level = torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
        betas = (
            1 - level / torch.cat([torch.ones(1) * math.cos(0.008 * math.pi / 2) ** 2, level])[:-1]
        )
    else:  # Ho et al., 2020, for any number of steps
        power = {"linear": 1.0, "quadratic": 2.0}[name]
        scale = 1000 / timesteps
        betas = (
            scale * (1e-4 ** (1 / power) + u * (0.02 ** (1 / power) - 1e-4 ** (1 / power))) ** power
        )
    return (1 - betas.clamp(1e-5, 0.999)).cumprod(0)


class Linears(nn.Module):
    """One independent linear map per data set: (sets, n, inputs) to (sets, n, outputs)."""

    def __init__(self, sets: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(sets, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(sets, 1, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x, self.weight)


class Branch(nn.Module):
    """A network on Fourier features of the point and of the time."""

    def __init__(self, sets: int, width: int, depth: int) -> None:
        super().__init__()
        self.register_buffer("waves", math.pi / 4 * 2.0 ** torch.arange(5))
        sizes = [2 + 4 * 5 + 8, *[width] * depth]
        self.layers = nn.ModuleList(Linears(sets, a, b) for a, b in pairwise(sizes))
        self.last = Linears(sets, width, 2)

    def forward(self, x: Tensor, time_features: Tensor) -> Tensor:
        angles = (x[..., None] * self.waves).flatten(-2)
        h = torch.cat([x, angles.sin(), angles.cos(), time_features], -1)
        for i, layer in enumerate(self.layers):
            y = nn.functional.silu(layer(h))
            h = y if i == 0 else h + y
        return self.last(h)


def time_features(t: Tensor, timesteps: int) -> Tensor:
    """Waves of the time t / timesteps: (..., 8)."""
    angles = (t / timesteps)[..., None] * math.pi * torch.tensor([0.5, 1.0, 2.0, 4.0])
    return torch.cat([angles.sin(), angles.cos()], -1)


def count_parameters(width: int, depth: int) -> int:
    """Weights of one branch for one data set."""
    return 31 * width + (depth - 1) * (width + 1) * width + 2 * width + 2


def branch_width(width: int, depth: int) -> int:
    """The width at which two branches, zoom and gate have no more weights than one of `width`."""
    allowed = count_parameters(width, depth) - 4 - 90 - 2
    fits = [w for w in range(2, width + 1) if 2 * count_parameters(w, depth) <= allowed]
    return max(fits, default=2)


class Denoiser(nn.Module):
    """Predicts the noise in a point; with `dual_scale`, from a global and a local view of it."""

    def __init__(self, knobs: dict, sets: int) -> None:
        super().__init__()
        width, depth, self.timesteps = knobs["width"], knobs["depth"], knobs["timesteps"]
        self.dual, self.weighting = knobs["dual_scale"], knobs["scale_weighting"]
        if self.dual and knobs["match_parameters"]:
            width = branch_width(width, depth)
        self.whole = Branch(sets, width, depth)
        if self.dual:
            # The local branch sees the plane enlarged, by a map that is learnt from there on.
            self.zoom = nn.Parameter(knobs["zoom"] * torch.eye(2).repeat(sets, 1, 1))
            self.local = Branch(sets, width, depth)
            self.gate = nn.Sequential(Linears(sets, 8, 8), nn.SiLU(), Linears(sets, 8, 2))
            if self.weighting == "learned":
                self.balance = nn.Parameter(torch.zeros(sets, 1, 2))

    def weights(self, features: Tensor) -> Tensor:
        """The two branches' weights, adding to one: (sets, n, 2)."""
        if self.weighting == "adaptive":
            return self.gate(features).softmax(-1)
        if self.weighting == "learned":
            return self.balance.softmax(-1).expand(*features.shape[:2], 2)
        return torch.full((*features.shape[:2], 2), 0.5)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        features = time_features(t, self.timesteps)
        if not self.dual:
            return self.whole(x, features)
        weights = self.weights(features)
        local = self.local(torch.bmm(x, self.zoom), features)
        return weights[..., :1] * self.whole(x, features) + weights[..., 1:] * local


class GridNoise(nn.Module):
    """Learned noise strength over the plane, on a coarse and a fine grid, of mean square one."""

    def __init__(self, sets: int) -> None:
        super().__init__()
        self.coarse = nn.Parameter(torch.zeros(sets, 1, 5, 5))
        self.fine = nn.Parameter(torch.zeros(sets, 1, 20, 20))

    def forward(self, x: Tensor) -> Tensor:
        grid = (x / 2.5)[:, :, None]
        look = [
            nn.functional.grid_sample(g, grid, align_corners=True, padding_mode="border")
            for g in (self.coarse, self.fine)
        ]
        strength = (0.5 * torch.tanh(look[0] + look[1])).exp()[:, 0]
        return strength / strength.square().mean(1, keepdim=True).sqrt()


def train(knobs: dict, budget: dict, generator: torch.Generator) -> tuple[Denoiser, list, Tensor]:
    """The trained network (its moving average, if asked), the loss curve and the signal levels."""
    sets, batch = len(DATASETS), budget["batch"]
    levels = noise_schedule(knobs["schedule"], knobs["timesteps"])
    data = torch.stack([make_data(d, budget["points"], generator) for d in DATASETS])
    net = Denoiser(knobs, sets)
    grid = GridNoise(sets) if knobs["grid_noise"] else None
    parameters = list(net.parameters()) + (list(grid.parameters()) if grid else [])
    optimizer = torch.optim.AdamW(
        parameters, lr=knobs["learning_rate"], weight_decay=1e-4, fused=True
    )
    averages = [p.detach().clone() for p in net.parameters()]
    curve, recent, steps = [], [], budget["steps"]
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = knobs["learning_rate"] * (1 - (step - 1) / steps)
        rows = torch.randint(budget["points"], (sets, batch), generator=generator)
        x = data.gather(1, rows[..., None].expand(-1, -1, 2))
        t = torch.randint(knobs["timesteps"], (sets, batch), generator=generator)
        noise = torch.randn(sets, batch, 2, generator=generator)
        if grid:
            noise = noise * grid(x)
        level = levels[t][..., None]
        guess = net(level.sqrt() * x + (1 - level).sqrt() * noise, t + 1)
        loss = (guess - noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0 * sets)
        optimizer.step()
        if knobs["ema"] > 0:
            decay = min(knobs["ema"], step / (step + 10))
            torch._foreach_lerp_(averages, [p.detach() for p in net.parameters()], 1 - decay)
        recent.append(float(loss.detach()))
        if step % max(1, steps // 20) == 0:
            curve.append([step, sum(recent) / len(recent)])
            print(f"step {step} of {steps}: loss {curve[-1][1]:.4f}", flush=True)
            recent = []
    if knobs["ema"] > 0:
        for p, average in zip(net.parameters(), averages, strict=True):
            p.data.copy_(average)
    return net, curve, levels


@torch.no_grad()
def sample(net: Denoiser, levels: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """`n` samples for each data set by ancestral sampling (Ho et al., 2020): (sets, n, 2)."""
    x = torch.randn(len(DATASETS), n, 2, generator=generator)
    for t in range(len(levels) - 1, -1, -1):
        level, before = levels[t], levels[t - 1] if t else torch.ones(())
        noise = net(x, torch.full((len(DATASETS), n), t + 1))
        # Clipping the estimated clean point keeps an early error from growing.
        clean = ((x - (1 - level).sqrt() * noise) / level.sqrt()).clamp(-3, 3)
        beta = 1 - level / before
        x = (before.sqrt() * beta * clean + (level / before).sqrt() * (1 - before) * x) / (
            1 - level
        )
        if t:
            spread = (beta * (1 - before) / (1 - level)).sqrt()
            x = x + spread * torch.randn(x.shape, generator=generator)
    return x


def kl_divergence(real: Tensor, made: Tensor, k: int = 5) -> float:
    """KL(real || made) in nats from two samples (n, d), (m, d), by k nearest neighbours.

    The estimator of Wang, Kulkarni and Verdu (2009) and Perez-Cruz (2008); can be below zero.
    """
    exact = {"compute_mode": "donot_use_mm_for_euclid_dist"}
    n, d = real.shape
    among = torch.cdist(real, real, **exact).kthvalue(k + 1, dim=1).values
    across = torch.cdist(real, made, **exact).kthvalue(k, dim=1).values
    ratio = across.clamp(min=1e-9) / among.clamp(min=1e-9)
    return float(d * ratio.log().mean() + math.log(len(made) / (n - 1)))


def run(config: dict) -> dict:
    """One run: train, sample, measure."""
    knobs, budget, seed = config["knobs"], config["budget"], config["seed"]
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    start = time.perf_counter()
    net, curve, levels = train(knobs, budget, generator)
    trained = time.perf_counter()
    made = sample(net, levels, budget["samples"], generator)
    real = torch.stack([make_data(d, budget["samples"], generator) for d in DATASETS])
    kl = [kl_divergence(r, m) for r, m in zip(real, made, strict=True)]
    weights = sum(p.numel() for p in net.parameters()) // len(DATASETS)
    metrics = {"kl_mean": sum(kl) / len(kl)}
    metrics |= {f"kl_{name}": value for name, value in zip(DATASETS, kl, strict=True)}
    metrics |= {"final_loss": curve[-1][1], "parameters": weights}
    curves = {"loss": curve}
    for i, name in enumerate(DATASETS):
        curves[f"samples_{name}"] = [[round(v, 4) for v in p] for p in made[i, :400].tolist()]
    if net.dual:
        t = torch.arange(1, len(levels) + 1).expand(len(DATASETS), -1)
        with torch.no_grad():
            local = net.weights(time_features(t, len(levels)))[..., 1].mean(0)
        curves["local_weight"] = [[i + 1, float(v)] for i, v in enumerate(local)]
    timing = {"train_seconds": trained - start, "seconds": time.perf_counter() - start}
    return {"metrics": metrics, "curves": curves, "config": config, "timing": timing}


def complete(config: dict) -> dict:
    """The config with what it leaves out taken from `template.toml` beside this file."""
    path = Path(__file__).with_name("template.toml")
    defaults, budget = {}, {}
    if path.is_file():
        parts = tomllib.loads(path.read_text(encoding="utf-8"))
        defaults = {knob["name"]: knob["default"] for knob in parts["knobs"]}
        budget = parts["budget"]["quick"]
    unknown = set(config.get("knobs", {})) - set(defaults)
    if defaults and unknown:
        raise SystemExit(f"config: there is no knob {', '.join(sorted(unknown))}")
    return {
        "knobs": defaults | config.get("knobs", {}),
        "seed": config.get("seed", 0),
        "budget": budget | config.get("budget", {}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    config = json.loads(args.config.read_text(encoding="utf-8"))
    environment = {"python": platform.python_version(), "torch": torch.__version__}
    configs = [complete(c) for c in config.get("runs", [config])]
    results = []
    for i, one in enumerate(configs):
        print(f"run {i + 1} of {len(configs)}, seed {one['seed']}", flush=True)
        results.append(run(one) | {"environment": environment})
    out = {"runs": results} if "runs" in config else results[0]
    args.out.write_text(json.dumps(out, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
