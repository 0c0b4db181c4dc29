"""Knockout groups, of which each object replaces those under it: PDFium paints it over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf.generic import DictionaryObject


def replace_what_they_cover(form: DictionaryObject) -> None:
    """Make all that a knockout group paints opaque, as it takes away what it covers.

    A clear object of such a group leaves the ground behind the group in its place; drawn opaque it
    hides the same.
    """
    group = _resolved(form.get("/Group"))
    if isinstance(group, dict) and _resolved(group.get("/K")):
        _make_opaque(form, set())


def _make_opaque(form: Any, seen: set[int]) -> None:
    from pypdf.generic import FloatObject, NameObject

    resources = _resolved(form.get("/Resources")) or {}
    states = _resolved(resources.get("/ExtGState")) or {}
    for name, state in list(states.items()):
        opaque = type(_resolved(state))(_resolved(state))  # Others may use this one too.
        for key, value in (("/ca", FloatObject(1)), ("/CA", FloatObject(1))):
            opaque[NameObject(key)] = value
        for key, word in (("/BM", "/Normal"), ("/SMask", "/None")):
            opaque[NameObject(key)] = NameObject(word)
        states[NameObject(name)] = opaque
    for each in (_resolved(resources.get("/XObject")) or {}).values():
        inner = _resolved(each)
        if id(inner) not in seen and inner.get("/Subtype") == "/Form":
            seen.add(id(inner))
            _make_opaque(inner, seen)


def _resolved(value: Any) -> Any:
    return value.get_object() if value is not None else None
