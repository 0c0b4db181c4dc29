"""Run a whole benchmark: score, measure, compare, write."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.reviewers.baselines import baselines
from benchmarks.reviewers.certainty import human_certainty, steadiness, with_certainty
from benchmarks.reviewers.contamination import warnings
from benchmarks.reviewers.crossfit import Fitted
from benchmarks.reviewers.figures import Resampling, ReviewerRow, measure
from benchmarks.reviewers.human import human_row, operating_points
from benchmarks.reviewers.leaks import leaks
from benchmarks.reviewers.marked import marked_texts
from benchmarks.reviewers.mix import drawn_to, mix_of, share_asked
from benchmarks.reviewers.pairs import MEASURES, gap, panel, verdicts
from benchmarks.reviewers.probe import kept
from benchmarks.reviewers.question import FEWEST, Question
from benchmarks.reviewers.results import Gap, Result, Reweighted, check_folder
from benchmarks.reviewers.reviewer import Reviewer, Scores
from benchmarks.reviewers.scoring import score_all
from benchmarks.reviewers.texts import text_figures
from conference.core.errors import UserError
from conference.core.files import writing
from conference.core.progress import Progress, no_progress
from conference.core.version import __version__
from conference.models.failures import FAILED_CALLS, FailedCall, write_failed_calls
from conference.statistics.estimate import Booleans

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "matplotlib")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a benchmark is run. `fixed` are given thresholds, in addition to the fitted one;
    `reweight` is "natural" or a share accepted at which everything is measured once more, and
    `matching` how points of reviews are matched (`benchmarks.reviewers.matching`). Language models
    are run `repeats` times."""

    seed: int = 0
    resamples: int = 1000
    fixed: tuple[float, ...] = ()
    reweight: str = ""
    matching: str = "bm25"
    command: str = ""
    repeats: int = 1


def benchmark(
    question: Question,
    reviewers: Sequence[Reviewer],
    out: Path,
    options: Options,
    progress: Progress = no_progress,
) -> Result:
    """Measure the reviewers and the baselines, and write everything into the folder `out`.

    Run again with the same folder, it goes on where it was stopped.
    """
    check_folder(out)
    share = share_asked(question, options.reweight) if options.reweight else None
    probes = kept(out, question.sha256)
    shortcuts, absent = baselines(question, options.seed)
    _check_names(reviewers, shortcuts)
    everyone = [*reviewers, *shortcuts]
    scores, reruns, failed = _score_everyone(question, everyone, options.repeats, out, progress)
    notes = [*question.notes, *absent, *_failed_call_notes(failed)]
    use = _scored_by_all(question, reviewers, scores, notes)
    notes += [*_training_notes(reviewers), *_threshold_notes(reviewers, options)]
    notes += warnings({each.name: each.cutoff for each in reviewers}, question, use)
    human, rows, fitted = _measure_all(
        question, everyone, scores, use, options, progress, "measures", reruns
    )
    result = _result(
        question, reviewers, everyone, scores, fitted, use, rows, human, notes, options
    )
    reweighted = None
    if share is not None:
        drawn = drawn_to(question, use, share, options.seed)
        step = "measures at the other mix"
        one, others, _ = _measure_all(question, everyone, scores, drawn, options, progress, step)
        reweighted = Reweighted(mix_of(question, drawn), [one, *others])
    asked = [each for each in reviewers if each.kind == "reviewer"]
    resampling = Resampling(resamples=options.resamples, seed=options.seed)
    texts = text_figures(question, asked, scores, use, options.matching, resampling, progress)
    marked = marked_texts(question, asked, scores, use)
    result = msgspec.structs.replace(
        result, probes=probes, reweighted=reweighted, texts=texts, marked=marked
    )
    from benchmarks.reviewers.report import write_all

    with writing(out):
        write_all(result, question, scores, fitted, use, out, progress)
    return result


def _score_everyone(
    question: Question, everyone: Sequence[Reviewer], repeats: int, out: Path, progress: Progress
) -> tuple[dict[str, Scores], dict[str, list[Scores]], list[FailedCall]]:
    """Everyone's scores, those of further runs, and the failed model calls, which are written to a
    file even if the scoring is interrupted."""
    folder = out / "scores" / _key(question)
    failed: list[FailedCall] = []
    try:
        scores = {
            each.name: score_all(question, each, folder, progress, failed) for each in everyone
        }
        reruns = _reruns(question, everyone, repeats, folder, progress, failed)
    finally:
        write_failed_calls(out / FAILED_CALLS, failed)
    return scores, reruns, failed


def _reruns(
    question: Question, reviewers: Sequence[Reviewer], repeats: int, folder: Path,
    progress: Progress, failed: list[FailedCall],
) -> dict[str, list[Scores]]:  # fmt: skip
    """The scores of further runs of each reviewer whose scores may change."""
    return {
        each.name: [
            score_all(question, each.again(number), folder, progress, failed)
            for number in range(1, repeats)
        ]
        for each in reviewers
        if each.again and repeats > 1
    }


