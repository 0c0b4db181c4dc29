"""The further tables of a benchmark as data, for the terminal, HTML, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from benchmarks.reviewers.certainty import ENDS, LEVELS, STATED
from benchmarks.reviewers.figures import Figures, ReviewerRow
from benchmarks.reviewers.results import Result
from conference.statistics.estimate import Estimate

Cell = Estimate | str  # a figure, or words in its place


class SheetLine(msgspec.Struct, frozen=True):
    """One reviewer's line; `n` is the number of papers of figures without another n."""

    name: str
    kind: str
    n: int
    cells: tuple[Cell, ...]


class Sheet(msgspec.Struct, frozen=True):
    """A table with a note on its columns; `findings` are sentences that follow from it."""

    title: str
    heads: tuple[str, ...]
    lines: tuple[SheetLine, ...]
    note: str
    findings: tuple[str, ...] = ()


def sheets(result: Result) -> list[Sheet]:
    """Tables of certainty, stability, distance from single humans, written texts and what looks
    wrong in them, as far as these data allow."""
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
        f" Always giving the more common decision is right for {max(mix, 1 - mix):.3f} of the "
        f"papers, and a random tenth has {mix:.3f} accepted."
        if mix is not None
        else ""
    )
    return Sheet(
        "Where it is most certain, and how steady it is",
        (*heads.values(), "SD of reruns"),
        _lines(result, lambda row: (*_of(row.certainty, heads), _rerun(row))),
        "Top (bottom) tenth: the share accepted (rejected) among the tenth of the papers that it "
        "ranks highest (lowest). Right in k %: accuracy of the likelier decision on the k % of the "
        "papers where its probability, fitted on other papers, is furthest from one half."
        f"{usual} Its own surest tenth: accuracy at the fitted threshold on the tenth with the "
        "highest stated confidence. SD of reruns: between two runs over the same papers, in "
        "points of its score.",
    )


def _steady(result: Result) -> Sheet | None:
    """The table of reviewers that were run several times; None if none was."""
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
        "points of its score, the mean over the papers. Flips: the share of papers that two runs "
        "decide differently; if it states no decisions, a run accepts from the score on at which "
        "the first run accepts the real share. At temperature 0, or without sampling, the "
        "remaining differences come from the engine's batching. A statistical mind without random "
        "draws is steady by construction.",
        asked,
    )


def _of_runs(row: ReviewerRow, names: Sequence[str]) -> tuple[Cell, ...]:
    """A line's cells; empty for a reviewer that was run once and might score differently."""
    if "icc" in row.reruns:
        return _of(row.reruns, names)
    again = row.reruns.get("sd")
    if again is None or again.value != 0:
        return ()
    return ("0 by construction", "1 by construction", "0 by construction")


def _rerun(row: ReviewerRow) -> Cell:
    """The SD of reruns; 0 for a reviewer that gave the same scores twice."""
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
        "Distance of each single human of a paper from the reviewer's score mapped onto the "
        "rating scale, in points of that scale: quantiles over the humans, each paper counting "
        "once. One human: distance from each other human of the same paper. A mapped score is "
        "between the levels of the scale, so it never agrees exactly.",
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
        f"On {found.papers} papers with review texts of two humans or more; one drawn human of "
        "each paper is left out and measured as a reviewer. Covered: of the points that the others "
        f"raise ({found.raised:,}: sentences of weaknesses and questions if the form has fields "
        "for them, else all), the share that the review of this paper matches better than 95 % of "
        f"the same writer's reviews of other papers, by {found.matching}; then the same with "
        "another paper's review, and the paired difference. Matching words is not making the same "
        "point. The last line is what title and abstract cover by themselves: with BM25 nothing, "
        "as their words do not count. "
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
        "How many reviews have each mark: one human's review of each paper, and each reviewer's. "
        "The rules are in conference/core/marks.toml; they look only at words, and a mark changes "
        "no figure. Words that contradict the rating are looked for if its scale is known. Marks "
        "that nobody has are not shown.",
    )  # fmt: skip


def _of(figures: Figures, names: Iterable[str]) -> tuple[Cell, ...]:
    return tuple(figures.get(name, "") for name in names)


def _lines(
    result: Result, cells: Callable[[ReviewerRow], tuple[Cell, ...]]
) -> tuple[SheetLine, ...]:
    """A line for the human and each reviewer with at least one value."""
    found = []
    for row in result.rows:
        if row.kind == "baseline":
            continue
        given = cells(row)
        known = [cell for cell in given if isinstance(cell, Estimate) and cell.value is not None]
        if known:
            found.append(SheetLine(row.name, row.kind, known[0].n, given))
    return tuple(found)
