"""Rewrites PDFs where PDFium paints differently from the standard, so that it follows it.

PDFium paints colours whose inks are all None, ignores lists of blend modes, and leaves out the
gamma of calibrated greys, where viewers that follow the standard show white. It also ignores some
rules of layers. These parts are replaced by equivalents that PDFium follows. If there is no
equivalent (`strictly`), the file is drawn a second time in a changed form, and only what both
drawings show counts as visible.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from conference.papers import colours, groups, layers

if TYPE_CHECKING:
    from pypdf import PdfWriter
    from pypdf.generic import ArrayObject, DictionaryObject

MODES = frozenset((
    "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten",
    "/ColorDodge", "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue",
    "/Saturation", "/Color", "/Luminosity",
))  # fmt: skip
MOST_BYTES = 2**26  # of the objects in one stream
LUMINANCE_TO_GREY = 1 / 2.2  # of a device's grey
_PACKED = re.compile(rb"/ObjStm[^>]*>*[^>]*?stream\r?\n")
_PERHAPS = re.compile(
    rb"/CalGray|/ColorBurn|/DeviceN|/BM(?:[\s\0]*[\[%]|[\s\0]+\d)|/[!-~]{0,30}#[0-9A-Fa-f]{2}"
    rb"|/(?:Category|Intent)[\s\0/\[%]|/ViewState|/Default(?:Gray|RGB|CMYK)|/SetOCGState|/Hide\b"
    rb"|/K[\s\0]*%|/K[\s\0]+true|/Transparency[^>]{0,99}/K[\s\0]+\d|/K[\s\0]+\d[^>]{0,99}/Transparency"
)
_SURELY = re.compile(
    rb"/CalGray|/BM(?:[\s\0]*[\[%]|[\s\0]+\d)|/DeviceN\s*(?:\[\s*(?:/None\s*)+\]|\d)"
    rb"|/Category\s*(?:/|\d|\[[^\]]*/)(?:Zoom|Language|User)|/Intent\s*(?:/Design|/All|\[|\d)"
    rb"|/SetOCGState|/S\s*/Hide\b"
)
_BY_USE = re.compile(rb"/Category|/ViewState")
_OFF = re.compile(rb"State\s*/OFF|/OFF\s*(?:\d|\[\s*\d)")
_TWICE = re.compile(
    rb"/ColorBurn|/Default(?:Gray|RGB|CMYK)|/K\s+true"
    rb"|/Transparency[^>]{0,99}/K\s+\d|/K\s+\d[^>]{0,99}/Transparency"
)


def may_differ(data: bytes) -> bool:
    """Whether a file may have such parts; one that packs its objects unusually may."""
    return any(part is None or _PERHAPS.search(part) for part in (data, *_unpacked(data)))


def _unpacked(data: bytes) -> Iterator[bytes | None]:
    """The unpacked object streams; None for one that is not packed in the usual way."""
    found = list(_PACKED.finditer(data))
    if len(found) != data.count(b"/ObjStm"):
        yield None
    for each in found:
        head = data[data.rfind(b"obj", 0, each.start()) : each.end()]
        common = head.count(b"Decode") == 1 and b"/FlateDecode" in head and b"#" not in head
        try:
            inflate = zlib.decompressobj()
            part = inflate.decompress(memoryview(data)[each.end() :], MOST_BYTES)
            yield part if common and inflate.eof else None
        except zlib.error:
            yield None


def as_the_standard_paints(saved: bytes) -> bytes | None:
    """The rewritten file; None if nothing differs. `saved` is the file as PDFium saved it.

    Raises:
        ValueError: the file cannot be parsed.
    """
    differs = _SURELY.search(saved) or (_BY_USE.search(saved) and _OFF.search(saved))
    return _changed(saved, _plainly) if differs else None


def strictly(saved: bytes) -> bytes | None:
    """The changed form for a second drawing, if the file has parts without equivalent; else None.

    Raises:
        ValueError: the file cannot be parsed.
    """
    return _changed(saved, _strictly) if _TWICE.search(saved) else None


def _changed(saved: bytes, change: Callable[[PdfWriter], None]) -> bytes:
    from pypdf import PdfWriter
    from pypdf.errors import PyPdfError

    made = io.BytesIO()
    try:
        writer = PdfWriter(clone_from=io.BytesIO(saved))
        change(writer)
        writer.write(made)
    except (PyPdfError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"its colours cannot be parsed ({error})") from error
    return made.getvalue()


def _plainly(writer: PdfWriter) -> None:
    for part in _parts(writer.root_object):
        _put_plainly(part)
    layers.put_plainly(writer.root_object)


def _strictly(writer: PdfWriter) -> None:
    from pypdf.generic import DictionaryObject, NameObject

    for part in _parts(writer.root_object):
        if isinstance(part, DictionaryObject):
            # On white ColorBurn stays white for any colour; in PDFium only Overlay does that.
            if part.get("/BM") == "/ColorBurn":
                part[NameObject("/BM")] = NameObject("/Overlay")
            groups.replace_what_they_cover(part)
            colours.name_defaults(part)


def _parts(root: Any) -> Iterator[Any]:
    """Each dictionary and array that can be reached from the root, once."""
    from pypdf.generic import ArrayObject, DictionaryObject

    seen: set[int] = set()
    waiting = [root]
    while waiting:
        part = waiting.pop().get_object()
        if isinstance(part, (ArrayObject, DictionaryObject)) and id(part) not in seen:
            seen.add(id(part))
            yield part
            waiting += part if isinstance(part, ArrayObject) else part.values()


def _put_plainly(part: ArrayObject | DictionaryObject) -> None:
    from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject

    if isinstance(part, DictionaryObject):
        if "/BM" in part:
            part[NameObject("/BM")] = NameObject(_mode(part["/BM"]))
        return
    kind, *rest = [each.get_object() for each in part] or [None]
    if kind == "/DeviceN" and len(rest) > 2 and rest[0] and set(rest[0]) == {"/None"}:
        part[:] = [NameObject("/Separation"), NameObject("/None"), *part[2:4]]
    elif kind == "/CalGray" and rest and isinstance(rest[0], DictionaryObject):
        power = float(rest[0].get("/Gamma", 1)) * LUMINANCE_TO_GREY
        ends = {"/C0": 0, "/C1": 1}
        tint = DictionaryObject(
            {
                NameObject("/FunctionType"): FloatObject(2),
                NameObject("/Domain"): ArrayObject([FloatObject(0), FloatObject(1)]),
                NameObject("/N"): FloatObject(power),
            }
        )
        for name, value in ends.items():
            tint[NameObject(name)] = ArrayObject([FloatObject(value)])
        names = [NameObject(name) for name in ("/Separation", "/Grey", "/DeviceGray")]
        part[:] = [*names, tint]


def _mode(given: Any) -> str:
    """The first known blend mode."""
    from pypdf.generic import ArrayObject

    modes = map(str, given if isinstance(given, ArrayObject) else [given])
    return next((mode for mode in modes if mode in MODES), "/Normal")
