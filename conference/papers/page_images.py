"""A PDF's pages as pictures and as text, drawn in a process of its own under limits."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import msgspec

MOST_PAGES = 40
WIDTH = 900  # pixels
SECONDS = 60
MOST_MEMORY = 4 * 2**30


class Page(msgspec.Struct, frozen=True):
    """A page as a viewer shows it: the PNG's file name, and its text for finding places."""

    number: int
    picture: str
    text: str


def page_images(path: Path, folder: Path) -> tuple[Page, ...]:
    """The first pages of a PDF, drawn into `folder`; empty where the file cannot be drawn."""
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
            text = page.get_textpage().get_text_bounded()
            pages.append(Page(number + 1, name, text))
    sys.stdout.buffer.write(msgspec.json.encode(pages))


if __name__ == "__main__":
    main(*sys.argv[1:])
