"""A PDF's pages as pictures and lines of text, drawn in a separate process under limits."""

from __future__ import annotations

import ctypes
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

MOST_PAGES = 40
MOST_LINES = 4000  # runs of print on a page
WIDTH = 900  # pixels
SECONDS = 60
MOST_MEMORY = 4 * 2**30


Box = tuple[float, float, float, float]  # left, top, width and height in percent of the page


class Line(msgspec.Struct, frozen=True):
    """A run of print on one line, and its place on the page."""

    text: str
    box: Box


class Page(msgspec.Struct, frozen=True):
    """A page as a viewer shows it: the name of its PNG file, and its lines, to find places."""

    number: int
    picture: str
    lines: tuple[Line, ...]


def page_images(path: Path, folder: Path) -> tuple[Page, ...]:
    """The first pages of a PDF, drawn into `folder`; empty if the file cannot be drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "conference.papers.page_images", str(path.resolve())]
    try:
        done = subprocess.run(
            [*command, str(folder.resolve())], capture_output=True, timeout=4 * SECONDS, check=False
        )
        return msgspec.json.decode(done.stdout, type=tuple[Page, ...])
    except (subprocess.TimeoutExpired, msgspec.MsgspecError):
        return ()


def main(path: str, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    import pypdfium2

    pages = []
    with pypdfium2.PdfDocument(path) as document:
        for number in range(min(len(document), MOST_PAGES)):
            page = document[number]
            scale = min(WIDTH / max(page.get_width(), 1), 3.0)
            name = f"page-{number + 1:03d}.png"
            page.render(scale=scale).to_pil().save(Path(folder) / name, optimize=True)
            pages.append(Page(number + 1, name, _lines(page)))
    sys.stdout.buffer.write(msgspec.json.encode(pages))


def _lines(page: Any) -> tuple[Line, ...]:
    """The page's lines, without rotated print such as watermarks, whose boxes overlap the rest."""
    print_ = page.get_textpage()
    boxes = [print_.get_rect(at) for at in range(min(print_.count_rects(), MOST_LINES))]
    sides = sorted(min(right - left, high - low) for left, low, right, high in boxes)
    most = 3 * sides[len(sides) // 2] if sides else 0
    found = []
    for left, low, right, high in boxes:
        if min(right - left, high - low) > most:
            continue
        text = print_.get_text_bounded(left, low, right, high)
        x, y = _seen_at(page, left, high)
        end, foot = _seen_at(page, right, low)
        box = (min(x, end), min(y, foot), abs(end - x), abs(foot - y))
        found.append(Line(text, box))
    return tuple(found)


def _seen_at(page: Any, across: float, up: float) -> tuple[float, float]:
    """A point of the page, which may be rotated or cropped, in percent of its visible part."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, 10_000, 10_000, 0, across, up, x, y)
    return x.value / 100, y.value / 100


if __name__ == "__main__":
    main(*sys.argv[1:])
