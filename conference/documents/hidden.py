"""Text in a PDF that a reader of the page would not see, and instructions to reviewers.

A paper's text is data. Before any mind reads it, every span found here is cut out, and the finding
is recorded. Detection rests on how each glyph is painted: its colour against what lies under it,
its size, its rendering mode and opacity, its place on the page, what is painted over it, and layers
that are switched off. Glyphs whose shape differs from their character code are found only in fonts
that name their glyphs; a font of numbered glyphs would need a comparison with recognised text.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from conference.documents.painted import Glyph, Page, read_pages

HERE = Path(__file__).parent
FEWEST_LETTERS = 8
TINY = 1.5
WHITE = 0.95
SAME = 0.06
INVISIBLE = 0.08
ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f]")


class HiddenSpan(msgspec.Struct, frozen=True):
    """A run of hidden text: its page from 1 (0 for the file itself) and how it was hidden."""

    page: int
    technique: str
    text: str


@cache
def injection_patterns() -> tuple[re.Pattern[str], ...]:
    """Phrases that address a reviewer or a language model, from `injections.toml`."""
    data = msgspec.toml.decode((HERE / "injections.toml").read_bytes())
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in data["patterns"])


def instructions_in(text: str) -> list[str]:
    """The sentences of a text that instruct its reviewer."""
    flat = re.sub(r"\s+", " ", text)
    sentences = re.split(r"(?<=[.!?])\s+", flat)
    return [
        sentence[:500]
        for sentence in sentences
        if any(pattern.search(sentence) for pattern in injection_patterns())
    ]


def find_hidden_text(path: Path) -> tuple[HiddenSpan, ...]:
    """Every hidden span of a PDF, and visible sentences that instruct the reviewer.

    Text that also stands in plain sight elsewhere in the file, such as a watermark that a figure
    covers on one page, is not counted. A file that cannot be parsed has no spans: `read_pdf`
    refuses it.
    """
    pages, notes = read_pages(Path(path))
    spans: list[HiddenSpan] = []
    for page in pages:
        spans += _spans(page)
        spans += [
            HiddenSpan(page.number, "visible instruction", sentence)
            for sentence in instructions_in("".join(glyph.text for glyph in page.glyphs))
        ]
    for place, text in notes:
        spans += [HiddenSpan(0, place, sentence) for sentence in instructions_in(text)]
    seen = "".join(_squeezed(_visible(page)) for page in pages)
    spans = [
        span
        for span in spans
        if span.technique == "visible instruction" or _squeezed(span.text) not in seen
    ]
    hidden = {span.text for span in spans if span.technique != "visible instruction"}
    return tuple(
        span
        for span in spans
        if span.technique != "visible instruction"
        or not any(_squeezed(span.text) in _squeezed(text) for text in hidden)
    )


def _visible(page: Page) -> str:
    """The page's text as a reader sees it."""
    return "".join(glyph.text for glyph in page.glyphs if technique(glyph, page) is None)


def _spans(page: Page) -> list[HiddenSpan]:
    """Runs of glyphs hidden in the same way."""
    runs: list[tuple[str, list[str]]] = []
    for glyph in page.glyphs:
        how = technique(glyph, page)
        blank = not glyph.text.strip()
        if how is None and not blank:
            runs.append(("", []))
        elif how is not None or (runs and runs[-1][0]):
            if blank and runs and runs[-1][0]:
                runs[-1][1].append(glyph.text)
            elif how is not None:
                if not runs or runs[-1][0] != how:
                    runs.append((how, []))
                runs[-1][1].append(glyph.text)
    letters: dict[str, int] = {}
    for how, text in runs:
        letters[how] = letters.get(how, 0) + sum(char.isalnum() for char in "".join(text))
    spans = [
        HiddenSpan(page.number, how, re.sub(r"\s+", " ", "".join(text)).strip())
        for how, text in runs
        if how and (letters[how] >= FEWEST_LETTERS) and "".join(text).strip()
    ]
    marks = ZERO_WIDTH.findall("".join(glyph.text for glyph in page.glyphs))
    if len(marks) >= FEWEST_LETTERS:
        spans.append(HiddenSpan(page.number, "zero-width characters", "".join(marks)))
    return spans


def technique(glyph: Glyph, page: Page) -> str | None:
    """How a glyph is hidden, None when a reader can see it."""
    if glyph.layer_off:
        return "layer switched off"
    if glyph.mode in (3, 7):
        return "invisible rendering mode"
    if glyph.opacity < INVISIBLE:
        return "zero opacity"
    if 0 < glyph.size < TINY:
        return "tiny print"
    if not page.shows(glyph):
        return "outside the page"
    if glyph.swapped:
        return "glyph and character differ"
    if page.covered(glyph):
        return "covered"
    ground = page.ground(glyph)
    if ground is None or glyph.colour is None or glyph.mode not in (0, 4):
        return None
    if max(abs(a - b) for a, b in zip(glyph.colour, ground, strict=True)) >= SAME:
        return None
    return "white on white" if min(ground) > WHITE else "same colour as its ground"


def without_spans(text: str, spans: tuple[HiddenSpan, ...]) -> str:
    """The text with every span cut out, however its lines are broken."""
    for span in sorted(spans, key=lambda span: -len(span.text)):
        letters = [char for char in span.text if not char.isspace()]
        if len(letters) < 3:
            continue
        pattern = r"\s*-?\s*".join(re.escape(char) for char in letters)
        text = re.sub(pattern, " ", text)
    return ZERO_WIDTH.sub("", text)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