def _measure_all(
    question: Question, everyone: Sequence[Reviewer], scores: dict[str, Scores], use: Booleans,
    options: Options, progress: Progress, step: str,
    reruns: Mapping[str, Sequence[Scores]] | None = None,
) -> tuple[ReviewerRow, list[ReviewerRow], dict[str, Fitted]]:  # fmt: skip
    """The human row, a row for each reviewer and its cross-fits, on the papers of `use`."""
    resampling = Resampling(resamples=options.resamples, seed=options.seed)
    rows: list[ReviewerRow] = []
    fitted: dict[str, Fitted] = {}
    progress(step, 0, len(everyone) + 1)
    for done, each in enumerate(everyone, start=1):
        row, fits = measure(
            question, each, scores[each.name], use,
            fixed=options.fixed if each.on_scale else (), **resampling,
        )  # fmt: skip
        if each.kind == "reviewer":
            row = with_certainty(row, question, each, scores[each.name], fits, use, resampling)
            if again := (reruns or {}).get(each.name):
                runs = [scores[each.name], *again]
                row = msgspec.structs.replace(
                    row, reruns=steadiness(question, runs, use, resampling)
                )
        rows.append(row)
        fitted[each.name] = fits
        progress(step, done, len(everyone) + 1)
    human = human_certainty(human_row(question, use, **resampling), question, use, resampling)
    progress(step, len(everyone) + 1, len(everyone) + 1)
    return human, rows, fitted


def _check_names(reviewers: Sequence[Reviewer], shortcuts: Sequence[Reviewer]) -> None:
    taken = {each.name for each in shortcuts}
    for each in reviewers:
        if each.name in taken:
            raise UserError(
                f"--reviewer: '{each.name}' is the name of a baseline; give the reviewer (the file "
                "of a csv:FILE) another name."
            )


def _failed_call_notes(failed: Sequence[FailedCall]) -> list[str]:
    """A note on the calls that failed, and one on papers that the same command asks about again."""
    notes = []
    if failed:
        notes.append(f"{len(failed)} model calls gave no usable answer: see {FAILED_CALLS}")
    if again := len({(row.model, row.paper) for row in failed if row.task == "unanswered"}):
        notes.append(f"{again} reviews had no answer: the same command asks for them again")
    return notes


def _training_notes(reviewers: Sequence[Reviewer]) -> list[str]:
    """A note for each fitted reviewer on its training papers and coefficients."""
    return [
        f"{each.name} was trained on {each.about['trained on']}"
        + (f" ({each.about['coefficients']})" if "coefficients" in each.about else "")
        for each in reviewers
        if "trained on" in each.about
    ]


def _threshold_notes(reviewers: Sequence[Reviewer], options: Options) -> list[str]:
    """A note for each reviewer to which a threshold on the rating scale does not apply."""
    return [
        f"--threshold is not used for {each.name}: its scores are not on the rating scale"
        for each in reviewers
        if options.fixed and not each.on_scale
    ]


def _result(
    question: Question, reviewers: Sequence[Reviewer], everyone: Sequence[Reviewer],
    scores: dict[str, Scores], fitted: dict[str, Fitted], use: Booleans, rows: list[ReviewerRow],
    human: ReviewerRow, notes: list[str], options: Options,
) -> Result:  # fmt: skip
    names = [each.name for each in everyone if each.kind == "reviewer"]
    learned = [each.name for each in everyone if each.kind == "baseline"]

    def between(a: str, b: str, what: str) -> Gap:
        pair = (a, scores[a].values), (b, scores[b].values)
        return gap(question, *pair, use, what, resamples=options.resamples, seed=options.seed)

    gaps = [
        between(a, b, what) for i, a in enumerate(names) for b in names[i + 1 :]
        for what in MEASURES
    ]  # fmt: skip
    shortcuts = [between(a, b, what) for a in names for b in learned for what in MEASURES]
    chosen = list(np.flatnonzero(use))
    decisions = [question.accepted[i] for i in chosen]
    return Result(
        data=question.name,
        source=question.source,
        sha256=question.sha256,
        papers=len(question.papers),
        measured=len(chosen),
        accepted=sum(decision is True for decision in decisions),
        rejected=sum(decision is False for decision in decisions),
        ratings=int(sum(question.ratings[i].size for i in chosen)),
        scale=question.scale,
        stage=question.stage,
        command=options.command,
        seed=options.seed,
        resamples=options.resamples,
        repeats=options.repeats,
        fixed=options.fixed,
        versions=_versions(),
        notes=notes,
        mix=mix_of(question, use),
        leaks=leaks(question, rows, resamples=options.resamples, seed=options.seed),
        verdicts=verdicts(
            names, shortcuts, any(paper.text_version == "final" for paper in question.papers)
        ),
        rows=[human, *rows],
        gaps=gaps,
        shortcuts=shortcuts,
        panel=panel(
            question, {name: fitted[name] for name in names}, use,
            resamples=options.resamples, seed=options.seed,
        ),
        points=operating_points(question, use),
    )  # fmt: skip


def _scored_by_all(
    question: Question, reviewers: Sequence[Reviewer], scores: dict[str, Scores], notes: list[str]
) -> Booleans:
    """The papers that every reviewer has scored, on which all rows of the table are computed."""
    use = np.ones(len(question.papers), dtype=np.bool_)
    scored = []
    for each in reviewers:
        if each.kind != "reviewer":
            continue
        has = np.isfinite(scores[each.name].values)
        if not has.all():
            why = f" ({each.why_missing})" if each.why_missing else ""
            scored.append(f"{each.name} scored {int(has.sum())} of {has.size} papers{why}")
        use &= has
    if use.sum() < FEWEST:
        raise UserError(
            f"{question.name}: only {int(use.sum())} papers are scored by every reviewer "
            f"({'; '.join(scored)}); {FEWEST} are needed: check the paper ids."
        )
    notes += scored
    if not use.all():
        notes.append(
            f"the table is computed on the {int(use.sum())} papers that every reviewer has scored"
        )
    return use


def _key(question: Question) -> str:
    """A key for exactly this list of papers, so that kept scores are never used for others."""
    digest = hashlib.sha256(question.sha256.encode())
    for paper in question.papers:
        digest.update(f"\x1f{paper.paper_id}".encode())
    return digest.hexdigest()[:16]


def _versions() -> dict[str, str]:
    found = {"conference-simulator": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in LIBRARIES}
