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
from typing import NamedTuple
from unicodedata import normalize

import msgspec

from conference.papers.document import whole_characters
from conference.papers.inked import Unseen, unseen_text
from conference.papers.painted import Glyph, Layers, Page, read_pages

HERE = Path(__file__).parent
FEWEST_LETTERS = 8
TINY = 1.5
NARROWEST = 0.1  # of the print size
WHITE = 0.95
SAME = 0.06
LARGE, SAME_LARGE = 36.0, 0.015  # Points; a watermark's print is seen at less.
INVISIBLE = 0.08
SCAN = "text layer of a scan"
SPOKEN = "replacement text"
VISIBLE = "visible instruction"
UNCHECKED = "not checked"  # A page that broke one of the two readings; it accuses nobody.
LONGEST, BESIDE = (
    500,
    150,
)  # characters of a sentence; of what stands around a phrase in longer ones
PHRASE = 6  # Words in a line of a figure's hidden text, from which it is more than a label.
UNSEEN = "leaves no trace"
OUTSIDE = "outside the page"
RUN_OFF = "line that runs off the page"
FIGURES = ("clipped away", OUTSIDE, "tiny print")  # How figures lose their labels.
SCANNED = 0.7  # Share of a page that the picture of a scan covers.
ZERO_WIDTH = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
TAGS = range(0xE0020, 0xE007F)  # Unseen twins of the ASCII characters.


class HiddenSpan(msgspec.Struct, frozen=True):
    """A run of hidden text: its page from 1 (0 for the file itself) and how it was hidden.

    `nested` says that it is part of an embedded form, as figures are.
    """

    page: int
    technique: str
    text: str
    nested: bool = False


class Found(NamedTuple):
    """What is hidden in a PDF, what is unseen for a plain reason, and which pages were checked."""

    hidden: tuple[HiddenSpan, ...]
    plain: tuple[HiddenSpan, ...]
    checked: set[int]


@cache
def injection_patterns() -> tuple[re.Pattern[str], ...]:
    """Phrases that address a reviewer or a language model, from `injections.toml`."""
    data = msgspec.toml.decode((HERE / "injections.toml").read_bytes())
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in data["patterns"])


def instructions_in(text: str, signs: int = 1) -> list[str]:
    """The sentences of a text that instruct its reviewer, with at least so many of the phrases.

    Of what goes on without an end, as tables and lists do, it is what stands around the phrases.
    """
    flat = re.sub(r"\s+", " ", text)
    return [
        piece
        for sentence in re.split(r"(?<=[.!?])\s+", flat)
        for piece in ([sentence] if len(sentence) <= LONGEST else _around_phrases(sentence))
        if sum(bool(pattern.search(piece)) for pattern in injection_patterns()) >= signs
    ]


def _around_phrases(text: str) -> list[str]:
    places = sorted(
        (max(0, found.start() - BESIDE), found.end() + BESIDE)
        for pattern in injection_patterns()
        for found in pattern.finditer(text)
    )
    pieces: list[tuple[int, int]] = []
    for start, end in places:
        if pieces and start <= pieces[-1][1]:
            start, end = pieces[-1][0], max(end, pieces.pop()[1])
        pieces.append((start, end))
    return [text[start:end] for start, end in pieces]


def find_hidden_text(path: Path) -> tuple[HiddenSpan, ...]:
    """Every hidden span of a PDF, and visible sentences that instruct the reviewer."""
    return find_spans(path).hidden


