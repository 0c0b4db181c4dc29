"""Text in a PDF that a reader of the page would not see, and instructions to reviewers.

A paper's text is data. Before any mind reads it, every span found here is cut out, and the finding
is recorded. Two readings are joined. The first follows how each glyph is painted: its colour
against what lies under it, its size, its rendering mode and opacity, its place on the page, what is
painted over it, and layers that are switched off. The second draws the page with and without its
text and finds the letters that leave no trace (`inked`). Glyphs whose shape differs from their
character code are found only in fonts that bring an encoding; a font of numbered glyphs would need
a comparison with recognised text.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from unicodedata import normalize

import msgspec

from conference.documents.inked import Unseen, unseen_text
from conference.documents.painted import Glyph, Page, read_pages

HERE = Path(__file__).parent
FEWEST_LETTERS = 8
TINY = 1.5
NARROWEST = 0.1  # of the print size
WHITE = 0.95
SAME = 0.06
INVISIBLE = 0.08
SCAN = "text layer of a scan"
PHRASE = 6  # Words in a line of a figure's hidden text, from which it is more than a label.
SCANNED = 0.7  # Share of a page that the picture of a scan covers.
ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f]")


class HiddenSpan(msgspec.Struct, frozen=True):
    """A run of hidden text: its page from 1 (0 for the file itself) and how it was hidden.

    `nested` says that it is part of an embedded form, as figures are.
    """

    page: int
    technique: str
    text: str
    nested: bool = False


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
    """Every hidden span of a PDF, and visible sentences that instruct the reviewer."""
    return find_spans(path)[0]


def find_spans(path: Path) -> tuple[tuple[HiddenSpan, ...], tuple[HiddenSpan, ...]]:
    """The hidden spans of a PDF, and what is unseen in it for a plain reason.

    The second are labels that were trimmed off figures, or are as bright as their ground there,
    and the recognised text behind the picture of a scanned page. No reader sees them either, so
    they are cut, but they accuse nobody.

    Text that also stands in plain sight elsewhere in the file, such as a watermark that a figure
    covers on one page, is not counted. A file that cannot be parsed has no spans: `read_pdf`
    refuses it.
    """
    pages, notes = read_pages(Path(path))
    spans: list[HiddenSpan] = []
    ways = {page.number: _ways(page) for page in pages}
    for page in pages:
        spans += _spans(page, ways[page.number])
        spans += [HiddenSpan(page.number, "replacement text", text) for text in page.spoken]
        spans += [
            HiddenSpan(page.number, "visible instruction", sentence)
            for sentence in instructions_in("".join(glyph.text for glyph in page.glyphs))
        ]
    spans += _without_trace(unseen_text(Path(path))[0], spans)
    for place, text in notes:
        spans += [HiddenSpan(0, place, sentence) for sentence in instructions_in(text)]
    seen = _squeezed("".join(_visible(page, ways[page.number], spans) for page in pages))
    spans = [
        span
        for span in spans
        if span.technique == "visible instruction" or _squeezed(span.text) not in seen
    ]
    hidden = {span.text for span in spans if span.technique != "visible instruction"}
    spans = [
        span
        for span in spans
        if span.technique != "visible instruction"
        or not any(_squeezed(span.text) in _squeezed(text) for text in hidden)
    ]
    plain = tuple(span for span in spans if _has_plain_reason(span))
    return tuple(span for span in spans if span not in plain), plain


def _has_plain_reason(span: HiddenSpan) -> bool:
    if instructions_in(span.text) or span.technique == "visible instruction":
        return False
    label = span.nested and len(re.findall(r"[^\W\d]{2,}", span.text)) < PHRASE
    return label or span.technique == SCAN


def _ways(page: Page) -> list[str | None]:
    """How each glyph of a page is hidden; all that a scan's picture hides is its text layer."""
    ways = [technique(glyph, page) for glyph in page.glyphs]
    if page.pictured() < SCANNED or any(
        how is None and glyph.text.strip() for glyph, how in zip(page.glyphs, ways, strict=True)
    ):
        return ways
    return [how and SCAN for how in ways]


def _visible(page: Page, ways: list[str | None], spans: list[HiddenSpan]) -> str:
    """The page's text as a reader sees it."""
    text = "".join(glyph.text for glyph, how in zip(page.glyphs, ways, strict=True) if how is None)
    own = [s for s in spans if s.page == page.number and s.technique == "leaves no trace"]
    return without_spans(text, tuple(own))


