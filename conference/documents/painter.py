"""The pdfminer device and interpreter that record what `painted` describes."""

from __future__ import annotations

from typing import Any

from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfinterp import PDFPageInterpreter
from pdfminer.pdftypes import PDFObjRef, resolve1
from pdfminer.psparser import literal_name
from pdfminer.utils import apply_matrix_pt, apply_matrix_rect

from conference.documents.painted import Box, Colour, Glyph, Page, Patch


class Interpreter(PDFPageInterpreter):
    """Also follows opacity and layers, which pdfminer's own interpreter leaves out."""

    def __init__(self, resources: Any, device: Painter, off: set[int]) -> None:
        super().__init__(resources, device)
        self.painter, self.off = device, off

    def dup(self) -> Interpreter:
        return Interpreter(self.rsrcmgr, self.painter, self.off)

    def do_gs(self, name: Any) -> None:
        states = resolve1(self.resources.get("ExtGState")) or {}
        state = resolve1(states.get(literal_name(name))) or {}
        if "ca" in state:
            self.painter.opacity = float(resolve1(state["ca"]))

    def do_q(self) -> None:
        super().do_q()
        self.painter.saved.append(self.painter.opacity)

    def do_Q(self) -> None:
        super().do_Q()
        if self.painter.saved:
            self.painter.opacity = self.painter.saved.pop()

    def do_BDC(self, tag: Any, props: Any) -> None:
        hidden = False
        if literal_name(tag) == "OC":
            groups = resolve1(self.resources.get("Properties")) or {}
            group = groups.get(literal_name(props)) if not isinstance(props, dict) else props
            hidden = self._is_off(group)
        self.painter.layers.append(hidden)

    def do_BMC(self, tag: Any) -> None:
        self.painter.layers.append(False)

    def do_EMC(self) -> None:
        if self.painter.layers:
            self.painter.layers.pop()

    def _is_off(self, group: Any) -> bool:
        if isinstance(group, PDFObjRef) and group.objid in self.off:
            return True
        inner = resolve1(group)
        members = inner.get("OCGs") if isinstance(inner, dict) else None
        if members is None:
            return False
        rows = members if isinstance(members, list) else [members]
        return any(isinstance(row, PDFObjRef) and row.objid in self.off for row in rows)

    def do_Do(self, xobjid_arg: Any) -> None:
        target = resolve1(self.xobjmap.get(literal_name(xobjid_arg)))
        hidden = target is not None and self._is_off(target.get("OC"))
        self.painter.layers.append(hidden)
        super().do_Do(xobjid_arg)
        self.painter.layers.pop()


