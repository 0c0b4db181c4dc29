"""Rerun the AI Scientist article's four headline papers and report what is found.

    python -m benchmarks.papers [--budget quick|full] [--seeds N] [--out FILE]

Baseline and treatment have the same budget and the same seeds, which pair them. The claims and how
each paper is rerun are in `benchmarks/headlines.toml`.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import torch

from conference.core.errors import UserError
from conference.core.scratch import scratch
from scientists.templates import Metric, Template, Value, load_template

Settings = dict[str, Value]
Results = dict[str, list[dict[str, Any]]]


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two settings of one template, as changes to its defaults."""

    label: str
    treatment: Settings
    baseline: Settings = {}


class Headline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One paper of the article: its claim, what its logs say and how it is rerun.

    `also` names metrics that are reported after the template's primary one.
    """

    template: str
    paper: str
    folder: str
    claim: str
    logs: str
    differences: str
    unverified: str
    comparisons: tuple[Comparison, ...]
    also: tuple[str, ...] = ()


class Headlines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `headlines.toml`."""

    article: str
    source: str
    headlines: tuple[Headline, ...]


class Effect(msgspec.Struct, frozen=True):
    """Treatment − baseline on one metric, paired over `n` seeds.

    `low` and `high` are the 95 % t interval of the mean difference. `size` is the mean difference
    over the standard deviation of differences (d_z; Lakens, 2013), nan if all are equal.
    """

    n: int
    baseline: float
    treatment: float
    difference: float
    low: float
    high: float
    size: float


def paired_effect(baseline: list[float], treatment: list[float]) -> Effect:
    """The effect over seeds; `baseline[i]` and `treatment[i]` have the same seed.

    Errors: UserError for fewer than two seeds.
    """
    import numpy as np
    from scipy.stats import t as student

    if len(baseline) < 2:
        raise UserError("--seeds must be 2 or more: one seed has no interval.")
    before, after = np.array(baseline, float), np.array(treatment, float)
    change = after - before
    n, spread = len(change), float(change.std(ddof=1))
    half = float(student.ppf(0.975, n - 1)) * spread / math.sqrt(n)
    mean = float(change.mean())
    return Effect(
        n=n,
        baseline=float(before.mean()),
        treatment=float(after.mean()),
        difference=mean,
        low=mean - half,
        high=mean + half,
        size=mean / spread if spread > 0 else math.nan,
    )


def verdict(effect: Effect, metric: Metric) -> str:
    """The verdict that the interval allows: better, worse, or no clear difference."""
    if effect.difference == 0 or effect.low <= 0 <= effect.high:
        return "no clear difference"
    better = effect.difference < 0 if metric.goal == "min" else effect.difference > 0
    return "better" if better else "worse"


def run_variants(
    template: Template, variants: dict[str, Settings], budget: str, seeds: int
) -> tuple[Results, dict[str, Any]]:
    """Run every variant with every seed in one process; return results by variant, and versions."""
    configs = [
        {"knobs": knobs, "seed": seed, "budget": template.budget[budget]}
        for knobs in variants.values()
        for seed in range(seeds)
    ]
    with scratch("papers") as workspace:
        for path in template.folder.iterdir():
            if path.is_file():
                shutil.copy(path, workspace)
        (workspace / "config.json").write_text(json.dumps({"runs": configs}), encoding="utf-8")
        run_experiment(workspace, seconds=120 * len(configs))
        found = read_runs(workspace)
    named = [name for name in variants for _ in range(seeds)]
    results: Results = {name: [] for name in variants}
    for name, result in zip(named, found, strict=True):
        results[name].append(result)
    return results, found[0]["environment"]


def run_experiment(workspace: Path, seconds: float) -> None:
    """Run `experiment.py` on `config.json` in the sandbox.

    Errors: UserError, with its last line, if it fails or the sandbox reports an incident.
    """
    from conference.sandbox import Limits, run

    command = [sys.executable, "experiment.py", "--config", "config.json", "--out", "results.json"]
    limits = Limits(wall_seconds=seconds, cpu_seconds=2 * seconds)
    done = run(command, workspace, limits)
    if done.exit_code or done.incidents:
        caught = [f"{incident.kind}: {incident.detail}" for incident in done.incidents]
        last = (caught or done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"{workspace / 'experiment.py'} failed: {last}")


def read_runs(workspace: Path) -> list[dict[str, Any]]:
    """The runs in `results.json`, checked. Errors: UserError for a file that cannot be used."""
    from conference.sandbox import BadResult, read_result

    try:
        runs: list[dict[str, Any]] = read_result(workspace / "results.json", workspace)["runs"]
    except (BadResult, KeyError) as error:
        raise UserError(f"{workspace / 'results.json'} cannot be used: {error}") from error
    return runs