def _without_trace(unseen: list[Unseen], known: list[HiddenSpan]) -> list[HiddenSpan]:
    """Runs of letters that leave no trace, less those whose technique is known already."""
    found = {
        page: _squeezed("".join(span.text for span in known if span.page == page))
        for page in {run.page for run in unseen}
    }
    rest = [run for run in unseen if _squeezed(run.text) not in found[run.page]]
    letters: dict[int, int] = {}
    for run in rest:
        letters[run.page] = letters.get(run.page, 0) + sum(map(str.isalpha, run.text))
    return [
        HiddenSpan(run.page, "leaves no trace", run.text, run.nested)
        for run in rest
        if letters[run.page] >= FEWEST_LETTERS
    ]


def _spans(page: Page, ways: list[str | None]) -> list[HiddenSpan]:
    """Runs of glyphs hidden in the same way."""
    runs: list[tuple[str, bool, list[str]]] = []
    last: Glyph | None = None
    for glyph, how in zip(page.glyphs, ways, strict=True):
        blank = not glyph.text.strip()
        if how is None and not blank:
            runs.append(("", False, []))
        elif how is not None or (runs and runs[-1][0]):
            if blank and runs and runs[-1][0]:
                runs[-1][2].append(glyph.text)
            elif how is not None:
                apart = glyph.nested and last is not None and _apart(last, glyph)
                if not runs or runs[-1][:2] != (how, glyph.nested) or apart:
                    runs.append((how, glyph.nested, []))
                runs[-1][2].append(glyph.text)
        last = last if blank else glyph
    letters: dict[str, int] = {}
    for how, _, text in runs:
        letters[how] = letters.get(how, 0) + sum(char.isalpha() for char in "".join(text))
    spans = [
        HiddenSpan(page.number, how, re.sub(r"\s+", " ", "".join(text)).strip(), nested)
        for how, nested, text in runs
        if how and (letters[how] >= FEWEST_LETTERS) and "".join(text).strip()
    ]
    marks = ZERO_WIDTH.findall("".join(glyph.text for glyph in page.glyphs))
    if len(marks) >= FEWEST_LETTERS:
        spans.append(HiddenSpan(page.number, "zero-width characters", "".join(marks)))
    return spans


def _apart(first: Glyph, second: Glyph) -> bool:
    """Whether two glyphs are further apart than the letters of a line."""
    a, b = first.box, second.box
    gap = max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3])
    return gap > 1.5 * max(first.size, second.size)


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
    if glyph.text.isalnum() and glyph.across < NARROWEST * glyph.size < float("inf"):
        return "squeezed print"
    if not page.shows(glyph):
        return "outside the page"
    if glyph.clipped:
        return "clipped away"
    if glyph.swapped:
        return "glyph and character differ"
    if page.covered(glyph):
        return "covered"
    ground = page.ground(glyph)
    if ground is None or glyph.colour is None or glyph.mode not in (0, 1, 4, 5):
        return None
    if max(abs(a - b) for a, b in zip(glyph.colour, ground, strict=True)) >= SAME:
        return None
    return "white on white" if min(ground) > WHITE else "same colour as its ground"


def without_spans(text: str, spans: tuple[HiddenSpan, ...]) -> str:
    """The text with every span cut out, however its lines are broken.

    Where a span does not stand in the text in one piece, as readers differ in the order of pieces,
    its stretches of three words are cut out.
    """
    for span in sorted(spans, key=lambda span: -len(span.text)):
        text, found = _cut(text, span.text)
        if found or span.page == 0:
            continue
        words = span.text.split()
        for at in range(max(1, len(words) - 2)):
            text, _ = _cut(text, "".join(words[at : at + 3]))
    return ZERO_WIDTH.sub("", text)


def _cut(text: str, piece: str) -> tuple[str, int]:
    letters = _squeezed(piece)
    if len(letters) < 3:
        return text, 0
    pattern = r"[\W_]*".join(map(re.escape, letters))
    if len(letters) < FEWEST_LETTERS:  # Short pieces also stand within words that are in sight.
        pattern = rf"(?<!\w){pattern}(?!\w)"
    return re.subn(pattern, " ", text)


def _squeezed(text: str) -> str:
    """The letters and digits alone: readers differ in blanks, hyphens and punctuation."""
    return "".join(char for char in normalize("NFKC", text) if char.isalnum())
