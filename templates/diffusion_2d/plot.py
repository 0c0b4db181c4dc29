"""Figures of diffusion runs: divergence by data set, samples, loss, weight of the local branch.

    python plot.py --runs runs.json --out DIR

`runs.json` is a list of {"label": ..., "results": ...}; runs of one label are seeds of one
variant. Writes each figure as PDF, SVG and PNG, and `figures.json` with names and captions.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import stdtrit

DATASETS = ("circle", "dino", "line", "moons")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKS = ("o", "s", "^", "D", "v", "P")
STYLE = {
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "diffusion_2d",
}


def mean_and_half_width(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over axis 0 and half the width of its 95 % t interval (zero for one run)."""
    n = len(values)
    if n < 2:
        return values.mean(0), np.zeros(values.shape[1:])
    return values.mean(0), stdtrit(n - 1, 0.975) * values.std(0, ddof=1) / np.sqrt(n)


def groups(runs: list[dict]) -> dict[str, list[dict]]:
    """Results by label, in order of first appearance."""
    found: dict[str, list[dict]] = {}
    for run in runs:
        found.setdefault(run["label"], []).append(run["results"])
    return found


def save(figure: plt.Figure, out: Path, name: str) -> None:
    """The figure in three formats, without dates, so that the same runs give the same bytes."""
    figure.savefig(out / f"{name}.pdf", metadata={"CreationDate": None, "ModDate": None})
    figure.savefig(out / f"{name}.svg", metadata={"Date": None})
    figure.savefig(out / f"{name}.png", dpi=200, metadata={"Software": None})
    plt.close(figure)
    print(f"wrote {name}", flush=True)


def plot_divergence(found: dict[str, list[dict]], out: Path) -> dict:
    """Estimated KL divergence for each data set and on the mean."""
    names = ["mean", *DATASETS]
    figure, axes = plt.subplots(figsize=(5.4, 2.5))
    width = 0.8 / len(found)
    for i, (label, results) in enumerate(found.items()):
        values = np.array([[r["metrics"][f"kl_{n}"] for n in names] for r in results])
        mean, half = mean_and_half_width(values)
        x = np.arange(len(names)) + (i - (len(found) - 1) / 2) * width
        colour = COLOURS[i % len(COLOURS)]
        axes.errorbar(
            x, mean, half, fmt=MARKS[i % len(MARKS)], color=colour, label=label, capsize=2, ms=5
        )
        spots = np.repeat(x, len(values))
        axes.scatter(spots, values.T.ravel(), s=6, color=colour, alpha=0.45, linewidths=0)
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel("estimated KL divergence (nats)")
    axes.axhline(0, color="0.7", lw=0.8, zorder=0)
    axes.legend()
    save(figure, out, "divergence")
    caption = (
        "Estimated KL divergence from held-out points to samples (lower is better), on the mean "
        "and for each data set: every seed (small), mean and 95 % interval (large)."
    )
    return {"name": "divergence", "caption": caption}


def plot_samples(found: dict[str, list[dict]], out: Path) -> dict:
    """Samples of each variant's first run."""
    figure, grid = plt.subplots(
        len(found), 4, figsize=(5.4, 0.25 + 1.35 * len(found)), squeeze=False
    )
    for i, (row, (label, results)) in enumerate(zip(grid, found.items(), strict=True)):
        for axes, name in zip(row, DATASETS, strict=True):
            points = np.array(results[0]["curves"][f"samples_{name}"])
            axes.scatter(*points.T, s=3, color=COLOURS[i % len(COLOURS)], alpha=0.6, linewidths=0)
            axes.set(xlim=(-2.4, 2.4), ylim=(-2.4, 2.4), xticks=[], yticks=[], aspect="equal")
            axes.spines[:].set_visible(False)
            if i == 0:
                axes.set_title(name)
        row[0].set_ylabel(label.replace(" ", "\n", 1) if len(label) > 14 else label, fontsize=8)
    save(figure, out, "samples")
    return {"name": "samples", "caption": "Samples of the first run of each variant."}


def plot_curve(
    found: dict[str, list[dict]], out: Path, curve: str, labels: tuple[str, str], caption: str
) -> dict:
    """One curve for each variant that has it: mean and range over its runs."""
    figure, axes = plt.subplots(figsize=(5.4, 2.4))
    for i, (label, results) in enumerate(found.items()):
        if curve not in results[0]["curves"]:
            continue
        points = np.array([r["curves"][curve] for r in results])
        mean, low, high = (f(points[:, :, 1], axis=0) for f in (np.mean, np.min, np.max))
        x, colour = points[0, :, 0], COLOURS[i % len(COLOURS)]
        axes.plot(x, mean, color=colour, label=label, lw=1.4)
        axes.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.legend()
    save(figure, out, curve)
    return {"name": curve, "caption": caption}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    plt.rcParams.update(STYLE)
    found = groups(json.loads(args.runs.read_text(encoding="utf-8")))
    args.out.mkdir(parents=True, exist_ok=True)
    figures = [plot_divergence(found, args.out), plot_samples(found, args.out)]
    caption = "Training loss by step: mean and range over seeds."
    figures.append(plot_curve(found, args.out, "loss", ("training step", "loss"), caption))
    if any("local_weight" in r["curves"] for results in found.values() for r in results):
        caption = "Weight of the local branch along the diffusion: mean and range over seeds."
        labels = ("diffusion step", "weight of the local branch")
        figures.append(plot_curve(found, args.out, "local_weight", labels, caption))
    (args.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
