"""Grokking: a small transformer on modular arithmetic, and the step at which it generalises.

    python experiment.py --config config.json --out results.json

`config.json` is {"knobs": {...}, "seed": 0, "budget": {...}} or {"runs": [such, ...]}; knobs and
budget numbers that it leaves out come from `template.toml` beside this file. Training uses the
whole training set at every step, so a step is an epoch.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
import tomllib
from pathlib import Path

import torch
from torch import Tensor, nn

TARGET = 0.99


def make_data(operation: str, p: int, share: float, generator: torch.Generator) -> tuple:
    """All pairs with their results, split at random: train and validation (pairs, results)."""
    a, b = torch.meshgrid(torch.arange(p), torch.arange(p), indexing="ij")
    a, b = a.flatten(), b.flatten()
    if operation == "divide":
        a, b = a[b > 0], b[b > 0]
        inverse = torch.tensor([pow(int(x), -1, p) if x else 0 for x in range(p)])
        result = a * inverse[b] % p
    elif operation == "subtract":
        result = (a - b) % p
    else:
        result = (a + b) % p
    pairs = torch.stack([a, b], 1)
    order = torch.randperm(len(pairs), generator=generator)
    train, rest = order[: round(share * len(order))], order[round(share * len(order)) :]
    return (pairs[train], result[train]), (pairs[rest], result[rest])


class Transformer(nn.Module):
    """One block that reads "a b =" and answers at "=": only that place is computed."""

    def __init__(self, p: int, width: int, heads: int, norm: bool) -> None:
        super().__init__()
        self.heads = heads
        self.tokens = nn.Embedding(p + 1, width)
        self.places = nn.Embedding(3, width)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.mix = nn.Linear(width, width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) if norm else nn.Identity() for _ in range(3))
        self.out = nn.Linear(width, p)

    def forward(self, pairs: Tensor) -> Tensor:
        p = self.tokens.num_embeddings - 1
        # At each place only one symbol's vector can stand, so keys and values are worked out once
        # for each symbol and place, not once for each pair: rows 0.. for a, p.. for b, 2p for "=".
        symbols, places = self.tokens.weight, self.places.weight
        x = torch.cat([symbols[:p] + places[0], symbols[:p] + places[1], symbols[p:] + places[2]])
        h = self.norms[0](x)
        split = (-1, self.heads, x.shape[1] // self.heads)
        scores = (self.key(h).view(split) * self.query(h[-1:]).view(split)).sum(2) / split[2] ** 0.5
        rows = torch.stack([pairs[:, 0], pairs[:, 1] + p, torch.full_like(pairs[:, 0], 2 * p)], 1)
        weights = nn.functional.embedding(rows, scores).softmax(1)
        values = nn.functional.embedding(rows, self.value(h)).unflatten(2, split[1:])
        y = x[-1] + self.mix((weights[..., None] * values).sum(1).flatten(1))
        y = y + self.down(torch.relu(self.up(self.norms[1](y))))
        return self.out(self.norms[2](y))


def initialise(net: nn.Module, how: str, scale: float, generator: torch.Generator) -> None:
    """Fill every weight matrix by the named rule, times `scale`; biases are zero but in `default`.

    `default` is PyTorch's own rule for each layer, already in place.
    """
    rules = {
        "xavier": nn.init.xavier_uniform_,
        "xavier_normal": nn.init.xavier_normal_,
        "he": nn.init.kaiming_uniform_,
        "he_normal": nn.init.kaiming_normal_,
        "orthogonal": nn.init.orthogonal_,
    }
    for layer in net.modules():
        if not isinstance(layer, nn.Linear | nn.Embedding):
            continue
        with torch.no_grad():
            if how != "default":
                rules[how](layer.weight, generator=generator)
                if isinstance(layer, nn.Linear):
                    layer.bias.zero_()
            layer.weight.mul_(scale)


@torch.no_grad()
def accuracy_and_loss(net: nn.Module, pairs: Tensor, results: Tensor) -> tuple[float, float]:
    """Share answered right, and mean cross-entropy in nats."""
    scores = net(pairs)
    loss = nn.functional.cross_entropy(scores, results)
    return float((scores.argmax(1) == results).float().mean()), float(loss)


def train(net: nn.Module, knobs: dict, budget: dict, data: tuple) -> dict[str, list]:
    """Train to the end of the budget: curves of accuracy, loss and weight norm by step."""
    optimizer = torch.optim.AdamW(
        net.parameters(),
        lr=knobs["learning_rate"],
        betas=(0.9, knobs["beta2"]),
        weight_decay=knobs["weight_decay"],
        fused=True,
    )
    curves: dict[str, list] = {
        name: []
        for name in ("train_accuracy", "val_accuracy", "train_loss", "val_loss", "weight_norm")
    }
    steps, (pairs, results) = budget["steps"], data[0]
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = knobs["learning_rate"] * min(1.0, step / knobs["warmup"])
        loss = nn.functional.cross_entropy(net(pairs), results)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % budget["measure_every"] == 0 or step == steps:
            measured = [*accuracy_and_loss(net, *data[0]), *accuracy_and_loss(net, *data[1])]
            norm = float(sum(p.detach().square().sum() for p in net.parameters()).sqrt())
            names = ("train_accuracy", "train_loss", "val_accuracy", "val_loss")
            for name, value in zip(names, measured, strict=True):
                curves[name].append([step, value])
            curves["weight_norm"].append([step, norm])
        if step % max(1, steps // 10) == 0:
            told = [f"{name} {curve[-1][1]:.3f}" for name, curve in curves.items() if curve]
            print(f"step {step} of {steps}: {', '.join(told)}", flush=True)
    return curves


def first_step(curve: list, target: float, steps: int) -> tuple[int, bool]:
    """The first measured step with at least `target`, or `steps` and False if there is none."""
    reached = [step for step, value in curve if value >= target]
    return (int(reached[0]), True) if reached else (steps, False)


def run(config: dict) -> dict:
    """One run: initialise, train, find the steps at which memory and generalisation came."""
    knobs, budget, seed = config["knobs"], config["budget"], config["seed"]
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    start = time.perf_counter()
    data = make_data(knobs["operation"], knobs["modulus"], knobs["train_share"], generator)
    net = Transformer(knobs["modulus"], knobs["width"], knobs["heads"], knobs["layer_norm"])
    initialise(net, knobs["initialisation"], knobs["init_scale"], generator)
    norm = float(sum(p.detach().square().sum() for p in net.parameters()).sqrt())
    curves = train(net, knobs, budget, data)
    steps = budget["steps"]
    memory, _ = first_step(curves["train_accuracy"], TARGET, steps)
    general, grokked = first_step(curves["val_accuracy"], TARGET, steps)
    metrics = {
        "steps_to_99": general,
        "grokked": int(grokked),
        "delay": general - memory,
        "steps_to_99_train": memory,
        "final_val_accuracy": curves["val_accuracy"][-1][1],
        "final_val_loss": curves["val_loss"][-1][1],
        "first_weight_norm": norm,
        "parameters": sum(p.numel() for p in net.parameters()),
    }
    timing = {"seconds": time.perf_counter() - start}
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
