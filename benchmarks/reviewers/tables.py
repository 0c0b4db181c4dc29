"""The table of a benchmark on the terminal, in Markdown and in LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from benchmarks.reviewers.contamination import seen
from benchmarks.reviewers.figures import ReviewerRow
from benchmarks.reviewers.results import Result
from benchmarks.reviewers.sheets import Sheet, sheets
from conference.statistics.estimate import Estimate

DECISION = ("balanced_accuracy", "accuracy", "f1", "fpr", "fnr")
HEADINGS = {
    "balanced_accuracy": "BA",
    "accuracy": "Acc.",
    "f1": "F1",
    "fpr": "FPR",
    "fnr": "FNR",
    "auroc": "AUROC",
    "average_precision": "AP",
    "spearman": "ρ others",
    "gap": "ρ less human",
    "mae": "MAE others",
}
WIDE, MIDDLE = 190, 112  # terminal widths for all columns, and for the main ones with intervals
MAIN = ("balanced_accuracy", "auroc", "spearman", "gap", "mae")
RULES = {"fitted": "fitted threshold", "own": "own decision"}


class Line(msgspec.Struct, frozen=True):
    """One line of the table: a reviewer under one rule for its decisions."""

    name: str
    rule: str
    kind: str
    n: int
    cells: dict[str, Estimate | None]


def lines(result: Result) -> Iterator[Line]:
    """Lines of humans, reviewers and baselines; a reviewer has one for each decision rule."""
    for row in result.rows:
        rules: dict[str, dict[str, Estimate]] = row.decision or {"": {}}
        for position, (rule, figures) in enumerate(rules.items()):
            cells: dict[str, Estimate | None] = {name: figures.get(name) for name in DECISION}
            if position == 0:
                cells |= _scores(row)
            n = row.n if position == 0 else max(each.n for each in figures.values())
            yield Line(row.name, RULES.get(rule, rule), row.kind, n, cells)
        yield from _beside_cutoff(row)


def _beside_cutoff(row: ReviewerRow) -> Iterator[Line]:
    """Lines for the papers that the reviewer's model may have seen, and for the others.

    None if all papers are on one side; a note then says so.
    """
    if not (seen(row.before_cutoff) and seen(row.after_cutoff)):
        return
    for when, figures in (("before", row.before_cutoff), ("after", row.after_cutoff)):
        shown: dict[str, Estimate | None] = {
            name: figures.get(name) for name in ("auroc", "average_precision", "spearman")
        }
        yield Line(row.name, f"papers {when} its cut-off", row.kind, seen(figures), shown)


def _scores(row: ReviewerRow) -> dict[str, Estimate | None]:
    return {
        "auroc": row.scores.get("auroc"),
        "average_precision": row.scores.get("average_precision"),
        "spearman": row.others.get("spearman"),
        "gap": row.human_gap.get("spearman"),
        "mae": row.others.get("mae"),
    }


def terminal(result: Result, width: int = WIDE) -> Any:
    """A rich table of the values with their intervals below.

    A terminal narrower than `WIDE` gets the main columns, one narrower than `MIDDLE` no intervals.
    """
    from rich.table import Table
    from rich.text import Text

    title = f"{result.data}: {result.mix}"
    table = Table(title=title, caption=caption(result, width >= MIDDLE), caption_justify="left")
    table.add_column("reviewer", overflow="fold", min_width=18)
    table.add_column("n", justify="right", no_wrap=True)
    names = [name for name in HEADINGS if width >= WIDE or name in MAIN]
    for name in names:
        table.add_column(HEADINGS[name], justify="right", no_wrap=True)
    last = ""
    for line in lines(result):
        if last and line.kind != last:
            table.add_section()
        last = line.kind
        label = line.name if line.rule in ("", RULES["fitted"]) else f"  {line.rule}"
        style = "bold" if line.kind == "reviewer" else ""
        shown = [_stacked(line.cells.get(name), width >= MIDDLE) for name in names]
        table.add_row(Text(label), str(line.n), *shown, style=style)
    return table


def terminal_sheet(sheet: Sheet, width: int = WIDE) -> Any:
    """A rich table of one of the further tables; below `MIDDLE` columns without intervals."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=sheet.title, caption=sheet.note, caption_justify="left")
    table.add_column("reviewer", overflow="fold", min_width=18)
    for head in ("n", *sheet.heads):
        table.add_column(head, justify="right")
    for line in sheet.lines:
        shown = [
            Text(cell) if isinstance(cell, str) else _stacked(cell, width >= MIDDLE)
            for cell in line.cells
        ]
        style = "bold" if line.kind == "reviewer" else ""
        table.add_row(Text(line.name), str(line.n), *shown, style=style)
    return table


def _stacked(estimate: Estimate | None, intervals: bool) -> Any:
    from rich.text import Text

    ends = interval(estimate) if intervals else ""
    return Text(f"{short(estimate)}\n{ends}" if ends else short(estimate))


def caption(result: Result, intervals: bool = True) -> str:
    """What the columns mean, and where the intervals are found."""
    how = f"95 % bootstrap over papers, {result.resamples} resamples, seed {result.seed}"
    where = (
        f"Brackets: {how}, thresholds fitted anew in each."
        if intervals
        else f"Intervals ({how}) are in report.html."
    )
    return (
        "BA, Acc., F1, FPR, FNR at thresholds fitted on other papers (5 folds). 'others' is the "
        "mean of the other humans, each human of a paper left out in turn; 'less human' is the "
        "paired difference to one human. For MAE, scores are first mapped onto the scale by a "
        "straight line fitted on other papers, while human ratings are used as given, so even "
        f"the prior may beat a human. {where}"
    )


