"""Default colour spaces, which redefine device colours and which PDFium ignores.

Where a content's resources have such a space, its device colours are rewritten as colours of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf.generic import DictionaryObject

SPACES = {b"g": "Gray", b"rg": "RGB", b"k": "CMYK"}
DEEPEST = 50  # levels of a page tree that are followed, because a tree may have a cycle
_Operation = tuple[list[Any], bytes]


def name_defaults(part: DictionaryObject) -> None:
    """Rewrite the content of a page, form, pattern or font."""
    from pypdf.generic import ArrayObject, StreamObject

    defaults = _defaults(part)
    if not defaults:
        return
    contents = _resolved(part.get("/Contents")) if part.get("/Type") == "/Page" else None
    if isinstance(contents, ArrayObject) and contents:
        whole = _named(contents, defaults)
        _resolved(contents[0]).set_data(whole)
        del contents[1:]
    glyphs = (_resolved(part.get("/CharProcs")) or {}).values()
    for stream in (contents, part, *map(_resolved, glyphs)):
        if isinstance(stream, StreamObject):
            stream.set_data(_named(stream, defaults))


def _defaults(part: DictionaryObject) -> set[str]:
    owner: Any = part
    for _ in range(DEEPEST if part.get("/Type") == "/Page" else 0):
        if not isinstance(owner, dict) or "/Resources" in owner:
            break
        owner = _resolved(owner.get("/Parent"))  # A page inherits its parents' resources.
    resources = _resolved(owner.get("/Resources")) if isinstance(owner, dict) else None
    spaces = _resolved(resources.get("/ColorSpace")) if isinstance(resources, dict) else None
    return {name for name in spaces or () if name.startswith("/Default")}


def _named(content: Any, defaults: set[str]) -> bytes:
    from pypdf.generic import ContentStream, NameObject

    read = ContentStream(content, None)
    operations: list[_Operation] = []
    for operands, operator in read.operations:
        plain, stroke = operator.lower(), operator.isupper()
        name = f"/Default{SPACES.get(plain, '')}"
        if plain == b"cs" and operands and str(operands[0]).startswith("/Device"):
            named = str(operands[0]).replace("Device", "Default")
            operands = [NameObject(named)] if named in defaults else operands
        elif name in defaults:
            operations.append(([NameObject(name)], b"CS" if stroke else b"cs"))
            operator = b"SCN" if stroke else b"scn"
        operations.append((operands, operator))
    read.operations = operations
    return read.get_data()


def _resolved(value: Any) -> Any:
    return value.get_object() if value is not None else None
