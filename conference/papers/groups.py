"""Knockout groups, in which each object replaces those below; PDFium paints over them instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf.generic import DictionaryObject


def replace_what_they_cover(form: DictionaryObject) -> None:
    """Make all objects of a knockout group opaque, so that they hide what they cover.

    A transparent object of such a group shows the backdrop of the group instead of the objects
    below it; drawn opaque, it hides the same objects.
    """
    group = _resolved(form.get("/Group"))
    if isinstance(group, dict) and _resolved(group.get("/K")):
        _make_opaque(form, set())


def _make_opaque(form: Any, seen: set[int]) -> None:
    from pypdf.generic import FloatObject, NameObject

    resources = _resolved(form.get("/Resources")) or {}
    states = _resolved(resources.get("/ExtGState")) or {}
    for name, state in list(states.items()):
        opaque = type(_resolved(state))(_resolved(state))  # A copy: others may use this state.
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
