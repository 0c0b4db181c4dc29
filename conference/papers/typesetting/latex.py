"""Typesets a paper's data with pdfLaTeX: no shell, no network, no file outside its folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conference.core.errors import UserError
from conference.core.scratch import scratch
from conference.papers.typesetting.escape import escape
from conference.papers.typesetting.mathematics import markup
from conference.papers.typesetting.typst import picture

HERE = Path(__file__).parent
SECONDS = 60.0  # limit of one pass, which takes about one second
PASSES = 2  # The second pass knows the numbers of citations.
WHAT = (
    "install TeX with the packages natbib, booktabs, caption, fancyhdr and microtype (on Debian: "
    "apt-get install texlive-latex-base texlive-latex-recommended texlive-fonts-recommended), or "
    "leave --format out"
)
CITED = re.compile(r"\[(\d+(?:, \d+)*)\]")
PIXEL = b'<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt" viewBox="0 0 9 9"></svg>'
COMMANDS = {1: "section", 2: "subsection"}


def check_latex() -> None:
    """Typeset a small paper with everything that papers may have, as a test.

    Raises:
        UserError: there is no pdflatex, or it lacks a package.
    """
    if shutil.which("pdflatex") is None:
        raise UserError(f"--format latex: there is no pdflatex on this machine; {WHAT}.")
    parts = [
        {"kind": "text", "text": "A work [1]."},
        {"kind": "markup", "text": "A formula, $ hat(x) = alpha / 2 dot.o EE_t. $"},
        {"kind": "table", "caption": "A table.", "columns": ["a", "b"], "rows": [["1", "2"]]},
        {"kind": "figure", "caption": "A figure.", "file": "a.svg", "width": "10%"},
    ]
    section = {"title": "A section", "level": 1, "numbered": True, "parts": parts}
    data = dict.fromkeys(("title", "authors", "affiliation", "venue", "footer", "abstract"), "A")
    typeset_latex(
        {
            **data,
            "camera_ready": False,
            "sections": [section],
            "references": ["A."],
            "appendix": [],
        },
        {"a.svg": PIXEL},
    )


def typeset_latex(data: Mapping[str, Any], figures: Mapping[str, bytes]) -> bytes:
    """The PDF of a paper. The same data gives the same bytes on the same TeX installation.

    Args:
        data: what `paper.typ` reads; see `scientists.paper`.
        figures: file name to SVG, for the figures that `data` names.
    """
    with scratch("paper") as folder:
        (folder / "paper.tex").write_text(source(data), encoding="utf-8")
        for file, content in figures.items():
            (folder / file).with_suffix(".pdf").write_bytes(picture(content))
        for _ in range(PASSES):
            _compile(folder)
        return (folder / "paper.pdf").read_bytes()


def source(data: Mapping[str, Any]) -> str:
    """The LaTeX source of a paper; every word of the data is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        variable_start_string="((", variable_end_string="))", block_start_string="(%",
        block_end_string="%)", comment_start_string="(##", comment_end_string="##)",
        trim_blocks=True, undefined=StrictUndefined, autoescape=False,
    )  # fmt: skip
    environment.filters["bold"] = "\\textbf{{{}}}".format
    template = environment.from_string((HERE / "paper.tex.j2").read_text(encoding="utf-8"))
    works = len(data["references"])
    plain = ("title", "authors", "affiliation", "venue", "footer")
    return template.render(
        **{name: escape(data[name]) for name in plain},
        title_in_hex=(b"\xfe\xff" + data["title"].encode("utf-16-be", "replace")).hex(),
        camera_ready=data["camera_ready"],
        abstract=_text(data["abstract"], works),
        sections=[
            {
                "title": escape(section["title"]),
                "command": COMMANDS.get(section["level"], "subsubsection"),
                "numbered": section["numbered"],
                "parts": [_part(part, works) for part in section["parts"]],
            }
            for section in data["sections"]
        ],
        references=[escape(entry) for entry in data["references"]],
        appendix=[_part(part, works) for part in data["appendix"]],
    )


def _part(part: Mapping[str, Any], works: int) -> dict[str, Any]:
    """A paragraph, list, table or figure with its words escaped."""
    kind = part["kind"]
    if kind == "text":
        return {"kind": kind, "text": _text(part["text"], works)}
    if kind == "markup":
        return {"kind": kind, "paragraphs": markup(part["text"])}
    if kind == "list":
        return {"kind": kind, "items": [_text(item, works) for item in part["items"]]}
    if kind == "table":
        return {
            "kind": kind,
            "caption": escape(part["caption"]),
            "columns": [escape(column) for column in part["columns"]],
            # A row that begins with a bracket would be read as an argument of the previous line.
            "rows": [["{}" + escape(cell) for cell in row] for row in part["rows"]],
        }
    return {
        "kind": kind,
        "caption": escape(part["caption"]),
        "file": Path(part["file"]).with_suffix(".pdf").name,
        "width": f"{float(part['width'].rstrip('%')) / 100:g}",
    }


def _text(text: str, works: int) -> str:
    """Escaped text in which [1, 2] becomes a citation of these works."""
    made, at = [], 0
    for found in CITED.finditer(text):
        numbers = [int(number) for number in found[1].split(", ")]
        if not all(1 <= number <= works for number in numbers):
            continue
        made.append(escape(text[at : found.start()]))
        made.append(f"\\cite{{{','.join(f'ref{number}' for number in numbers)}}}")
        at = found.end()
    return "".join([*made, escape(text[at:])])


def _compile(folder: Path) -> None:
    """Run one pass of pdflatex in its own process group, which is killed after `SECONDS`."""
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error"]
    with subprocess.Popen(
        [*command, "paper.tex"], cwd=folder, env=_environment(folder), start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            said = process.communicate(timeout=SECONDS)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise UserError(
                f"--format latex: pdflatex took more than {SECONDS:g} s for a paper; leave "
                "--format out."
            ) from None
    if process.returncode:
        raise UserError(f"--format latex: pdflatex fails with '{_reason(said)}'; {WHAT}.")


def _environment(folder: Path) -> dict[str, str]:
    """The environment of pdflatex: its own folder, no writing outside it, a fixed clock."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(folder),
        "TEXMFHOME": str(folder),
        "TEXMFVAR": str(folder),
        "TEXMFCONFIG": str(folder),
        "LANG": "C.UTF-8",
        "openout_any": "p",
        "openin_any": "p",
        "shell_escape": "f",
        "max_print_line": "1000",
        "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1",
    }


def _reason(said: str) -> str:
    lines: Sequence[str] = [line for line in said.splitlines() if line.startswith("!")]
    return lines[0].lstrip("! ").rstrip(".") if lines else "no message"
