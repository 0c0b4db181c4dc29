"""Learning rates that adapt, a Q-learning controller among them, on drawn digits.

    python experiment.py --config config.json --out results.json

`config.json` is {"knobs": {...}, "seed": 0, "budget": {...}} or {"runs": [such, ...]}; knobs and
budget numbers that it leaves out come from `template.toml` beside this file. The controller sees a
validation set; the results are of a test set that nothing but the last line of a run looks at.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import random
import time
import tomllib
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

# Ten digits, seven rows of five dots, a row after another; "#" is ink.
GLYPHS = (
    ".###. #...# #..## #.#.# ##..# #...# .###.",
    "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
    ".###. #...# ....# ...#. ..#.. .#... #####",
    "####. ....# ....# .###. ....# ....# ####.",
    "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
    "##### #.... ####. ....# ....# #...# .###.",
    "..##. .#... #.... ####. #...# #...# .###.",
    "##### ....# ...#. ..#.. ..#.. .#... .#...",
    ".###. #...# #...# .###. #...# #...# .###.",
    ".###. #...# #...# .#### ....# ...#. .##..",
)
SIDE = 12


def make_digits(n: int, noise: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """`n` digits turned, sheared, scaled, moved and noisy: images (n, SIDE * SIDE), labels (n,)."""
    ink = [[[float(dot == "#") for dot in row] for row in glyph.split()] for glyph in GLYPHS]
    labels = torch.randint(10, (n,), generator=generator)
    glyphs = nn.functional.pad(torch.tensor(ink), (2, 2, 1, 1))[labels][:, None]
    u = torch.rand(n, 6, generator=generator) * 2 - 1
    angle, shear = 0.35 * u[:, 0], 0.3 * u[:, 1]
    across, down = 1 + 0.2 * u[:, 2], 1 + 0.2 * u[:, 3]
    first = torch.stack([across * angle.cos(), shear - angle.sin(), 0.2 * u[:, 4]], 1)
    second = torch.stack([angle.sin(), down * angle.cos(), 0.2 * u[:, 5]], 1)
    grid = nn.functional.affine_grid(
        torch.stack([first, second], 1), [n, 1, SIDE, SIDE], align_corners=False
    )
    images = nn.functional.grid_sample(glyphs, grid, align_corners=False).flatten(1)
    images = images + noise * torch.randn(images.shape, generator=generator)
    return images - 0.3, labels


class Network(nn.Sequential):
    """A perceptron with `depth` hidden layers of `width` units."""

    def __init__(self, width: int, depth: int) -> None:
        sizes = [SIDE * SIDE, *[width] * depth]
        layers: list[nn.Module] = []
        for a, b in pairwise(sizes):
            layers += [nn.Linear(a, b), nn.ReLU()]
        super().__init__(*layers, nn.Linear(width, 10))


class QController:
    """Tabular Q-learning (Watkins and Dayan, 1992) that multiplies the learning rate.

    The state is the bin of the current rate (octaves from the first rate) and of the last change
    of the validation loss; the reward is the fall of the logarithm of the validation loss.
    """

    factors = (0.5, 1.0, 2.0)

    def __init__(self, knobs: dict, seed: int) -> None:
        self.table: dict[tuple[int, int], list[float]] = {}
        self.knobs, self.draw = knobs, random.Random(seed)
        self.epsilon = knobs["q_epsilon"]
        self.last: tuple[tuple[int, int], int, float] | None = None

    def state(self, octave: float, gain: float) -> tuple[int, int]:
        return max(-4, min(3, round(octave))), sum(gain > edge for edge in (-0.02, 0.005, 0.05))

    def factor(self, octave: float, loss: float) -> float:
        """What to multiply the rate by, after learning from what the last choice did."""
        log_loss = math.log(max(loss, 1e-8))
        gain = self.last[2] - log_loss if self.last else 0.0
        state = self.state(octave, gain)
        values = self.table.setdefault(state, [0.0] * len(self.factors))
        if self.last:
            before, action, _ = self.last
            goal = gain + self.knobs["q_discount"] * max(values)
            self.table[before][action] += self.knobs["q_rate"] * (goal - self.table[before][action])
        if self.draw.random() < self.epsilon:
            action = self.draw.randrange(len(self.factors))
        else:  # ties go to keeping the rate
            action = max((1, 0, 2), key=lambda i: values[i])
        self.epsilon *= self.knobs["q_epsilon_decay"]
        self.last = (state, action, log_loss)
        return self.factors[action]


class Plateau:
    """Halves the rate when the validation loss has not fallen for three looks."""

    def __init__(self) -> None:
        self.best, self.bad = math.inf, 0

    def factor(self, loss: float) -> float:
        self.bad = 0 if loss < self.best else self.bad + 1
        self.best = min(self.best, loss)
        if self.bad < 3:
            return 1.0
        self.bad = 0
        return 0.5


def scheduled(name: str, done: float) -> float:
    """The share of the first rate that a fixed schedule gives when `done` of training is over."""
    if name == "cosine":
        return 0.5 * (1 + math.cos(math.pi * done))
    if name == "linear":
        return 1 - done
    if name == "step":
        return 0.1 ** (int(done * 10) // 4)
    return 1.0


def make_optimizer(net: nn.Module, knobs: dict) -> torch.optim.Optimizer:
    rate = knobs["learning_rate"]
    if knobs["optimizer"] == "adam":
        return torch.optim.Adam(net.parameters(), lr=rate)
    momentum = 0.9 if knobs["optimizer"] == "momentum" else 0.0
    return torch.optim.SGD(net.parameters(), lr=rate, momentum=momentum)


def hypergradient(net: nn.Module, before: list[Tensor]) -> tuple[float, list[Tensor]]:
    """The cosine of this gradient with the one before, and this gradient (Baydin et al., 2018)."""
    now = [p.grad.detach().clone() for p in net.parameters()]
    if not before:
        return 0.0, now
    along = sum(float((a * b).sum()) for a, b in zip(now, before, strict=True))
    norms = [math.sqrt(sum(float(g.square().sum()) for g in gs)) for gs in (now, before)]
    return along / (norms[0] * norms[1] + 1e-12), now


@torch.no_grad()
def measure(net: nn.Module, data: tuple[Tensor, Tensor]) -> tuple[float, float]:
    """Mean cross-entropy in nats, and the share answered wrongly."""
    scores = net(data[0])
    loss = float(nn.functional.cross_entropy(scores, data[1]))
    return loss, float((scores.argmax(1) != data[1]).float().mean())


def train(
    net: nn.Module, knobs: dict, budget: dict, sets: dict, seed: int, generator: torch.Generator
) -> dict[str, list]:
    """Train for the budget's steps: curves of loss, rate and validation error by step."""
    optimizer, steps, every = make_optimizer(net, knobs), budget["steps"], knobs["interval"]
    controller, plateau = QController(knobs, seed), Plateau()
    schedule, first, rate = knobs["schedule"], knobs["learning_rate"], knobs["learning_rate"]
    curves: dict[str, list] = {"train_loss": [], "val_loss": [], "rate": []}
    recent: list[float] = []
    before: list[Tensor] = []
    for step in range(1, steps + 1):
        share = min(1.0, step / max(1, knobs["warmup"]))
        if schedule in ("constant", "cosine", "linear", "step"):
            rate = first * scheduled(schedule, (step - 1) / steps)
        optimizer.param_groups[0]["lr"] = rate * share
        rows = torch.randint(len(sets["train"][1]), (budget["batch"],), generator=generator)
        scores = net(sets["train"][0][rows])
        loss = nn.functional.cross_entropy(scores, sets["train"][1][rows])
        optimizer.zero_grad()
        loss.backward()
        if schedule == "hypergradient":
            along, before = hypergradient(net, before)
            rate = min(max(rate * (1 + knobs["hyper_rate"] * along), first / 64), first * 8)
        optimizer.step()
        recent.append(float(loss.detach()))
        if step % every == 0:
            val_loss, _ = measure(net, sets["validation"])
            curves["train_loss"].append([step, sum(recent) / len(recent)])
            curves["val_loss"].append([step, val_loss])
            curves["rate"].append([step, rate])
            recent = []
            if schedule == "q_learning":
                rate = rate * controller.factor(math.log2(rate / first), val_loss)
                rate = min(max(rate, first / 16), first * 8)
            elif schedule == "plateau":
                rate = max(rate * plateau.factor(val_loss), first / 1024)
        if step % max(1, steps // 5) == 0:
            print(f"step {step} of {steps}: loss {loss:.4f} rate {rate:.2e}", flush=True)
    return curves


def run(config: dict) -> dict:
    """One run: train, then test once."""
    knobs, budget, seed = config["knobs"], config["budget"], config["seed"]
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    start = time.perf_counter()
    sizes = {"train": budget["train_size"], "validation": 1000, "test": budget["test_size"]}
    sets = {name: make_digits(n, knobs["noise"], generator) for name, n in sizes.items()}
    net = Network(knobs["width"], knobs["depth"])
    curves = train(net, knobs, budget, sets, seed, generator)
    test_loss, test_error = measure(net, sets["test"])
    goal = 0.5
    reached = [step for step, loss in curves["val_loss"] if loss <= goal]
    metrics = {
        "test_loss": test_loss,
        "test_error": test_error,
        "best_val_loss": min(loss for _, loss in curves["val_loss"]),
        "steps_to_half_nat": reached[0] if reached else budget["steps"],
        "final_rate": curves["rate"][-1][1],
        "parameters": sum(p.numel() for p in net.parameters()),
    }
    if not all(math.isfinite(value) for value in metrics.values()):
        raise SystemExit(f"training diverged: {metrics}; lower the learning rate")
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
