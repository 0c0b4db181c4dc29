"""Switches off layers of a PDF that viewers hide by rules that PDFium does not follow.

A configuration may be for another intent than viewing, and a layer may be shown only at some zoom,
in some language or to some user. We assume a reader who sees pages at their own size, in English,
and is not a named user. A layer's usage counts only if the configuration asks for it; PDFium
always applies it first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf.generic import DictionaryObject

LANGUAGE = "en"


def put_plainly(root: DictionaryObject) -> None:
    """State for each layer, with ON and OFF only, whether a reader sees it."""
    from pypdf.generic import ArrayObject, NameObject

    layers = _dictionary(root.get("/OCProperties"))
    default = _dictionary(layers.get("/D"))
    groups = _list(layers.get("/OCGs"))
    wanted = _names(default.get("/Intent"))
    off = {_number(each): each for each in _list(default.get("/OFF"))}
    for group in groups:
        if "/All" not in wanted and not wanted & _names(_dictionary(group).get("/Intent")):
            off.pop(_number(group), None)
        _dictionary(group).pop("/Intent", None)
    for use in map(_dictionary, _list(default.get("/AS"))):
        kinds = _names(use.get("/Category"))
        for group in _list(use.get("/OCGs")) if use.get("/Event") == "/View" else []:
            if any(not _shown(kind, _dictionary(group)) for kind in kinds):
                off[_number(group)] = group
    for group in map(_dictionary, (*groups, *off.values())):
        group.pop("/Usage", None)
    default.pop("/AS", None)
    default.pop("/Intent", None)
    default[NameObject("/OFF")] = ArrayObject(off.values())
    on = (each for each in _list(default.get("/ON")) if _number(each) not in off)
    default[NameObject("/ON")] = ArrayObject(on)


def _shown(kind: str, group: DictionaryObject) -> bool:
    """Whether a reader sees a layer by one kind of its usage."""
    use = _dictionary(_dictionary(group.get("/Usage")).get(kind))
    if kind == "/Zoom":
        return float(use.get("/min", 0)) <= 1 < float(use.get("/max", 1e9))
    if kind == "/Language":
        return str(use.get("/Lang", LANGUAGE)).lower().startswith(LANGUAGE)
    return str(use.get(f"{kind}State", "/ON")) != "/OFF" and (kind != "/User" or not use)


def _dictionary(value: Any) -> DictionaryObject:
    from pypdf.generic import DictionaryObject

    found = value.get_object() if value is not None else None
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _list(value: Any) -> list[Any]:
    from pypdf.generic import ArrayObject

    found = value.get_object() if value is not None else None
    return list(found) if isinstance(found, ArrayObject) else []


def _names(value: Any) -> set[str]:
    found = value.get_object() if value is not None else None
    return {str(each) for each in _list(value)} or {str(found) if found else "/View"}


def _number(reference: Any) -> int:
    """An object's number, or its memory address if it is a direct object."""
    return int(getattr(reference, "idnum", 0)) or id(reference)
