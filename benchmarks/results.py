"""Our own table: python -m benchmarks.results --tables FOLDER --write benchmarks/RESULTS.md.

FOLDER holds papers.parquet and reviews.parquet, and ai_scientist_llm_reviews.parquet for the rows
of The AI Scientist. The single benchmarks' reports are in --out; a stopped run goes on when it is
run again.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks.bootstrap import speeds as bootstrap_speeds
from benchmarks.reviewers.named import open_reviewers
from benchmarks.reviewers.question import open_question
from benchmarks.reviewers.results import Result
from benchmarks.reviewers.run import Options, benchmark
from benchmarks.reviewers.tables import full, markdown
from benchmarks.systems.reviewer_speed import speeds as reviewer_speeds
from conference.core.progress import Progress, ProgressDisplay, no_progress

RECORDED = "ai_scientist_llm_reviews.parquet"
PAPERS, RESAMPLES = 30_000, 1000


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark of the table. With `abstracts` only papers with an abstract are measured, with
    `sample` only that many papers."""

    title: str
    data: str
    reviewers: tuple[str, ...]
    fixed: tuple[float, ...] = ()
    abstracts: bool = True
    sample: int = 0


RUNS = {
    "iclr2026": Run(
        title="ICLR 2026: ratings from before rebuttal, title and abstract alone",
        data="iclr2026",
        reviewers=("embedded", "tfidf"),
    ),
    "iclr2025": Run(
        title="ICLR 2025: decisions alone, title and abstract as published",
        data="iclr2025",
        reviewers=("embedded", "tfidf"),
    ),
    "iclr2022": Run(
        title="ICLR 2022: ratings from after discussion, title and abstract alone",
        data="iclr2022",
        reviewers=("embedded", "tfidf"),
    ),
    "ai-scientist": Run(
        title="The AI Scientist's recorded reviews of ICLR 2022 papers, beside ours",
        data="iclr2022",
        reviewers=("embedded", f"ai-scientist:{{tables}}/{RECORDED}"),
        fixed=(6.0,),
        abstracts=False,
    ),
}
FITTED = Run(
    title="ICLR 2026: a fit on a small language model's hidden state, beside words",
    data="iclr2026",
    reviewers=("fitted:{fitted}.npz", "csv:{fitted}-words.csv", "embedded"),
)


def measure(
    run: Run, tables: Path, out: Path, progress: Progress = no_progress, fitted: str = ""
) -> Result:
    """Run one benchmark on the tables; `fitted` names a fitted reviewer."""
    need = ("abstract",) if run.abstracts else ()
    question = open_question(f"{run.data}@{tables}", tables, need=need, size=run.sample)
    options = Options(resamples=RESAMPLES, fixed=run.fixed)
    specs = [spec.format(tables=tables, fitted=fitted) for spec in run.reviewers]
    with open_reviewers(specs, question) as reviewers:
        return benchmark(question, reviewers, out, options, progress)


def section(run: Run, result: Result) -> str:
    """A benchmark's table, with warnings, human agreement and notes."""
    human = result.rows[0].agreement
    agree = (
        f"The humans on these papers: pairwise Pearson {full(human['pairwise_pearson'])}, "
        f"ICC(1) {full(human['icc1'])}, within-paper SD {full(human['within_paper_sd'])}, "
        f"one against the mean of the others: ρ {full(human['loo_spearman'])}, "
        f"MAE {full(human['loo_mae'])}."
    )
    warned = [f"**Warning: {leak}.**\n" for leak in result.leaks]
    shares = [f"- {note}." for note in (*result.notes, *(v.rstrip(".") for v in result.verdicts))]
    panel = result.panel
    if panel.independent_reviewers.value is not None:
        shares.append(
            f"- the {len(panel.reviewers)} reviewers together are worth "
            f"{full(panel.independent_reviewers)} independent ones; their errors correlate at "
            f"{full(panel.error_correlation)} (n = {panel.error_correlation.n})."
        )
    return "\n".join([f"## {run.title}", "", *warned, markdown(result), agree, "", *shares, ""])


def speed(pdfs: Path) -> str:
    """The section on how fast the embedded reviewer and the intervals are on this machine."""
    load = os.getloadavg()[1]
    lines = [
        "## Speed",
        "",
        f"On {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores with "
        f"a load of {load:.1f} over the last five minutes, one process; wall time.",
        "",
        "| work | count | seconds | a second |",
        "|---|---|---|---|",
    ]
    for what, count, seconds in reviewer_speeds(pdfs=pdfs):
        lines.append(f"| {what} | {count:,} | {seconds:.2f} | {count / seconds:,.1f} |")
    taken = bootstrap_speeds(PAPERS, RESAMPLES)
    for what, seconds in (*taken.items(), ("all intervals", sum(taken.values()))):
        lines.append(f"| bootstrap: {what} | {PAPERS:,} × {RESAMPLES:,} | {seconds:.1f} | |")
    return "\n".join([*lines, ""])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the whole page, or write it with --write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results")
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/results"))
    parser.add_argument("--write", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="papers of that one; 0 for all")
    parser.add_argument(
        "--fitted",
        metavar="NAME",
        help="one more, of NAME.npz and NAME-words.csv (reviewers.train)",
    )
    given = parser.parse_args(arguments)
    parts = [
        "# Reviewers against humans: our own table",
        "",
        "Made by `python -m benchmarks.results --tables FOLDER --write benchmarks/RESULTS.md` on "
        "the papers in our tables, which are part of each year's submissions: figures on all of "
        "them differ. Brackets are 95 % bootstrap intervals over papers. Reviewers are fitted on "
        "earlier years only; thresholds on other papers. *ρ less human* is the reviewer's "
        "correlation with the mean of the other humans minus one human's, paired on the same "
        "papers: above 0 it predicts the others better than a human reviewer does.",
        "",
    ]
    more = {"fitted": msgspec.structs.replace(FITTED, sample=given.sample)} if given.fitted else {}
    for name, run in (RUNS | more).items():
        with ProgressDisplay(Console(stderr=True)) as display:
            found = measure(run, given.tables, given.out / name, display.show, given.fitted)
        parts.append(section(run, found))
    parts.append(speed(given.tables / "pdfs"))
    page = "\n".join(parts)
    if given.write:
        given.write.write_text(page, encoding="utf-8")
    else:
        print(page)


if __name__ == "__main__":
    main()
