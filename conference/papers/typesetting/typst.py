"""Typesets a paper's data with the Typst compiler from PyPI: no network, no dates."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conference.core.clean import clean
from conference.core.errors import UserError
from conference.core.scratch import scratch
from conference.papers.typesetting import compiler

SOURCE = Path(__file__).parent / "paper.typ"
PLAIN = Path(__file__).parent / "plain.typ"
PATIENCE = 4  # The wall-clock limit is this many times longer, for loaded machines.
SECONDS = 10  # of processor time; a paper takes less than one
MEMORY = 2 << 30
PICTURE = '#set page(width: auto, height: auto, margin: 0pt)\n#image("figure.svg")'


def check_typst() -> None:
    """Raise `UserError` if the Typst compiler is missing."""
    try:
        import typst  # noqa: F401
    except ImportError as error:
        raise UserError(
            "papers cannot be typeset: the package 'typst' is missing; install it with pip."
        ) from error


def picture(svg: bytes) -> bytes:
    """An SVG figure as a PDF with one page of the figure's size.

    Raises:
        UserError: Typst cannot draw it.
    """
    with scratch("figure") as folder:
        (folder / "figure.svg").write_bytes(svg)
        (folder / "figure.typ").write_text(PICTURE)
        return _compiled(folder, "figure.typ")


def typeset_typst(data: Mapping[str, Any], figures: Mapping[str, bytes]) -> bytes:
    """The PDF of a paper. The same data gives the same bytes.

    Args:
        data: what `paper.typ` reads; see `scientists.paper`.
        figures: file name to content, for the figures that `data` names.

    Raises:
        UserError: Typst cannot draw one of them.
    """
    with scratch("paper") as folder:
        shutil.copyfile(SOURCE, folder / "paper.typ")
        (folder / "paper.json").write_text(json.dumps(data))
        for file, content in figures.items():
            (folder / file).write_bytes(content)
        return _compiled(folder, "paper.typ")


def typeset_plain(title: str, parts: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """A text as a plain PDF. A part is a kind ("heading", "text", or "hidden": white on white) and
    its lines. The same text gives the same bytes."""
    shown = [{"kind": kind, "lines": list(lines)} for kind, lines in parts]
    with scratch("plain") as folder:
        shutil.copyfile(PLAIN, folder / "plain.typ")
        (folder / "paper.json").write_text(json.dumps({"title": title, "parts": shown}))
        return _compiled(folder, "plain.typ")


def _compiled(folder: Path, name: str) -> bytes:
    """The PDF, compiled in a process with limits, because a figure may hang or fill memory."""
    # Without -P this folder's typst.py would hide the package typst.
    command = [sys.executable, "-P", compiler.__file__, str(folder / name), str(folder)]
    reason = f"it takes more than {SECONDS} s of processor time or {MEMORY >> 20} MiB"
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            [*command, str(SECONDS), str(MEMORY)],
            capture_output=True, timeout=PATIENCE * SECONDS, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            return done.stdout
        if done.returncode == 1 and b"Traceback" not in done.stderr:
            reason = clean(done.stderr).strip()
    raise UserError(f"Typst does not typeset {name} ({reason}); fix its figures.")
