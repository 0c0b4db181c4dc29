"""Shapes of answers: a JSON schema that guides decoding, and a strict reader of the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from conference.core.forms import Field, Form, problems
from conference.core.marks import repeated
from conference.models.thinking import without_thoughts

T = TypeVar("T")
# A score as models write it without guided decoding: with its meaning ("3: reject") or as a
# fraction of the largest value. A second number, as in "6-8", "6,5" and "6 (or 8)", is rejected.
VALUE = re.compile(
    r"\s*+(\d+(?:\.\d+)?)\s*+(?:(?:/|out of)\s*+(\d+)\s*+)?"
    r"(?:[:,;(–—-]\s*+(?!\d|(?:or|to|and)\b).*)?",
    re.DOTALL | re.IGNORECASE,
)
FENCE = re.compile(r"```\w*+\s*+(?=\{)")
NOTES = ("title", "description", "default")
# The characters that guided decoding may write in a text of limited length. It needs a pattern:
# `maxLength` lets raw control characters through, which JSON parsers reject.
CHARACTER = r"[ !#-\[\]-~]"
REPEATED = 128  # xgrammar 0.2.8 fails on patterns with more repetitions.


class Shape(msgspec.Struct, Generic[T], frozen=True):
    """`schema` guides decoding; `read` turns the answer into `T` or raises `ValueError`.

    `code` names the fields that hold code, in which LaTeX is not repaired. `asked` is appended to
    every prompt for this shape; "" if the prompt itself describes the answer.
    """

    name: str
    schema: dict[str, Any]
    read: Callable[[str], T]
    code: tuple[str, ...] = ()
    asked: str = ""

    def bounded(self, longest: int) -> dict[str, Any]:
        """The schema with each free text limited to `longest` characters; 0 for no limit."""
        return _bounded(self.schema, longest) if longest else self.schema


def struct_shape(kind: type[T], code: tuple[str, ...] = ()) -> Shape[T]:
    """The shape of a msgspec struct; `code` as in `Shape`."""
    (schema,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    whole = _resolved(schema, parts)

    def read(text: str) -> T:
        found = _unwrapped(_object(text), whole["properties"])
        try:
            return msgspec.convert(found, type=kind)
        except msgspec.MsgspecError as error:
            raise ValueError(_plain(str(error))) from error

    return Shape(kind.__name__, whole, read, code)


class Filled(msgspec.Struct, frozen=True):
    """A filled form: scores and texts by field name, and the thoughts written before them."""

    scores: dict[str, float]
    texts: dict[str, str]
    thoughts: str = ""
    done: bool = False


def form_shape(form: Form, reflecting: bool = False, thoughts: bool = True) -> Shape[Filled]:
    """The shape of a filled review form: thoughts first, then texts, then scores.

    Scores come last so that they follow from what was written. `reflecting` adds `done`, with which
    a reviewer says that nothing is left to change; without `thoughts` the shape is only the form.
    """
    fields = [*form.texts, *form.choices, *form.scores]
    rated = {field.name for field in form.scores}
    properties: dict[str, Any] = {"thoughts": {"type": "string"}} if thoughts else {}
    properties |= {field.name: _property(field) for field in fields}
    if reflecting:
        properties["done"] = {"type": "boolean"}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

    def read(text: str) -> Filled:
        found = _unwrapped(_object(text), properties)
        thoughts, done = found.pop("thoughts", ""), found.pop("done", False)
        scores, texts = {}, {}
        for name, value in found.items():
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise ValueError(f"{name} is neither a number nor a text")
            if isinstance(value, str) and name in rated:
                scores[name] = _score(form[name], value)
            elif isinstance(value, str):
                texts[name] = value
            else:
                scores[name] = float(value)
        wrong = problems(form, scores, texts)
        wrong += [
            f"{name} says '{phrase[:60]}' over and over"
            for name, text in texts.items()
            if (phrase := repeated(text))
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return Filled(scores, texts, str(thoughts), done is True)

    least = {field.name: field.least for field in form.texts if field.required and field.least}
    return Shape("review form", schema, read, asked=_asked(properties, least))


def bare_object(text: str) -> str:
    """The JSON object in an answer, without thoughts, code fence, or words around it.

    An answer with several objects or none is returned in a form that fails when it is read.
    """
    if not text.lstrip().startswith("{"):
        text = without_thoughts(text) or text.replace("{", "(")
        text = _fenced(text)
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else text


def _fenced(text: str) -> str:
    """The object in a text's code fence, else the text."""
    begin, end = FENCE.search(text), text.rfind("```")
    if begin is None or end < begin.end():
        return text
    inside = text[begin.end() : end].rstrip()
    return inside if inside.endswith("}") else text