def key(template: Template, knobs: Settings) -> str:
    """A name that equal settings share, so that none is run twice."""
    return json.dumps(template.settings(knobs), sort_keys=True)


def measure(headline: Headline, budget: str, seeds: int) -> list[str]:
    """Rerun one paper; return its part of the report as lines of Markdown."""
    template = load_template(headline.template)
    pairs = [
        (c.label, key(template, c.baseline), key(template, c.treatment))
        for c in headline.comparisons
    ]
    variants = {name: json.loads(name) for _, *names in pairs for name in names}
    print(f"{template.name}: {len(variants)} variants x {seeds} seeds", flush=True)
    start = perf_counter()
    results, environment = run_variants(template, variants, budget, seeds)
    print(f"{template.name}: done in {perf_counter() - start:.0f} s", flush=True)
    metrics = [m for m in template.metrics[1:] if m.name in headline.also]
    rows = [
        table_row(label, results[baseline], results[treatment], metric)
        for label, baseline, treatment in pairs
        for metric in (template.metrics[0], *metrics)
    ]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(environment.items()))
    told = ", ".join(f"{name} {value}" for name, value in template.budget[budget].items())
    return [
        f"## {headline.paper}",
        "",
        f"**Claimed.** {headline.claim}",
        "",
        f"**Its logs.** {headline.logs}",
        "",
        f"**Found here** with the template `{template.name}` ({versions}), budget {told}:",
        "",
        "| Comparison | Metric | n | baseline | treatment | difference [95 % interval] | relative "
        "| d_z | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"**What differs.** {headline.differences}",
        *(["", f"**Unverified.** {headline.unverified}"] if headline.unverified else []),
        "",
    ]


def table_row(
    label: str, baseline: list[dict[str, Any]], treatment: list[dict[str, Any]], metric: Metric
) -> str:
    """One comparison on one metric as a row of the report's table."""
    values = [[r["metrics"][metric.name] for r in runs] for runs in (baseline, treatment)]
    effect = paired_effect(*values)
    relative = f"{100 * effect.difference / effect.baseline:+.1f} %" if effect.baseline else "-"
    size = "-" if math.isnan(effect.size) else f"{effect.size:+.2f}"
    arrow = "↓" if metric.goal == "min" else "↑"
    return (
        f"| {label} | {metric.name} ({metric.unit}) {arrow} | {effect.n} | {effect.baseline:.4g} "
        f"| {effect.treatment:.4g} "
        f"| {effect.difference:+.3g} [{effect.low:+.3g}, {effect.high:+.3g}] | {relative} "
        f"| {size} | {verdict(effect, metric)} |"
    )


def report(headlines: Headlines, budget: str, seeds: int) -> str:
    """The whole report, as Markdown."""
    start = perf_counter()
    parts = [line for h in headlines.headlines for line in measure(h, budget, seeds)]
    taken = timedelta(seconds=round(perf_counter() - start))
    head = [
        "# The AI Scientist's headline papers, rerun",
        "",
        f"Written by `python -m benchmarks.papers --budget {budget} --seeds {seeds}` in {taken} on "
        f"one core (Python {platform.python_version()}, {platform.machine()} with "
        f"{torch.backends.cpu.get_cpu_capability()}).",
        "",
        f"Article: {headlines.article}. Its claims and logs were read in the generated papers and "
        f"run notes published at <{headlines.source}>, in the folders "
        f"{', '.join(f'`{h.folder}`' for h in headlines.headlines)}; the article itself and its "
        "runs were not checked.",
        "",
        "These are conceptual reruns: the same ideas on small stand-ins that run on a processor, "
        "not the article's code, data or sizes. A result here neither confirms nor refutes the "
        "article's figures; it says whether the idea holds in a setting with equal budgets, paired "
        "seeds and an interval. Intervals are 95 % t intervals of the paired difference, not "
        "corrected for the number of comparisons; d_z is the mean difference over its standard "
        "deviation. The verdict is `better` or `worse` where the interval leaves out zero; "
        "arrows say which way is better. The quick budget ends early in training, so its "
        "differences are of how fast a network learns rather than of where it ends. A seed gives "
        "the same run on one machine; another processor rounds otherwise, runs that nearly diverge "
        "then differ, and a verdict whose interval ends near zero can be another one there.",
        "",
    ]
    return "\n".join(head + parts)


def main() -> None:
    """Parse the command line, run, write the report."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--budget", choices=("quick", "full"), default="quick")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=here / "PAPERS.md")
    args = parser.parse_args()
    headlines = msgspec.toml.decode((here / "headlines.toml").read_bytes(), type=Headlines)
    try:
        text = report(headlines, args.budget, args.seeds)
    except UserError as error:
        raise SystemExit(f"papers: {error}") from error
    args.out.write_text(text, encoding="utf-8")
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
