"""pdfminer's interpreter of a page, made to follow what it leaves out."""

from __future__ import annotations

from typing import Any

from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdftypes import PDFObjRef, resolve1
from pdfminer.psparser import literal_name
from pdfminer.utils import MATRIX_IDENTITY, decode_text, mult_matrix

from conference.papers.painter import Painter


class Resources(PDFResourceManager):
    """Also notes whether a simple font brings an encoding."""

    def get_font(self, objid: Any, spec: Any) -> Any:
        font: Any = super().get_font(objid, spec)
        font.encoded = "Encoding" in spec and hasattr(font, "cid2unicode")
        return font


class Interpreter(PDFPageInterpreter):
    """Also follows opacity, clips, layers and spoken text, which pdfminer's own leaves out."""

    def __init__(self, resources: Any, device: Painter, off: set[int]) -> None:
        super().__init__(resources, device)
        self.painter, self.off = device, off
        self._clips = False

    def dup(self) -> Interpreter:
        return Interpreter(self.rsrcmgr, self.painter, self.off)

    def do_gs(self, name: Any) -> None:
        states = resolve1(self.resources.get("ExtGState")) or {}
        state = resolve1(states.get(literal_name(name))) or {}
        painter = self.painter
        painter.opacity = _number(state.get("ca"), painter.opacity)
        if "SMask" in state:
            painter.masked = isinstance(resolve1(state["SMask"]), dict)  # Else it is /None.
        if "BM" in state:
            painter.blended = _blends(resolve1(state["BM"]))
        painter.line_opacity = _number(state.get("CA"), painter.line_opacity)

    def do_cs(self, name: Any) -> None:
        super().do_cs(name)
        self.painter.fill_space = self._space(name)

    def do_CS(self, name: Any) -> None:
        super().do_CS(name)
        self.painter.line_space = self._space(name)

    def _space(self, name: Any) -> Any:
        spaces = resolve1(self.resources.get("ColorSpace")) or {}
        return spaces.get(literal_name(name), name)

    def do_q(self) -> None:
        super().do_q()
        self.painter.save()

    def do_Q(self) -> None:
        super().do_Q()
        self.painter.restore()

    def do_W(self) -> None:
        self._clips = True

    def do_W_a(self) -> None:
        self._clips = True

    def do_n(self) -> None:
        self._clip()
        super().do_n()

    def do_S(self) -> None:
        self._clip()
        super().do_S()

    def do_f(self) -> None:
        self._clip()
        super().do_f()

    def do_F(self) -> None:
        self.do_f()

    def do_f_a(self) -> None:
        self._clip()
        super().do_f_a()

    def do_B(self) -> None:
        self._clip()
        super().do_B()

    def do_B_a(self) -> None:
        self._clip()
        super().do_B_a()

    def _clip(self) -> None:
        """A clip holds from the painting that ends its path."""
        if self._clips and self.curpath:
            self.painter.clip_to(self.curpath)
        self._clips = False

    def do_sh(self, name: Any) -> None:
        self.painter.fill_clip()

    def do_BDC(self, tag: Any, props: Any) -> None:
        groups = resolve1(self.resources.get("Properties")) or {}
        group = props if isinstance(props, dict) else groups.get(literal_name(props))
        if literal_name(tag) == "OC":
            self.painter.open(self._is_off(group))
            return
        entries = resolve1(group)
        spoken = resolve1(entries.get("ActualText")) if isinstance(entries, dict) else None
        self.painter.open(False, decode_text(spoken) if isinstance(spoken, bytes) else "")

    def do_BMC(self, tag: Any) -> None:
        self.painter.open(False)

    def do_EMC(self) -> None:
        self.painter.end()

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
        painter = self.painter
        marks, saved = len(painter.marks), len(painter.saved)
        painter.save()
        painter.open(target is not None and self._is_off(target.get("OC")))
        painter.depth += 1
        box = resolve1(target.get("BBox")) if target is not None else None
        if box:
            matrix = tuple(map(resolve1, resolve1(target.get("Matrix")) or MATRIX_IDENTITY))
            corners = tuple(float(resolve1(side)) for side in box)
            painter.enter(mult_matrix(matrix, self.ctm), corners, bool(target.get("Group")))
        super().do_Do(xobjid_arg)
        painter.depth -= 1
        while len(painter.marks) > marks:
            painter.end()
        del painter.saved[saved + 1 :]  # A form may leave states or marks open.
        painter.restore()


def _number(value: Any, otherwise: float) -> float:
    """A number of the file, or what holds without it where something else stands there."""
    value = resolve1(value)
    return float(value) if isinstance(value, (int, float)) else otherwise


def _blends(mode: Any) -> bool:
    """Whether a blend mode lets what lies under a patch show through, as Multiply does."""
    first = resolve1(mode[0]) if isinstance(mode, list) and mode else mode
    return str(literal_name(first)) not in ("Normal", "Compatible")
