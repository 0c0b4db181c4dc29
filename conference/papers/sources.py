"""Papers that come as source text: plain text, Markdown and LaTeX."""

from __future__ import annotations

import re
from pathlib import Path

from conference.core.errors import UserError
from conference.papers.document import Document, from_text
from conference.papers.hidden import HiddenSpan, visible_orders

SUFFIXES = (".txt", ".md", ".tex")
MOST_BYTES = 20 * 2**20
FEWEST_LETTERS = 200
ABSTRACT = re.compile(
    r"^\W*abstract\W*$\n+(?P<text>.+?)(?=^\s*(?:#+ |\d*\.?\s*(?:Introduction|Keywords)\b)|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


def read_source(path: Path) -> tuple[Document, tuple[HiddenSpan, ...]]:
    """A paper from its source text, and the orders to a reviewer that stand in it.

    Comments of LaTeX are no part of the paper. Raises `UserError` for a file that is no such text.
    """
    try:
        data = path.read_bytes()
        if len(data) > MOST_BYTES:
            raise UserError(f"{path}: larger than {MOST_BYTES // 2**20} MiB; not read.")
        raw = data.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file ({error.reason}); save it as UTF-8.") from error
    title, abstract, text = _from_tex(raw) if path.suffix.lower() == ".tex" else _from_plain(raw)
    text, orders = visible_orders(text)
    abstract, _ = visible_orders(abstract)
    if sum(char.isalpha() for char in text) < FEWEST_LETTERS:
        raise UserError(f"{path}: fewer than {FEWEST_LETTERS} letters; hand in the whole paper.")
    return from_text(title or path.stem, abstract, text), tuple(orders)


def _from_plain(raw: str) -> tuple[str, str, str]:
    lines = [line.strip() for line in raw.splitlines()]
    title = next((line.lstrip("# ").strip() for line in lines if line.strip("# -=*")), "")
    found = ABSTRACT.search(raw)
    abstract = " ".join(found["text"].split()) if found else ""
    return title[:300], abstract, re.sub(r"^#+\s*", "", raw, flags=re.MULTILINE)


def _from_tex(raw: str) -> tuple[str, str, str]:
    from pylatexenc.latex2text import LatexNodes2Text

    plain = LatexNodes2Text(keep_comments=False, math_mode="verbatim").latex_to_text
    source = re.sub(r"(?<!\\)%.*", "", raw)
    body = re.search(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", source, re.DOTALL)
    abstract = re.search(r"\\begin\{abstract\}(.*?)\\end\{abstract\}", source, re.DOTALL)
    title = re.search(r"\\title(?:\[[^]]*\])?\{((?:[^{}]|\{[^{}]*\})*)\}", source)
    inside = body[1] if body else source
    # Headings on lines of their own, as a PDF's text has them.
    inside = re.sub(r"\\(?:sub)*section\*?\{([^{}]*)\}", r"\n\n\1\n\n", inside)
    return (
        " ".join(plain(title[1]).split()) if title else "",
        " ".join(plain(abstract[1]).split()) if abstract else "",
        plain(inside),
    )
