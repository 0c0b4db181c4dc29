"""Tables that compare rounds with the first one, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.reviewers.canvas import data_address, grid, svg_of, title
from benchmarks.studies.plots import flow
from benchmarks.studies.tables import full, number, percents
from conference.app.compare.rounds import AGREEMENT, Alone, Beside, RoundsCompared, figures_of
from conference.app.compare.side_by_side import Picture, SideBySide, Table
from conference.statistics.estimate import Estimate
from reviewers.embedded.mind import NAME as EMBEDDED
from venues.state import Round

SHOWN = 40  # most papers with differing decisions that a table lists
LONGEST = 60  # characters of a rule's value in a table


def short_names(folders: Sequence[str]) -> tuple[str, ...]:
    """The folders' own names if they differ, else their paths."""
    own = tuple(Path(each).name for each in folders)
    return own if len(set(own)) == len(own) and all(own) else tuple(folders)


def compare_rounds(
    rounds: Sequence[Round], names: Sequence[str], *, resamples: int = 1000, seed: int = 0
) -> SideBySide:
    """Compare rounds side by side, each with the first."""
    found = figures_of(rounds, names, resamples=resamples, seed=seed)
    tables = [_rules(found, names), _decisions(found, names), *_changed(found, names),
              _scores(found), *_against(found, names), _cost(found)]  # fmt: skip
    return SideBySide(
        kind="round",
        title=f"{len(rounds)} rounds side by side",
        names=tuple(names),
        notes=_notes(found),
        tables=tuple(tables),
        figures=found,
    )


def _rules(found: RoundsCompared, names: Sequence[str]) -> Table:
    rows = [(rule, *(_cut(value) for value in values)) for rule, values in found.rules.items()]
    note = "" if rows else "Neither the rules nor the seeds differ."
    return Table("Rules that differ", ("rule", *names), tuple(rows), note)


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"


def _decisions(found: RoundsCompared, names: Sequence[str]) -> Table:
    first = found.alone[0]
    rows = [(first.name, f"{first.accepted:,} of {first.decided:,}", *["–"] * 6)]
    for one, beside in zip(found.alone[1:], found.beside, strict=True):
        row = [one.name, f"{one.accepted:,} of {one.decided:,}"]
        if (given := beside.flips) is None:
            row += ["0", *["–"] * 5]
        else:
            row += [f"{given.papers:,}", f"{given.only_first:,}", f"{given.only_second:,}",
                    percents(given.inconsistent), percents(given.arbitrary),
                    full(given.jaccard)]  # fmt: skip
        rows.append(tuple(row))
    heads = ("round", "accepted", "decided in both", f"only {names[0]} accepts",
             "only this one accepts", "decisions differ, %", "arbitrary, %", "Jaccard")  # fmt: skip
    note = (
        f"Each compared with {names[0]}, on papers of the same id and title; what the desk rejects "
        "is not accepted. Brackets: 95 % Wilson intervals over papers. Arbitrary: of the papers "
        "that one round accepts, the share that the other refuses. Jaccard: accepted by both, of "
        "those accepted by either."
    )
    return Table("Decisions", heads, tuple(rows), note, _flows(found))


def _changed(found: RoundsCompared, names: Sequence[str]) -> list[Table]:
    tables = []
    for each in found.beside:
        rows = [(paper, "accepted" if kept else "rejected", "rejected" if kept else "accepted")
                for _, paper, kept in each.changed[:SHOWN]]  # fmt: skip
        if rows:
            more = len(each.changed) - len(rows)
            note = f"{more:,} more are in the JSON." if more else ""
            heads = ("paper", names[0], each.name)
            tables.append(Table(f"Papers decided differently in {each.name}", heads, tuple(rows),
                                note))  # fmt: skip
    return tables


