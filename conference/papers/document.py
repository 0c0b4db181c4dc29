"""A parsed paper: title, abstract, sections, references, and the text that minds may read."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.core.files import keep
from conference.papers.references import entries_of

HEADING = re.compile(
    r"^\s*(?:(?P<number>\d{1,2}(?:\.\d{1,2})*|[A-H](?:\.\d{1,2})*)\.?\s+)?"
    r"(?P<title>[A-Z][A-Za-z][^.!?:;=]{1,60})\s*$"
)
KNOWN = {
    "abstract", "introduction", "background", "related work", "preliminaries", "method", "methods",
    "methodology", "approach", "model", "theory", "experiments", "experimental setup",
    "experimental set-up", "set-up", "setup", "results", "evaluation", "analysis", "ablation",
    "ablations", "discussion", "limitations", "conclusion", "conclusions", "future work",
    "broader impact", "reproducibility statement", "reproducibility", "ethics statement",
    "acknowledgements", "acknowledgments", "references", "bibliography", "appendix",
    "conclusions and future work", "conclusion and future work", "appendices",
    "supplementary material", "checklist", "paper checklist",
}  # fmt: skip
REFERENCES = {"references", "bibliography"}
BACK = {"appendix", "appendices", "supplementary material", "checklist", "paper checklist"}
LETTERED = re.compile(r"\s*A(?:\.1)?\.?\s+[A-Z]")


class Section(msgspec.Struct, frozen=True):
    """A heading without its number, and the text up to the next heading."""

    title: str
    text: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A paper as read. `text` is everything that a reader of the page would see.

    `pages` is 0 for a text that was never a PDF. `sha256` is the hash of the file or text.
    `margins` are the running heads and feet that were removed from the text; `numbered` says
    whether line numbers were removed.
    """

    title: str
    abstract: str
    sections: tuple[Section, ...]
    references: tuple[str, ...]
    pages: int
    text: str
    sha256: str
    margins: tuple[str, ...] = ()
    numbered: bool = False

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def body(self) -> str:
        """The text before the references."""
        return split_references(self.text)[0]


def is_heading(line: str) -> str | None:
    """The heading that a line is, in lower case and without its number; None for other lines."""
    found = HEADING.match(line)
    if not found:
        return None
    title = re.sub(r"\s+", " ", found["title"]).strip().lower()
    if title in KNOWN or (found["number"] and len(title.split()) <= 8):
        return title
    return None


def split_sections(text: str) -> tuple[Section, ...]:
    """Sections by their headings; what stands before the first one has the title ""."""
    sections: list[Section] = []
    title, lines = "", []
    for line in text.splitlines():
        heading = is_heading(line)
        if heading is None:
            lines.append(line)
            continue
        sections.append(Section(title, "\n".join(lines).strip()))
        title, lines = heading, []
    sections.append(Section(title, "\n".join(lines).strip()))
    return tuple(section for section in sections if section.title or section.text)


def split_references(text: str) -> tuple[str, tuple[str, ...]]:
    """The text before the last heading of references, and the entries after it."""
    lines = text.splitlines()
    at = [number for number, line in enumerate(lines) if is_heading(line) in REFERENCES]
    if not at:
        return text, ()
    tail = lines[at[-1] + 1 :]
    end = next((n for n, line in enumerate(tail) if n > 1 and _is_after(line)), len(tail))
    return "\n".join(lines[: at[-1]]), tuple(entries_of(tail[:end]))


def _is_after(line: str) -> bool:
    """Whether a line is the heading of what follows a bibliography."""
    heading = is_heading(line)
    return heading is not None and (heading in BACK or bool(LETTERED.match(line)))


def from_text(title: str, abstract: str, text: str) -> Document:
    """A document from a text that was parsed elsewhere."""
    import hashlib

    return Document(
        title=title,
        abstract=abstract,
        sections=split_sections(text),
        references=split_references(text)[1],
        pages=0,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def write_document(document: Document, folder: Path) -> str:
    """Keep a document as JSON in `folder` and return the file's name."""
    return keep(folder, msgspec.json.encode(document), ".json")


def read_document(path: Path) -> Document:
    """The document kept at `path`. Raises `UserError` when it is missing or damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Document)
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(
            f"{path}: the parsed paper cannot be read ({error}); put back a copy of the run "
            "folder, or start again with another --out."
        ) from error
