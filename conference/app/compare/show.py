"""A comparison on the terminal, as a page, and as JSON."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from benchmarks.studies.report import render, write_comparison
from conference.app.compare.side_by_side import SideBySide
from conference.core.clean import clean
from conference.core.files import writing


def show(found: SideBySide, console: Console) -> None:
    """Print all tables without markup, because titles of papers are hostile input."""
    console.print(Text(found.title, style="bold"))
    for table in found.tables:
        grid = Grid(title=table.title, title_justify="left")
        for head in table.heads:
            grid.add_column(Text(head), overflow="fold")
        for row in table.rows:
            grid.add_row(*(Text(clean(cell)) for cell in row))
        console.print(grid)
        if table.note:
            console.print(Text(table.note, style="dim"), soft_wrap=True)
    for note in found.notes:
        console.print(Text(f"· {note}"), soft_wrap=True)


def write_page(found: SideBySide, out: Path) -> None:
    """Write the comparison as one page."""
    with writing(out):
        if found.kind == "study":
            write_comparison([Path(name) for name in found.names], out)
            return
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(render("compare.html.j2", Path(__file__).parent, found=found), "utf-8")


def write_json(found: SideBySide, out: Path) -> None:
    """Write the numbers behind the tables."""
    said = {"kind": found.kind, "names": found.names, "notes": found.notes,
            "figures": found.figures}  # fmt: skip
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(msgspec.json.format(msgspec.json.encode(said), indent=1))