def find_spans(path: Path) -> Found:
    """The hidden spans of a PDF, what is unseen in it for a plain reason, and the checked pages.

    The second are labels that were trimmed off figures, or are as bright as their ground there,
    lines that begin on the page and run off its edge, as a formula that is too long does,
    the recognised text behind the picture of a scanned page or figure, and sentences in plain sight
    with one phrase of an instruction, as papers on language models quote them. No mind is to read
    them, so they are cut, but they accuse nobody.

    Text that also stands in plain sight elsewhere in the file, such as a watermark that a figure
    covers on one page, is not counted. A page is checked where both readings came to its end; of
    another one, what they found before is counted all the same.
    """
    pages, notes, followed = read_pages(Path(path))
    unseen, drawn = unseen_text(Path(path))
    spans: list[HiddenSpan] = []
    ways = {page.number: _ways(page) for page in pages}
    for page in pages:
        spans += _spans(page, ways[page.number])
        spans += [HiddenSpan(page.number, SPOKEN, text) for text in page.spoken]
        spans += [
            HiddenSpan(page.number, VISIBLE, sentence)
            for sentence in instructions_in("".join(glyph.text for glyph in page.glyphs))
        ]
    spans += _without_trace(unseen, spans)
    for place, text in notes:
        spans += [HiddenSpan(0, place, sentence) for sentence in instructions_in(text)]
    seen = _squeezed("".join(_visible(page, ways[page.number], spans) for page in pages))
    spans = [
        span
        for span in spans
        if span.technique == VISIBLE or _once(_squeezed(span.text)) not in seen
    ]
    hidden = "\n".join(_squeezed(span.text) for span in spans if span.technique != VISIBLE)
    spans = [
        span for span in spans if span.technique != VISIBLE or _squeezed(span.text) not in hidden
    ]
    whole = [msgspec.structs.replace(s, text=whole_characters(s.text)) for s in spans]
    sides = [(span, _has_plain_reason(span)) for span in whole]
    accusing = tuple(span for span, plain in sides if not plain)
    return Found(accusing, tuple(span for span, plain in sides if plain), followed & drawn)


def _has_plain_reason(span: HiddenSpan) -> bool:
    if span.technique == VISIBLE:
        return not instructions_in(span.text, signs=2)
    if instructions_in(span.text):
        return False
    words = re.findall(r"(?<!\\)\b[^\W\d]{2,}", span.text)  # \frac and its like are no words.
    label = span.nested or span.technique in (*FIGURES, SPOKEN)
    return (label and len(words) < PHRASE) or span.technique in (SCAN, RUN_OFF)


def _once(text: str) -> str:
    """What a text repeats: contours are printed as the same word many times, in white."""
    period = (text + text).find(text, 1)
    return text[:period] if period > 0 else text


def _ways(page: Page) -> list[str | None]:
    """How each glyph of a page is hidden; all that a scan's picture hides is its text layer."""
    layers = Layers(page)
    ways = [technique(at, page, layers) for at in range(len(page.glyphs))]
    if page.pictured() < SCANNED or any(
        how is None and glyph.text.strip() for glyph, how in zip(page.glyphs, ways, strict=True)
    ):
        return ways
    return [how and SCAN for how in ways]


def _visible(page: Page, ways: list[str | None], spans: list[HiddenSpan]) -> str:
    """The page's text as a reader sees it."""
    text = "".join(glyph.text for glyph, how in zip(page.glyphs, ways, strict=True) if how is None)
    own = [s for s in spans if s.page == page.number and s.technique == UNSEEN]
    return without_spans(text, tuple(own))


def _without_trace(unseen: list[Unseen], known: list[HiddenSpan]) -> list[HiddenSpan]:
    """Runs of letters that leave no trace, less those whose technique is known already."""
    pieces: dict[int, list[str]] = {}
    for span in known:
        pieces.setdefault(span.page, []).append(_squeezed(span.text))
    rest = [run for run in unseen if not _consists(_squeezed(run.text), pieces.get(run.page, []))]
    letters: dict[int, int] = {}
    for run in rest:
        letters[run.page] = letters.get(run.page, 0) + sum(map(str.isalpha, run.text))
    return [
        HiddenSpan(run.page, UNSEEN, run.text, run.nested)
        for run in rest
        if letters[run.page] >= FEWEST_LETTERS
    ]


def _consists(text: str, pieces: list[str]) -> bool:
    """Whether a text is a part of the pieces in a row, or but for a few letters made of some."""
    if text in "".join(pieces):
        return True
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, "") if len(piece) >= FEWEST_LETTERS else text
    return len(text) < FEWEST_LETTERS and bool(pieces)


