"""The further tables of a benchmark, as data: each is printed, and set in HTML, Markdown, LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from benchmarks.reviewers.certainty import ENDS, LEVELS, STATED
from benchmarks.reviewers.figures import Figures, ReviewerRow
from benchmarks.reviewers.results import Result
from conference.statistics.estimate import Estimate

Cell = Estimate | str  # a figure, or a word in its place


class SheetLine(msgspec.Struct, frozen=True):
    """One reviewer's line; `n` is the number of papers of figures that do not say another."""

    name: str
    kind: str
    n: int
    cells: tuple[Cell, ...]


class Sheet(msgspec.Struct, frozen=True):
    """A table with what its columns mean; `findings` are sentences that follow from it."""

    title: str
    heads: tuple[str, ...]
    lines: tuple[SheetLine, ...]
    note: str
    findings: tuple[str, ...] = ()


def sheets(result: Result) -> list[Sheet]:
    """Certainty and steadiness, distance from single humans, what is written and what looks wrong
    with it; each only where these data allow it."""
    made = [_certainty(result), _steady(result), _single(result), _texts(result), _marked(result)]
    return [sheet for sheet in made if sheet and sheet.lines]


def _certainty(result: Result) -> Sheet:
    heads = {
        ENDS[0]: "top tenth accepted",
        ENDS[1]: "bottom tenth rejected",
        **{f"at {share} %": f"right in {share} %" for share in (10, 20, 30, 50, 100)},
    }
    if any(STATED in row.certainty for row in result.rows):
        heads[STATED] = "its own surest tenth right"
    mix = result.mix.accepted if result.mix else None
    usual = (
        f" Always saying the commoner decision is right for {max(mix, 1 - mix):.3f} of the papers, "
        f"and a tenth taken by lot has {mix:.3f} accepted."
        if mix is not None
        else ""
    )
    return Sheet(
        "Where it is most certain, and how steady it is",
        (*heads.values(), "SD of reruns"),
        _lines(result, lambda row: (*_of(row.certainty, heads), _rerun(row))),
        "Top and bottom tenth: of the tenth of the papers that it ranks highest (lowest), the "
        "share accepted (rejected). Right in k %: accuracy of the likelier decision, by a chance "
        "fitted on other papers, on the k % of the papers where that chance is furthest from one "
        f"half.{usual} Its own surest tenth, where it states a confidence: accuracy at the fitted "
        "threshold where it is surest. SD of reruns: between two runs over the same papers, in "
        "points of its score.",
    )


def _steady(result: Result) -> Sheet | None:
    """Reviewers that were run several times over."""
    if not any("icc" in row.reruns for row in result.rows):
        return None
    heads = {
        "sd": "SD of a paper's scores", "icc": "ICC(1) with itself",
        "flips": "decisions that flip",
    }  # fmt: skip
    lines = tuple(
        SheetLine(row.name, row.kind, row.reruns["sd"].n, cells)
        for row in result.rows
        if (cells := _of_runs(row, tuple(heads)))
    )
    asked = tuple(
        f"{row.name} was run {result.repeats} times: {row.about.get('kind', 'no card')}; sampling: "
        f"{row.about.get('sampling', 'not told')}"
        for row in result.rows
        if "icc" in row.reruns
    )
    return Sheet(
        "How steady it is when it is run again",
        tuple(heads.values()),
        lines,
        "The same model, prompts and papers under other seeds, on one engine or server. SD: in "
        "points of its score, the mean over the papers. Flips: of two runs, the share of papers "
        "that they decide differently; where it states no decision, a run accepts from the first "
        "run's score at the real share on. At temperature 0, or without sampling, what is left is "
        "what the engine makes of other batches. A statistical mind that draws nothing by lot is "
        "steady by construction.",
        asked,
    )


