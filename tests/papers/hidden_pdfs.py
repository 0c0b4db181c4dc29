"""Writes a PDF for every way of hiding, with an order and with a neutral sentence.

python -m tests.papers.hidden_pdfs FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.papers import font_ways, further_ways, later_ways, stricter_ways, ways

SENTENCES = {"order": ways.ORDER, "neutral": ways.NEUTRAL}
WAYS = ways.WAYS | further_ways.WAYS | font_ways.WAYS | stricter_ways.WAYS | later_ways.WAYS
UNREAD = further_ways.UNREAD | font_ways.UNREAD | later_ways.IN_SIGHT


def write(name: str, kind: str, path: Path) -> Path:
    """The PDF of one way with one of the sentences."""
    pdf = ways.Raw()
    return pdf.write(path, WAYS[name](pdf, SENTENCES[kind]))


def main(folder: str) -> None:
    """Write them all; those apart of which nothing is read, as they need accuse nobody."""
    for name in WAYS:
        for kind in SENTENCES:
            into = Path(folder) / ("unread" if name in UNREAD else "")
            into.mkdir(parents=True, exist_ok=True)
            write(name, kind, into / f"{name} ({kind}).pdf")


if __name__ == "__main__":
    main(sys.argv[1])