class Painter(PDFTextDevice):
    """Records glyphs, filled rectangles and images in the order of painting."""

    def __init__(self, resources: Any) -> None:
        super().__init__(resources)
        self.opacity, self.order = 1.0, 0
        self.saved: list[float] = []
        self.layers: list[bool] = []
        self.glyphs: list[Glyph] = []
        self.patches: list[Patch] = []
        self._mode = 0
        self._swapped: dict[int, set[int]] = {}

    def page(self, number: int, page: Any) -> Page:
        """What was recorded, within the page's visible box."""
        box = tuple(float(resolve1(side)) for side in (page.cropbox or page.mediabox))
        left, right = sorted((box[0], box[2]))
        low, high = sorted((box[1], box[3]))
        return Page(number, (left, low, right, high), tuple(self.glyphs), tuple(self.patches))

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        self._mode = textstate.render
        self._colour = _colour(getattr(graphicstate, "ncolor", None))
        before = len(self.glyphs)
        super().render_string(textstate, seq, ncs, graphicstate)
        if len(self.glyphs) > before:
            self.order += 1

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
        origin, above = apply_matrix_pt(matrix, (0, 0)), apply_matrix_pt(matrix, (0, fontsize))
        size = ((above[0] - origin[0]) ** 2 + (above[1] - origin[1]) ** 2) ** 0.5
        self._see_gap(box)
        swapped = cid in self._swapped_in(font)
        self.glyphs.append(
            Glyph(
                text, box, size, self._colour, self._mode, self.opacity, any(self.layers), swapped,
                self.order,
            )
        )  # fmt: skip
        return advance

    def _matrix(self) -> tuple[float, float, float, float, float, float]:
        """The current transformation, which the interpreter sets before it paints."""
        assert self.ctm is not None
        return self.ctm

    def _see_gap(self, box: Box) -> None:
        """A blank between glyphs that stand apart, so that words do not run together."""
        if not self.glyphs:
            return
        last = self.glyphs[-1]
        height = max(box[3] - box[1], 0.1)
        apart = abs(box[1] - last.box[1]) > 0.5 * height or box[0] - last.box[2] > 0.2 * height
        if apart and last.text.strip():
            self.glyphs.append(
                Glyph(
                    " ", last.box, last.size, last.colour, last.mode, last.opacity, last.layer_off,
                    False, last.order,
                )
            )  # fmt: skip

    def _swapped_in(self, font: Any) -> set[int]:
        """Codes whose glyph name stands for another letter than their character."""
        key = id(font)
        if key not in self._swapped:
            self._swapped[key] = _swapped(font)
        return self._swapped[key]

    def render_image(self, name: Any, stream: Any) -> None:
        self.order += 1
        box = apply_matrix_rect(self._matrix(), (0, 0, 1, 1))
        if not any(self.layers):
            self.patches.append(Patch(box, None, self.opacity, self.order))

    def paint_path(
        self, graphicstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Any
    ) -> None:
        self.order += 1
        if not fill or any(self.layers):
            return
        points = [
            apply_matrix_pt(self._matrix(), (step[at], step[at + 1]))
            for step in path
            for at in range(1, len(step) - 1, 2)
        ]
        if len(points) < 4 or any(step[0] in ("c", "v", "y") for step in path):
            return  # Only straight boxes hide or carry text; curves are drawings.
        xs, ys = [x for x, _ in points], [y for _, y in points]
        if len({round(x, 1) for x in xs}) > 2 or len({round(y, 1) for y in ys}) > 2:
            return
        colour = _colour(getattr(graphicstate, "ncolor", None))
        self.patches.append(
            Patch((min(xs), min(ys), max(xs), max(ys)), colour, self.opacity, self.order)
        )


def _swapped(font: Any) -> set[int]:
    from pdfminer.encodingdb import name2unicode

    mapped = getattr(getattr(font, "unicode_map", None), "cid2unichr", None)
    names = (resolve1(font.descriptor.get("Differences")) if font.descriptor else None) or []
    encoding = resolve1(getattr(font, "spec_encoding", None))
    if isinstance(encoding, dict):
        names = resolve1(encoding.get("Differences")) or names
    if not mapped or not names:
        return set()
    code, wrong, letters = 0, set(), 0
    for entry in names:
        if isinstance(entry, int):
            code = entry
            continue
        try:
            meant = name2unicode(literal_name(entry))
        except KeyError:
            meant = ""
        said = mapped.get(code, meant)
        if meant.isascii() and meant.isalpha() and said:
            letters += 1
            if said.lower() != meant.lower():
                wrong.add(code)
        code += 1
    return wrong if letters >= 3 and len(wrong) > 0.2 * letters else set()


def _colour(value: Any) -> Colour | None:
    """A colour as red, green and blue in [0, 1]; None for patterns."""
    if value is None:
        return (0.0, 0.0, 0.0)
    if isinstance(value, (int, float)):
        return (float(value),) * 3
    try:
        parts = [float(part) for part in value]
    except (TypeError, ValueError):
        return None
    if len(parts) == 1:
        return (parts[0],) * 3
    if len(parts) == 3:
        return parts[0], parts[1], parts[2]
    if len(parts) == 4:
        c, m, y, k = parts
        return (1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)
    return None
