"""The pdfminer device that records what `painted` describes."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

import msgspec
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdftypes import resolve1
from pdfminer.utils import apply_matrix_pt, apply_matrix_rect

from conference.papers.colours import to_rgb
from conference.papers.painted import Box, Colour, Glyph, Page, Patch

EVERYWHERE: Box = (-1e9, -1e9, 1e9, 1e9)
SEE_THROUGH = 0.6  # What is taken for the opacity where the ground shows in a way not followed.
THICK = 3.0  # Points; a wider line may be the ground of a text.


class Mark(msgspec.Struct):
    """Marked content: on a layer switched off or not, what it is said to read, where it began."""

    off: bool
    spoken: str
    start: int


class Painter(PDFTextDevice):
    """Records glyphs, filled rectangles and images in the order of painting."""

    def __init__(self, resources: Any) -> None:
        super().__init__(resources)
        self.opacity = self.line_opacity = self.veil = 1.0
        self.masked = self.blended = False
        self.base: Any = (1, 0, 0, 1, 0, 0)
        self.after = (0.0, 0.0)  # Of the last glyph.
        self.fill_space: Any = None
        self.line_space: Any = None
        self.clip, self.order, self.depth = EVERYWHERE, 0, 0
        self.saved: list[tuple[Any, ...]] = []
        self.marks: list[Mark] = []
        self.glyphs: list[Glyph] = []
        self.patches: list[Patch] = []
        self.spoken: list[str] = []
        self._mode = 0
        self._swapped: dict[int, set[int]] = {}

    def begin_page(self, page: Any, ctm: Any) -> None:
        self.base = ctm

    def page(self, number: int, page: Any) -> Page:
        """What was recorded, within the page's visible box, both turned as the page is shown."""
        boxes = [
            apply_matrix_rect(self.base, tuple(float(resolve1(side)) for side in box))  # type: ignore[arg-type]
            for box in (page.mediabox, page.cropbox or page.mediabox)
        ]
        left, low = (max(box[at] for box in boxes) for at in (0, 1))
        right, high = (min(box[at] for box in boxes) for at in (2, 3))
        visible = (left, low, right, high)
        return Page(number, visible, tuple(self.glyphs), tuple(self.patches), tuple(self.spoken))

    def save(self) -> None:
        """Keep the graphics state that pdfminer does not keep."""
        inks = self.opacity, self.line_opacity, self.veil, self.masked, self.blended
        self.saved.append((*inks, self.fill_space, self.line_space, self.clip))

    def restore(self) -> None:
        """Go back to the state kept last."""
        if self.saved:
            state = self.saved.pop()
            self.opacity, self.line_opacity, self.veil, self.masked, self.blended = state[:5]
            self.fill_space, self.line_space, self.clip = state[5:]

    def open(self, off: bool, spoken: str = "") -> None:
        """Begin marked content."""
        self.marks.append(Mark(off, spoken, len(self.glyphs)))

    def end(self) -> None:
        """End marked content; text that it is said to read but does not show is kept."""
        if not self.marks:
            return
        mark = self.marks.pop()
        shown = sum(glyph.text.isalnum() for glyph in self.glyphs[mark.start :])
        if sum(char.isalnum() for char in mark.spoken) > 3 * shown + 20:  # Formulas are spelt out.
            self.spoken.append(mark.spoken)

    @property
    def off(self) -> bool:
        return any(mark.off for mark in self.marks)

    def clip_to(self, path: Any) -> None:
        """Narrow the clip to the path's box, which is never less than the path."""
        box = _bounds(_points(self._matrix(), path))
        if box:
            left, low, right, high = self.clip
            self.clip = max(left, box[0]), max(low, box[1]), min(right, box[2]), min(high, box[3])

    def enter(self, matrix: Any, box: Any, group: bool) -> None:
        """Begin a form: what it paints is clipped to its box, and a group is as opaque as it is."""
        left, low, right, high = apply_matrix_rect(matrix, box)
        side = self.clip
        self.clip = max(side[0], left), max(side[1], low), min(side[2], right), min(side[3], high)
        if group:
            self.veil *= self.opacity
            self.opacity = self.line_opacity = 1.0

    def fill_clip(self) -> None:
        """A gradient over all of the clip."""
        self.order += 1
        self.patches.append(Patch(self.clip, None, self.veil * self.opacity, self.order))

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        self._mode = textstate.render
        if self._mode in (1, 5):
            colour, space, self._alpha = graphicstate.scolor, self.line_space, self.line_opacity
        else:
            colour, space, self._alpha = graphicstate.ncolor, self.fill_space, self.opacity
        self._alpha *= self.veil
        self._colour = to_rgb(colour, space if _uses_space(colour) else None)
        self.order += 1
        super().render_string(textstate, seq, ncs, graphicstate)

    def render_char(
        self,
        matrix: Any,
        font: Any,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: Any,
        graphicstate: Any,
    ) -> float:
        try:
            text = font.to_unichr(cid)
        except Exception:  # noqa: BLE001 - pdfminer raises its own error for unmapped glyphs
            text = "\ufffd"
        width = font.char_width(cid)
        advance = float(width * fontsize * scaling)
        low, high = font.get_descent() * fontsize + rise, font.get_ascent() * fontsize + rise
        if high <= low:
            low, high = rise, fontsize + rise
        box = apply_matrix_rect(matrix, (0, low, advance, high))
        size = _size(font, fontsize) * (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5
        across = abs(advance) * (matrix[0] ** 2 + matrix[1] ** 2) ** 0.5
        self._see_gap(matrix, advance, max(size if size < float("inf") else box[3] - box[1], 0.1))
        swapped = cid in self._swapped_in(font)
        self.glyphs.append(
            Glyph(
                text, box, size, across, self._colour, self._mode, self._alpha, self.off, swapped,
                _beyond(box, self.clip), self.order, self.depth > 0,
            )
        )  # fmt: skip
        return advance

    def _matrix(self) -> tuple[float, float, float, float, float, float]:
        """The current transformation, which the interpreter sets before it paints."""
        assert self.ctm is not None
        return self.ctm

    def _see_gap(self, matrix: Any, advance: float, height: float) -> None:
        """A blank between glyphs that stand apart in their own direction, so that words do.

        `height` is the print size in points.
        """
        (across, up), (x, y) = matrix[:2], matrix[4:6]
        right, above = x - self.after[0], y - self.after[1]
        self.after = x + advance * across, y + advance * up
        if not self.glyphs or not self.glyphs[-1].text.strip():
            return
        last, scale = self.glyphs[-1], max((across**2 + up**2) ** 0.5, 1e-9)
        on, aside = (right * across + above * up) / scale, (above * across - right * up) / scale
        if on > 0.2 * height or abs(aside) > 0.5 * height:
            self.glyphs.append(
                Glyph(
                    " ", last.box, last.size, last.across, last.colour, last.mode, last.opacity,
                    last.layer_off, False, last.clipped, last.order, last.nested,
                )
            )  # fmt: skip

    def _swapped_in(self, font: Any) -> set[int]:
        """Codes that stand for another letter than the one that they show."""
        key = id(font)
        if key not in self._swapped:
            self._swapped[key] = _swapped(font)
        return self._swapped[key]

    def render_image(self, name: Any, stream: Any) -> None:
        self.order += 1
        box = apply_matrix_rect(self._matrix(), (0, 0, 1, 1))
        if not self.off:
            solid = not any(name in stream.attrs for name in ("SMask", "Mask", "ImageMask"))
            opacity = self.opacity if solid else SEE_THROUGH
            self._patch(box, None, opacity, square=solid, picture=True)

    def paint_path(
        self, graphicstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Any
    ) -> None:
        self.order += 1
        if self.off:
            return
        if stroke and graphicstate.linewidth > THICK:
            self._thick_line(graphicstate.linewidth, path)
        if not fill:
            return
        points = _points(self._matrix(), path)
        box = _bounds(points)
        if box is None:
            return
        square = (
            4 <= len(points) <= 5
            and not any(step[0] in ("c", "v", "y") for step in path)
            and len({round(x, 1) for x, _ in points}) <= 2
            and len({round(y, 1) for _, y in points}) <= 2
        )
        value = graphicstate.ncolor
        colour = to_rgb(value, self.fill_space if _uses_space(value) else None)
        # A pattern, and what else has no single colour, may have gaps.
        opacity = self.opacity if colour is not None else min(self.opacity, SEE_THROUGH)
        self._patch(box, colour if square else None, opacity, square=square)

    def _thick_line(self, width: float, path: Any) -> None:
        """A line as wide as a bar: a ground of which the colour is not followed."""
        box = _bounds(_points(self._matrix(), path))
        if box is not None:
            half = width / 2
            box = box[0] - half, box[1] - half, box[2] + half, box[3] + half
            self._patch(box, None, self.line_opacity, square=False)

    def _patch(
        self,
        box: Box,
        colour: Colour | None,
        opacity: float,
        *,
        square: bool,
        picture: bool = False,
    ) -> None:
        left, low, right, high = self.clip
        opacity *= self.veil
        if (
            self.masked or self.blended
        ):  # A soft mask or a blending lets the ground through where it likes.
            opacity, square = min(opacity, SEE_THROUGH), False
        seen = max(left, box[0]), max(low, box[1]), min(right, box[2]), min(high, box[3])
        if seen[0] < seen[2] and seen[1] < seen[3]:
            self.patches.append(Patch(seen, colour, opacity, self.order, square, picture))


def _points(matrix: Any, path: Any) -> list[tuple[float, float]]:
    return [
        apply_matrix_pt(matrix, (step[at], step[at + 1]))
        for step in path
        for at in range(1, len(step) - 1, 2)
    ]


def _bounds(points: list[tuple[float, float]]) -> Box | None:
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _beyond(box: Box, clip: Box) -> bool:
    return box[2] < clip[0] or box[0] > clip[2] or box[3] < clip[1] or box[1] > clip[3]


def _uses_space(value: Any) -> bool:
    """Whether a colour was set by components of a named space, not by g, rg or k."""
    return isinstance(value, (list, tuple)) or value is None or isinstance(value, (int, float))


def _size(font: Any, fontsize: float) -> float:
    """The print size; a font with a matrix of its own (Type 3) is measured by its glyphs' box."""
    own = getattr(font, "matrix", None)
    if own is None:
        return fontsize
    low, high = font.bbox[1], font.bbox[3]
    height = abs(high - low) * abs(own[3] or own[1])
    return fontsize * height if height else float("inf")


def _swapped(font: Any) -> set[int]:
    """All codes of a font whose encoding calls many one letter and its map to Unicode another.

    Fonts without an encoding of their own number their glyphs as they like and say nothing here.
    """
    mapped = getattr(getattr(font, "unicode_map", None), "cid2unichr", None)
    if not mapped or not getattr(font, "encoded", False):
        return set()
    meant = {code: char for code, char in font.cid2unicode.items() if _letter(char)}
    shared = [code for code in mapped if code in meant and mapped[code].strip()]
    wrong = {code for code in shared if _plain(mapped[code]) != meant[code].lower()}
    lies = len(shared) >= 3 and len(wrong) > 0.2 * len(shared)
    return set(mapped) if lies else set()  # Of a font that lies, no letter is believed.


def _plain(char: str) -> str:
    """A letter without case and style: fonts of mathematics are mapped to styles of letters."""
    return normalize("NFKC", char).lower()


def _letter(char: str) -> bool:
    return len(char) == 1 and char.isascii() and char.isalpha()
