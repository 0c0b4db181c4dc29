"""Figures of grokking runs: steps to generalise, accuracy and weight norm by step.

    python plot.py --runs runs.json --out DIR

`runs.json` is a list of {"label": ..., "results": ...}; runs of one label are seeds of one
variant. Writes each figure as PDF, SVG and PNG, and `figures.json` with names and captions.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import stdtrit

METRICS = (
    ("steps_to_99", "steps to 99 % validation"),
    ("steps_to_99_train", "steps to 99 % training"),
    ("final_val_accuracy", "last validation accuracy"),
)
CAPTION = (
    "Steps to 99 % accuracy on validation and training pairs, and the last validation accuracy "
    "by variant: mean and 95 % interval (large mark) and every seed (small marks)."
)
SEEDS = "Mean and range over seeds."
CURVES = (
    {
        "name": "accuracy",
        "curves": (("val_accuracy", ""), ("train_accuracy", " (training)")),
        "label": "accuracy",
        "scale": "linear",
        "limits": (-0.03, 1.03),
        "caption": "Accuracy by step: validation (solid) and training (dashed).",
    },
    {
        "name": "loss",
        "curves": (("val_loss", ""), ("train_loss", " (training)")),
        "label": "cross-entropy (nats)",
        "scale": "log",
        "limits": (None, None),
        "caption": "Cross-entropy by step: validation (solid) and training (dashed).",
    },
    {
        "name": "weight_norm",
        "curves": (("weight_norm", ""),),
        "label": "norm of the weights",
        "scale": "linear",
        "limits": (None, None),
        "caption": "Euclidean norm of all weights by training step.",
    },
)
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
    "svg.hashsalt": "grokking",
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


def plot_metrics(found: dict[str, list[dict]], out: Path) -> dict:
    """A panel for each metric: every seed, mean and interval of each variant."""
    figure, panels = plt.subplots(1, len(METRICS), figsize=(5.4, 2.4))
    for axes, (metric, title) in zip(panels, METRICS, strict=True):
        for i, results in enumerate(found.values()):
            values = np.array([r["metrics"][metric] for r in results], dtype=float)
            mean, half = mean_and_half_width(values)
            colour = COLOURS[i % len(COLOURS)]
            axes.errorbar(i, mean, half, fmt=MARKS[i % len(MARKS)], color=colour, capsize=2, ms=5)
            axes.scatter([i + 0.18] * len(values), values, s=7, color=colour, alpha=0.5, lw=0)
        axes.set_title(title, fontsize=8)
        axes.set_xlim(-0.5, len(found) - 0.3)
        names = [textwrap.fill(label, 14) for label in found]
        axes.set_xticks(range(len(found)), names, rotation=0 if len(found) < 3 else 30)
    save(figure, out, "metrics")
    return {"name": "metrics", "caption": CAPTION}


def plot_curves(found: dict[str, list[dict]], out: Path, spec: dict) -> dict:
    """Curves by step: a colour for each variant, a line style for each curve."""
    figure, axes = plt.subplots(figsize=(5.4, 2.8))
    for i, (label, results) in enumerate(found.items()):
        for style, (curve, told) in zip(("-", "--"), spec["curves"], strict=False):
            runs = [r["curves"][curve] for r in results]
            points = np.array([run[: min(map(len, runs))] for run in runs])
            mean, low, high = (f(points[:, :, 1], axis=0) for f in (np.mean, np.min, np.max))
            x, colour = points[0, :, 0], COLOURS[i % len(COLOURS)]
            axes.plot(x, mean, style, color=colour, lw=1.4, label=f"{label}{told}")
            axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    axes.set(xlabel="training step", ylabel=spec["label"], yscale=spec["scale"])
    axes.set_ylim(*spec["limits"])
    # Above the curves, which leave no corner free.
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    save(figure, out, spec["name"])
    return {"name": spec["name"], "caption": f"{spec['caption']} {SEEDS}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    plt.rcParams.update(STYLE)
    found = groups(json.loads(args.runs.read_text(encoding="utf-8")))
    args.out.mkdir(parents=True, exist_ok=True)
    figures = [plot_metrics(found, args.out)]
    figures += [plot_curves(found, args.out, spec) for spec in CURVES]
    (args.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