def _spans(page: Page, ways: list[str | None]) -> list[HiddenSpan]:
    """Runs of glyphs hidden in the same way."""
    runs: list[tuple[str, bool, list[str]]] = []
    last: Glyph | None = None
    for glyph, how in zip(page.glyphs, ways, strict=True):
        blank = not glyph.text.strip()
        if how == OUTSIDE and runs and last and runs[-1][0] in ("", RUN_OFF):
            how = OUTSIDE if _apart(last, glyph) else RUN_OFF
        if how is None and not blank:
            runs.append(("", False, []))
        elif how is not None or (runs and runs[-1][0]):
            if blank and runs and runs[-1][0]:
                runs[-1][2].append(glyph.text)
            elif how is not None:
                piecewise = glyph.nested or how in FIGURES
                apart = piecewise and last is not None and _apart(last, glyph)
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
    codes = [ord(char) for glyph in page.glyphs for char in glyph.text]
    tagged = "".join(chr(code - TAGS.start + ord(" ")) for code in codes if code in TAGS)
    if len(tagged) >= FEWEST_LETTERS:
        spans.append(HiddenSpan(page.number, "tag characters", tagged))
    return spans


def _apart(first: Glyph, second: Glyph) -> bool:
    """Whether two glyphs are further apart than the letters of a line."""
    a, b = first.box, second.box
    gap = max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3])
    return gap > 1.5 * max(first.size, second.size)


def technique(at: int, page: Page, layers: Layers) -> str | None:
    """How a page's glyph is hidden, None when a reader can see it."""
    glyph = page.glyphs[at]
    if glyph.layer_off:
        return "layer switched off"
    if glyph.mode in (3, 7):
        return SCAN if glyph.nested and layers.pictured[at] else "invisible rendering mode"
    if glyph.opacity < INVISIBLE:
        return "zero opacity"
    if 0 < glyph.size < TINY:
        return "tiny print"
    if glyph.text.isalnum() and 0 < glyph.across < NARROWEST * glyph.size < float("inf"):
        return "squeezed print"
    if not page.shows(glyph):
        return OUTSIDE
    if glyph.clipped:
        return "clipped away"
    if glyph.swapped:
        return "glyph and character differ"
    if layers.covered[at]:
        return "covered"
    ground = layers.ground(at)
    if ground is None or glyph.colour is None or glyph.mode not in (0, 1, 4, 5):
        return None
    same = SAME_LARGE if LARGE <= glyph.size < float("inf") else SAME
    if max(abs(a - b) for a, b in zip(glyph.colour, ground, strict=True)) >= same:
        return None
    return "white on white" if min(ground) > WHITE else "same colour as its ground"


def without_spans(text: str, spans: tuple[HiddenSpan, ...]) -> str:
    """The text with every span cut out, however its lines are broken.

    Where a span does not stand in the text in one piece, as readers differ in the order of pieces,
    its stretches of three words are cut out.
    """
    here = _squeezed(text)
    for span in sorted(spans, key=lambda span: -len(span.text)):
        text, found = _cut(text, span.text, here)
        if found or (span.page == 0 and span.technique != VISIBLE):
            continue
        words = span.text.split()
        for at in range(max(1, len(words) - 2)):
            text, _ = _cut(text, "".join(words[at : at + 3]), here)
    return ZERO_WIDTH.sub("", text)


def _cut(text: str, piece: str, here: str) -> tuple[str, int]:
    """The text without a piece, and how often that was cut; `here` are the letters to be found."""
    letters = _squeezed(piece)
    if len(letters) < 3 or letters not in here:
        return text, 0
    pattern = r"[\W_]*".join(map(re.escape, letters))
    if len(letters) < FEWEST_LETTERS:  # Short pieces also stand within words that are in sight.
        pattern = rf"(?<!\w){pattern}(?!\w)"
    return re.subn(pattern, " ", text)


def _squeezed(text: str) -> str:
    """The letters and digits alone: readers differ in blanks, hyphens and punctuation."""
    return "".join(char for char in normalize("NFKC", text) if char.isalnum())