def short(estimate: Estimate | None) -> str:
    """The value alone: ".651", "–" where undefined or not measured."""
    if estimate is None or estimate.value is None:
        return "–"
    return number(estimate.value)


def full(estimate: Estimate | None) -> str:
    """The value with its interval."""
    if estimate is None or estimate.value is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return number(estimate.value)
    return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def interval(estimate: Estimate | None) -> str:
    """The interval alone, or ""."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f"[{number(estimate.low)}, {number(estimate.high)}]"


def other_n(estimate: Estimate | None, n: int) -> str:
    """A figure's number of papers if it differs from its line's, else ""."""
    if estimate is None or estimate.value is None or estimate.n == n:
        return ""
    return f" (n {estimate.n})"


def number(value: float) -> str:
    """Three decimals, without the leading zero."""
    said = f"{value:.3f}".replace("-0.000", "0.000")
    return said.replace("0.", ".", 1) if abs(value) < 1 else said


def markdown(result: Result) -> str:
    """The table with all intervals, ready for a README or a paper's appendix."""
    heads = ["reviewer", "decision by", "n", *HEADINGS.values()]
    rows = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for line in lines(result):
        cells = [full(cell) + other_n(cell, line.n) for cell in map(line.cells.get, HEADINGS)]
        name = line.name.replace("|", r"\|")
        rows.append("| " + " | ".join([name, line.rule, str(line.n), *cells]) + " |")
    about = f"{result.data}: {result.mix}. "
    further = [_markdown_sheet(sheet) for sheet in sheets(result)]
    return "\n".join([*rows, "", about + caption(result), "", *further])


def _markdown_sheet(sheet: Sheet) -> str:
    heads = ["reviewer", "n", *sheet.heads]
    rows = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for line in sheet.lines:
        cells = [
            cell if isinstance(cell, str) else full(cell) + other_n(cell, line.n)
            for cell in line.cells
        ]
        name = line.name.replace("|", r"\|")
        rows.append("| " + " | ".join([name, str(line.n), *cells]) + " |")
    said = [f"**{finding}.**\n" for finding in sheet.findings]
    return "\n".join([f"**{sheet.title}**", "", *rows, "", sheet.note, "", *said])


def latex(result: Result) -> str:
    """The table with booktabs, scaled to the line width; intervals in small type below values."""
    heads = ["Reviewer", "$n$", *HEADINGS.values()]
    body = []
    last = ""
    for line in lines(result):
        if last and line.kind != last:
            body.append(r"\midrule")
        last = line.kind
        plain = line.rule in ("", RULES["fitted"])
        name = escaped(line.name) if plain else rf"\quad {escaped(line.rule)}"
        body += _latex_line(name, line.n, [line.cells.get(key) for key in HEADINGS])
    return _latex_table(heads, body, f"{result.data}: {result.mix}")


def latex_sheets(result: Result) -> str:
    """The further tables in the same style."""
    made = []
    for sheet in sheets(result):
        body = [
            part
            for line in sheet.lines
            for part in _latex_line(escaped(line.name), line.n, line.cells)
        ]
        made.append(
            _latex_table(["Reviewer", "$n$", *map(escaped, sheet.heads)], body, sheet.title)
        )
    return "\n".join(made)


def _latex_line(name: str, n: int, cells: Sequence[Estimate | str | None]) -> list[str]:
    over = [escaped(cell) if isinstance(cell, str) else _latex_value(cell) for cell in cells]
    under = ["" if isinstance(cell, str) else _latex_interval(cell, n) for cell in cells]
    return [
        " & ".join([name, str(n), *over]) + r" \\",
        " & ".join(["", "", *under]) + r" \\[2pt]",
    ]


def _latex_table(heads: Sequence[str], body: Sequence[str], below: str) -> str:
    heads = [head.replace("ρ", r"$\rho$") for head in heads]
    return "\n".join(
        [
            r"% needs \usepackage{booktabs,graphicx}; scaled down to fit the line",
            r"{\footnotesize\setlength{\tabcolsep}{3pt}%",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
            r"\toprule",
            " & ".join(heads) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            rf"\multicolumn{{{len(heads)}}}{{l}}{{{escaped(below)}}}",
            r"\end{tabular}}}",
            "",
        ]
    )


def _latex_value(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return "--" if estimate else ""
    return _minus(number(estimate.value))


def _latex_interval(estimate: Estimate | None, n: int) -> str:
    ends = ""
    if estimate is not None and estimate.low is not None and estimate.high is not None:
        ends = f"[{_minus(number(estimate.low))}, {_minus(number(estimate.high))}]"
    said = (ends + other_n(estimate, n)).strip()
    return rf"{{\tiny {said}}}" if said else ""


def _minus(said: str) -> str:
    return said.replace("-", "$-$")


def escaped(text: str) -> str:
    """Text escaped for LaTeX; letters that its usual fonts lack become "?"."""
    signs = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    signs |= {sign: f"\\{sign}" for sign in "_%&#${}"}
    return "".join(
        signs.get(sign, sign if sign.isascii() or (sign.isalpha() and ord(sign) < 0x180) else "?")
        for sign in text
    )