def _asked(properties: dict[str, dict[str, Any]], least: Mapping[str, int]) -> str:
    """A sentence that describes an object's fields in order and what each may hold; `least` are
    the fewest words of texts."""

    def held(name: str, said: dict[str, Any]) -> str:
        if "enum" in said:
            return " | ".join(map(json.dumps, said["enum"]))
        if said["type"] == "boolean":
            return "true | false"
        return f"text of at least {least[name]} words" if name in least else "text"

    fields = (f'"{name}": {held(name, said)}' for name, said in properties.items())
    return f"Answer with one JSON object: {{{', '.join(fields)}}}"


def _score(field: Field, value: str) -> float:
    """A score that came as a text. Raises `ValueError` unless it states exactly one number."""
    number = VALUE.fullmatch(value)
    if number is None or (number[2] and float(number[2]) != max(field.values)):
        raise ValueError(f"{field.name} is {value[:60]!r}; give one number of {_listed(field)}")
    return float(number[1])


def _listed(field: Field) -> str:
    return ", ".join(f"{value:g}" for value in field.values)


def _unwrapped(found: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The inner object of an answer wrapped as {"review": {…}}."""
    while len(found) == 1:
        ((name, value),) = found.items()
        if name in names or not isinstance(value, dict):
            break
        found = value
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dict of these pairs. Raises `ValueError` if a name has two different values."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found and found[name] != value:
            raise ValueError(f"it has {name[:60]!r} twice, with different values")
        found[name] = value
    return found


def _object(text: str) -> dict[str, Any]:
    if not text.strip():
        raise ValueError("the answer is empty")
    try:
        # NaN and Infinity are not JSON: read as texts, they are not accepted as scores.
        found = json.loads(text, object_pairs_hook=_once, parse_constant=str)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _property(field: Field) -> dict[str, Any]:
    if field.kind == "score":
        values = [int(value) if value == int(value) else value for value in field.values]
        whole = all(isinstance(value, int) for value in values)
        return {"type": "integer" if whole else "number", "enum": values}
    if field.kind == "choice":
        return {"type": "string", "enum": list(field.choices)}
    return {"type": "string"}


def _resolved(schema: Any, parts: Mapping[str, Any]) -> Any:
    """A schema with references expanded, no further properties allowed, and notes removed."""
    if isinstance(schema, list):
        return [_resolved(part, parts) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(parts[schema["$ref"].rsplit("/", 1)[1]], parts)
    # A note of that name is dropped, a property of that name is not.
    found = {
        key: _resolved(value, parts)
        for key, value in schema.items()
        if key not in NOTES or not isinstance(value, str)
    }
    if found.get("type") == "object" and "properties" in found:
        found["additionalProperties"] = False
        found["required"] = list(found["properties"])
    return found


def _bounded(schema: Any, longest: int) -> Any:
    if isinstance(schema, list):
        return [_bounded(part, longest) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "string" and "enum" not in schema:
        return {"type": "string", "pattern": _pattern(longest)}
    return {key: _bounded(value, longest) for key, value in schema.items()}


def _pattern(longest: int) -> str:
    """A pattern for texts of one to `longest` characters (above 128, up to a few fewer).

    Long texts are blocks of one size. All but the last are full, so that matching is unambiguous.
    """
    blocks = -(-longest // REPEATED)
    size = longest // blocks
    full = f"({CHARACTER}{{{size}}}){{0,{blocks - 1}}}" if blocks > 1 else ""
    return f"^{full}{CHARACTER}{{1,{size}}}$"


def _plain(message: str) -> str:
    return message.replace(" - at `$.", " - at `").replace(" - at `$`", "")
