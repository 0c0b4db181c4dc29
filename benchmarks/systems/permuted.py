"""Do intervals cover chance when there is no signal? python -m benchmarks.systems.permuted.

Papers get made-up scores on a rating scale, and permuted ratings and decisions, so that scores say
nothing about them. Figures are those of the benchmark's reports, with the same bootstrap. A 95 %
interval should hold the value of chance in 93 to 97 % of the trials.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

import click
import numpy as np

from conference.core.seeds import generator
from conference.statistics.decisions import score_figures
from conference.statistics.estimate import Estimate
from conference.statistics.ratings import rank_figures

SCALE = np.array([1, 3, 5, 6, 8, 10], float)
SHARES = (0.05, 0.25, 0.25, 0.25, 0.17, 0.03)
REVIEWS, ACCEPTED = 4, 0.3
SIZES = (60, 300)
CHANCE = {"auroc": 0.5, "spearman": 0.0, "pearson": 0.0}


def trial(papers: int, number: int, seed: int) -> dict[str, Estimate]:
    """The figures of one reviewer's scores against permuted human data."""
    rng = generator(seed, "permuted labels", papers, number)
    means = rng.choice(SCALE, (papers, REVIEWS), p=SHARES).mean(axis=1)
    scores = rng.choice(SCALE, papers, p=SHARES)
    accepted = np.zeros(papers, bool)
    accepted[np.argsort(-means, kind="stable")[: round(ACCEPTED * papers)]] = True
    order = rng.permutation(papers)
    found = score_figures(accepted[order], scores, seed=number)
    found |= rank_figures(scores, means[order], tuple(CHANCE)[1:], seed=number)
    return {name: found[name] for name in CHANCE}


def covered(papers: int, trials: int, seed: int = 0) -> dict[str, int]:
    """By figure, in how many trials its interval held the value of chance."""
    held = dict.fromkeys(CHANCE, 0)
    for number in range(trials):
        for name, figure in trial(papers, number, seed).items():
            if figure.low is None or figure.high is None:
                raise click.ClickException(f"{name} has no interval: {figure.reason}")
            held[name] += figure.low <= CHANCE[name] <= figure.high
    return held


def report(found: dict[int, dict[str, int]], trials: int, command: str) -> str:
    """The figures as Markdown."""
    rows = []
    for papers, held in found.items():
        for name, count in held.items():
            share = count / trials
            right = "yes" if 0.93 <= share <= 0.97 else "no"
            rows.append(f"| {papers} | {name} | {CHANCE[name]} | {share:.1%} | {right} |")
    error = 1.96 * np.sqrt(0.05 * 0.95 / trials)
    lines = [
        "# Intervals on permuted labels",
        "",
        f"Made by `{command}` on {platform.machine()}, {os.cpu_count()} cores: {trials:,} trials a "
        "row, made-up scores against permuted means of four ratings and permuted decisions "
        f"({ACCEPTED:.0%} accepted). Covered is the share of 95 % intervals that hold the value of "
        f"chance; right is 93 to 97 %. Chance alone moves a right share by ± {error:.1%}.",
        "",
        "| papers | figure | value of chance | covered | right |",
        "|---|---|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--trials", default=1000, show_default=True)
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file.")
def main(trials: int, write: Path | None) -> None:
    """Count how often intervals on permuted labels hold the value of chance."""
    found = {papers: covered(papers, trials) for papers in SIZES}
    text = report(found, trials, f"python -m benchmarks.systems.permuted --trials {trials}")
    click.echo(text)
    if write:
        write.write_text(text)


if __name__ == "__main__":
    main()