def _of_runs(row: ReviewerRow, names: Sequence[str]) -> tuple[Cell, ...]:
    """A line's cells; none of a reviewer that was run once and may say something else again."""
    if "icc" in row.reruns:
        return _of(row.reruns, names)
    again = row.reruns.get("sd")
    if again is None or again.value != 0:
        return ()
    return ("0 by construction", "1 by construction", "0 by construction")


def _rerun(row: ReviewerRow) -> Cell:
    """0 is said of a reviewer that was run twice and gave the same."""
    if row.kind == "human":
        return ""
    found = row.reruns.get("sd")
    if found is None or found.value is None:
        return "not measured"
    return f"0 (n {found.n})" if found.value == 0 else found


def _single(result: Result) -> Sheet | None:
    if not result.ratings:
        return None
    return Sheet(
        "Agreement with each single human",
        tuple("median distance" if level == "median" else level for level in LEVELS),
        _lines(result, lambda row: _of(row.single, LEVELS)),
        "How far each single human of a paper lies from the reviewer's score mapped onto the "
        "rating scale, in points of that scale: quantiles over the humans, each paper weighing "
        "once. One human: each other human of the same paper, ratings as given. A mapped score "
        "lies between the levels of the scale, so that it never agrees exactly.",
    )


def _texts(result: Result) -> Sheet | None:
    if result.texts is None:
        return None
    found = result.texts
    heads = {
        "covered": "covered", "floor": "another paper's review", "beyond": "difference",
        "parts": "parts named", "numbers": "numbers named", "words": "words",
        "across": "alike across papers", "within": "alike on one paper",
    }  # fmt: skip
    return Sheet(
        "What is written",
        tuple(heads.values()),
        tuple(SheetLine(row.name, row.kind, row.n, _of(row.figures, heads)) for row in found.rows),
        f"On {found.papers} papers with the words of two humans or more; one is left out in turn "
        "by lot and stands as a reviewer. Covered: of the points that the others raise "
        f"({found.raised:,}: sentences of weaknesses and questions where the form has them apart, "
        "else all), the share that the review of this paper matches better than 95 of 100 reviews "
        f"which the same writer gave other papers, by {found.matching}; beside it the same with "
        "another paper's review, and the paired difference. To match words is not to make the "
        "same point. The last line is what title and abstract cover by themselves: with BM25 "
        "nothing, as their words do not count. "
        "Parts: sections, tables, figures, equations, lines and pages named in a review. Alike: "
        "mean TF-IDF cosine of two reviews; on one paper, of two humans.",
        tuple(found.findings),
    )


def _marked(result: Result) -> Sheet | None:
    if not result.marked:
        return None
    names = list(dict.fromkeys(name for row in result.marked for name in row.marks))
    return Sheet(
        "What looks wrong with what is written",
        ("any mark", *names),
        tuple(
            SheetLine(
                row.name, row.kind, row.n,
                tuple(
                    f"{count:,} ({count / row.n:.1%})"
                    for count in (row.any, *(row.marks.get(name, 0) for name in names))
                ),
            )
            for row in result.marked
        ),
        "Reviews with each mark, of all that were looked at: one human's of each paper, and each "
        "reviewer's. The rules are conference/core/marks.toml; they look at words alone, and a "
        "mark changes no figure. Words that contradict a rating are looked for where its scale is "
        "known. A mark that nobody has is not shown.",
    )  # fmt: skip


def _of(figures: Figures, names: Iterable[str]) -> tuple[Cell, ...]:
    return tuple(figures.get(name, "") for name in names)


def _lines(
    result: Result, cells: Callable[[ReviewerRow], tuple[Cell, ...]]
) -> tuple[SheetLine, ...]:
    """A line for the human and each reviewer of which one of the figures has a value."""
    found = []
    for row in result.rows:
        if row.kind == "baseline":
            continue
        given = cells(row)
        known = [cell for cell in given if isinstance(cell, Estimate) and cell.value is not None]
        if known:
            found.append(SheetLine(row.name, row.kind, known[0].n, given))
    return tuple(found)
