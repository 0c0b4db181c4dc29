"""Switches off layers of a PDF that viewers hide by rules that PDFium does not follow.

A configuration may be for another intent than viewing, and a layer may be shown only at some zoom,
in some language or to some user. We assume a reader who sees pages at their own size, in English,
and is not a named user. A layer's usage counts only if the configuration asks for it; PDFium
always applies it first. Actions that run when the file or a page is opened may switch layers and
show or hide annotations; PDFium runs none of them, so they are applied here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf.generic import DictionaryObject

LANGUAGE = "en"
MOST_ACTIONS = 1000  # of a chain, which may lead back into itself
HIDDEN, NOT_VIEWED = 2, 32  # flags of an annotation


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
    for action in _at_once(root):
        _switch(action, off, root)
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


def _at_once(root: DictionaryObject) -> list[DictionaryObject]:
    """The actions that are done as the file and its pages are opened."""
    found: list[DictionaryObject] = []
    waiting = [root.get("/OpenAction"), *(page.get("/O") for page in map(_events, _pages(root)))]
    while waiting and len(found) < MOST_ACTIONS:
        action = waiting.pop(0)
        found.append(_dictionary(action))
        following = found[-1].get("/Next")
        waiting[:0] = _list(following) or ([following] if _dictionary(following) else [])
    return found


def _events(page: DictionaryObject) -> DictionaryObject:
    return _dictionary(page.get("/AA"))


def _pages(root: DictionaryObject) -> list[DictionaryObject]:
    """The pages, each once; a tree of them may lead back into itself."""
    found: list[DictionaryObject] = []
    seen: set[int] = set()
    waiting = [_dictionary(root.get("/Pages"))]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        kids = _list(part.get("/Kids"))
        waiting += map(_dictionary, reversed(kids))
        found += [] if kids else [part]
    return found


def _switch(action: DictionaryObject, off: dict[int, Any], root: DictionaryObject) -> None:
    """Do an action that switches layers, or that hides or shows annotations."""
    from pypdf.generic import BooleanObject, NameObject, NumberObject

    if action.get("/S") == "/SetOCGState":
        mode = ""
        for each in _list(action.get("/State")):
            number, name = _number(each), each.get_object()
            if isinstance(name, str):
                mode = str(name)
            elif mode == "/OFF" or (mode == "/Toggle" and number not in off):
                off[number] = each
            else:
                off.pop(number, None)
    elif action.get("/S") == "/Hide":
        shows = isinstance(hides := action.get("/H"), BooleanObject) and not hides.value
        flag = 0 if shows else HIDDEN
        targets = action.get("/T")
        for target in _list(targets) or [targets]:
            for note in _notes(target, root):
                flags = int(note.get("/F", 0)) & ~(HIDDEN | NOT_VIEWED)
                note[NameObject("/F")] = NumberObject(flags | flag)


def _notes(target: Any, root: DictionaryObject) -> list[DictionaryObject]:
    """The annotations that an action names: itself, or a form field with all under it."""
    fields = _list(_dictionary(root.get("/AcroForm")).get("/Fields"))
    waiting = [("", _dictionary(each), False) for each in fields]
    named = target.get_object() if target is not None else None
    if not isinstance(named, str):
        waiting = [("", _dictionary(target), True)]
    found: list[DictionaryObject] = []
    seen: set[int] = set()
    while waiting:
        above, field, chosen = waiting.pop()
        if id(field) in seen:
            continue
        seen.add(id(field))
        name = ".".join(filter(None, (above, str(field.get("/T", "")))))
        chosen = chosen or name == named
        found += [field] if chosen and "/Rect" in field else []
        waiting += [(name, _dictionary(each), chosen) for each in _list(field.get("/Kids"))]
    return found


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
