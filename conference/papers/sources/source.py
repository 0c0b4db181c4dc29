"""Reads papers given as source text: plain text, Markdown and LaTeX.

A paper's text is what its printed version would show; the rest is cut. Comments and other code
accuse the paper if they contain orders; invisible text also if it is as long as a sentence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from conference.core.clean import clean
from conference.core.errors import UserError
from conference.papers.accusing import accused
from conference.papers.document import Document, from_text
from conference.papers.hidden import HiddenSpan, Look, said_in_tags, visible_orders
from conference.papers.orders import normal_form
from conference.papers.sources.latex import printed
from conference.papers.sources.markdown import shown_page

SUFFIXES = (".txt", ".md", ".tex")
MOST_BYTES = 20 * 2**20
FEWEST_LETTERS = 200
HEAD = 20_000  # first characters, in which the abstract must begin
ABSTRACT = re.compile(
    r"^[^\w\n]*abstract[^\w\n]*\n\s*(?P<text>\S.+?)"
    r"(?=^\s*(?:#+ |\d*\.?\s*(?:Introduction|Keywords)\b)|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
TITLE = re.compile(r"\\title\s*(?:\[[^]\n]{0,300}\])?\s*\{((?:[^{}]|\{[^{}]{0,300}\}){0,2000})\}")
Texts = list[tuple[str, str]]


class Read(NamedTuple):
    """A source as read, with the texts that its printed version does not show."""

    title: str
    abstract: str
    text: str
    hidden: Texts
    silent: Texts


def read_source(path: Path) -> tuple[Document, tuple[HiddenSpan, ...]]:
    """Read a paper from its source text, and the hidden text and orders that accuse it.

    Use `read_untrusted` for files from outside: it limits time and memory.

    Raises:
        UserError: it is not such a text, too short or too large.
    """
    try:
        data = path.read_bytes()
        if len(data) > MOST_BYTES:
            raise UserError(f"{path.name}: larger than {MOST_BYTES // 2**20} MiB; not read.")
        raw = data.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path.name}: cannot be opened ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        reason = f"not a text file ({error.reason}); save it as UTF-8."
        raise UserError(f"{path.name}: {reason}") from error
    raw = clean(raw.replace("\r\n", "\n").replace("\r", "\n"))
    kinds = {".tex": _from_tex, ".md": _from_markdown}
    try:
        found = kinds.get(path.suffix.lower(), _from_plain)(raw)
    except UserError as error:
        raise UserError(f"{path.name}: {error}") from error
    text, orders = visible_orders(normal_form(found.text))
    abstract, _ = visible_orders(normal_form(found.abstract))
    title, _ = visible_orders(normal_form(found.title))
    if sum(char.isalpha() for char in text) < FEWEST_LETTERS:
        raise UserError(
            f"{path.name}: fewer than {FEWEST_LETTERS} letters; hand in the whole paper."
        )
    spans = (HiddenSpan(0, way, _flat(said)) for way, said in found.hidden if said.strip())
    looks = [Look(text, (*spans, *said_in_tags(raw, 0)))]
    told = accused(looks, found.silent)
    return from_text(title.strip() or path.stem, abstract.strip(), text), (*told, *orders)


def _flat(source: str) -> str:
    """A hidden piece of source on one line, without its commands."""
    return normal_form(" ".join(re.sub(r"\\[A-Za-z@]+\*?|[{}$]", " ", source).split()))


def _from_plain(raw: str) -> Read:
    lines = [line.strip() for line in raw.splitlines()]
    title = next((line.lstrip("# ").strip() for line in lines if line.strip("# -=*")), "")
    found = ABSTRACT.search(raw[:HEAD])
    abstract = " ".join(found["text"].split()) if found else ""
    text = re.sub(r"^#+[ \t]*", "", raw, flags=re.MULTILINE)
    return Read(title[:300], abstract, text, [], [])


def _from_markdown(raw: str) -> Read:
    page = shown_page(raw)
    plain = _from_plain(page.print.shown)
    head = page.head
    return Read(
        head.get("title") or plain.title,
        head.get("abstract") or plain.abstract,
        "\n\n".join(part for part in (head.get("abstract", ""), plain.text) if part),
        page.print.hidden,
        page.print.silent,
    )


def _from_tex(raw: str) -> Read:
    source = printed(raw)
    begin = source.shown.find(r"\begin{document}")
    inside = source.shown[begin + len(r"\begin{document}") :] if begin >= 0 else source.shown
    abstract = re.search(r"\\begin\{abstract\}(.*?)\\end\{abstract\}", source.shown, re.DOTALL)
    title = TITLE.search(source.shown)
    # Headings are put on separate lines, as in a PDF's text.
    inside = re.sub(r"\\(?:sub)*section\*?\{([^{}]*)\}", r"\n\n\1\n\n", inside)
    return Read(
        " ".join(_plain(title[1]).split()) if title else "",
        " ".join(_plain(abstract[1]).split()) if abstract else "",
        _plain(inside),
        source.hidden,
        source.silent,
    )


def _plain(source: str) -> str:
    from pylatexenc.latex2text import LatexNodes2Text

    reader = LatexNodes2Text(keep_comments=False, math_mode="verbatim")
    try:
        return str(reader.latex_to_text(source))
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        reason = f"its LaTeX cannot be parsed ({error}); hand in the printed paper."
        raise UserError(reason) from error