def _scores(found: RoundsCompared) -> Table:
    def row(said: str, tell: Callable[[Alone], str]) -> tuple[str, ...]:
        return (said, *(tell(each) for each in found.alone))

    def measured(name: str) -> Callable[[Alone], str]:
        return lambda each: _with_n(each.agreement[name])

    rows = [
        row("submissions", lambda each: f"{each.papers:,}"),
        row("reviews", lambda each: f"{each.reviews:,}"),
        row("mean rating of a paper", lambda each: _with_n(each.rating)),
        *(row(said, measured(name)) for name, said in AGREEMENT.items()),
    ]
    note = "After the discussion. Brackets: 95 % bootstrap intervals over papers; n: papers."
    heads = ("measure", *(each.name for each in found.alone))
    return Table("Scores and agreement", heads, tuple(rows), note)


def _against(found: RoundsCompared, names: Sequence[str]) -> list[Table]:
    if not any(each.shared for each in found.beside):
        return []
    measures: dict[str, Callable[[Beside], str]] = {
        "papers in both": lambda each: f"{each.shared:,}",
        f"mean rating, less {names[0]}'s": lambda each: _with_n(each.rating),
        f"mean ratings with {names[0]}'s, Spearman": lambda each: _with_n(each.spearman),
        f"ICC(1), less {names[0]}'s": lambda each: _with_n(each.icc1),
    }
    rows = [(said, *(tell(each) for each in found.beside)) for said, tell in measures.items()]
    heads = ("on the same papers", *(each.name for each in found.beside))
    note = "Brackets: 95 % intervals by a paired bootstrap over papers; n: papers."
    return [Table(f"Beside {names[0]}", heads, tuple(rows), note)]


def _cost(found: RoundsCompared) -> Table:
    rows = [
        (each.name, f"{each.spent.calls:,}", f"{each.spent.tokens_in:,}",
         f"{each.spent.tokens_out:,}", f"{each.spent.cost:,.4f}", f"{each.seconds:,.1f}")
        for each in found.alone
    ]  # fmt: skip
    heads = ("round", "model calls", "tokens in", "tokens out", "cost", "seconds")
    note = (
        "Seconds: from the first task to the last, including waits. Results taken over from "
        "another round are counted there."
    )
    return Table("Cost", heads, tuple(rows), note)


def _with_n(figure: Estimate) -> str:
    if figure.value is None:
        return "–"
    if figure.low is None:
        return f"{number(figure.value)} (n = {figure.n:,})"
    return f"{full(figure)[:-1]}; n = {figure.n:,}]"


def _notes(found: RoundsCompared) -> tuple[str, ...]:
    """What the figures rest on, and what two rounds cannot tell."""
    minds = dict.fromkeys(each.reviewers for each in found.alone)
    rests = "statistical models (embedded minds)" if set(minds) == {EMBEDDED} else "the minds"
    notes = [f"The figures rest on {rests}: reviewers {'; '.join(minds)}."]
    notes.append(
        "One pair of rounds cannot tell a rule's effect from chance; a study with its A/A arm can."
        if len({each.seed for each in found.alone}) > 1
        else "Rounds with the same seed share every draw that no differing rule affects; only a "
        "study shows whether another seed gives the same."
    )
    if not any(each.shared for each in found.beside):
        notes.append("No paper is in both (same id and title), so nothing is compared by paper.")
    reasons = {
        figure.reason
        for each in found.beside if each.shared
        for figure in (each.rating, each.spearman, each.icc1) if figure.reason
    }  # fmt: skip
    reasons |= {figure.reason for each in found.alone
                for figure in (each.rating, *each.agreement.values()) if figure.reason}  # fmt: skip
    return (*notes, *(f"A dash: {reason}." for reason in sorted(reasons)))


def _flows(found: RoundsCompared) -> Picture | None:
    """A flow diagram of decisions from the first round to each of the others."""
    panels = [each.flips for each in found.beside if each.flips]
    if not panels:
        return None
    made, axes = grid(len(panels))
    for axis, each in zip(axes, panels, strict=True):
        flow(axis, each)
        axis.set_title(title(f"{each.second}, n = {each.papers:,}"), fontsize=9)
    said = f"Decisions by {panels[0].first} (left) and the other round (right); crossing flows "
    return Picture(f"{said}differ.", data_address(svg_of(made, "flow")))
