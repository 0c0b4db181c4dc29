"""A venue's review form: its fields and the values that each may take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from conference.core.errors import UserError

FieldKind = Literal["score", "text", "choice"]


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a form. `values` are the allowed scores, lowest first; text fields have none.

    A language model whose text has fewer words than `least` is asked again.
    """

    name: str
    kind: FieldKind
    label: str = ""
    help: str = ""
    values: tuple[float, ...] = ()
    anchors: dict[str, str] = {}
    choices: tuple[str, ...] = ()
    required: bool = True
    least: int = 0

    def place(self, value: float) -> float:
        """A value's position on the scale: 0 for the lowest step, 1 for the next, interpolated
        between steps. Raises `ValueError` for a value outside the scale."""
        above = next((at for at, step in enumerate(self.values) if step >= value), None)
        if above is None or value < self.values[0]:
            low, high = self.values[0], self.values[-1]
            raise ValueError(f"{self.name} {value:g} is not within {low:g} to {high:g}")
        if self.values[above] == value:
            return float(above)
        low, high = self.values[above - 1], self.values[above]
        return above - 1 + (value - low) / (high - low)


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A review form. `rating` names the overall score; `confidence` may be absent ("")."""

    field: tuple[Field, ...]
    rating: str
    confidence: str = ""
    source: str = ""
    verified: bool = False
    not_verified: str = ""

    def __getitem__(self, name: str) -> Field:
        for field in self.field:
            if field.name == name:
                return field
        raise KeyError(name)

    @property
    def scores(self) -> tuple[Field, ...]:
        """The score fields, including rating and confidence."""
        return tuple(field for field in self.field if field.kind == "score")

    @property
    def texts(self) -> tuple[Field, ...]:
        return tuple(field for field in self.field if field.kind == "text")

    @property
    def choices(self) -> tuple[Field, ...]:
        return tuple(field for field in self.field if field.kind == "choice")


def without_texts(form: Form) -> Form:
    """The form with only its scores and choices."""
    kept = tuple(field for field in form.field if field.kind != "text")
    return msgspec.structs.replace(form, field=kept)


def with_least(form: Form, words: int) -> Form:
    """The form with required text fields that ask for at least `words` words each."""
    fields = (
        msgspec.structs.replace(field, least=max(field.least, words))
        if field.kind == "text" and field.required
        else field
        for field in form.field
    )
    return msgspec.structs.replace(form, field=tuple(fields))


def least_words(form: Form) -> int:
    """The smallest `least` of the form's required text fields, which holds for comments too;
    0 if there is no such field."""
    return min((field.least for field in form.texts if field.required), default=0)


def check_form(form: Form, where: str) -> None:
    """Raise a `UserError` that names the field if the form contradicts itself."""
    names = [field.name for field in form.field]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{where}: form field '{name}' is listed twice; remove one of them.")
    for role, name in (("rating", form.rating), ("confidence", form.confidence)):
        if name and (name not in names or form[name].kind != "score"):
            raise UserError(
                f"{where}: form.{role} names '{name}', which is not a score field of the form; "
                f"add it or name one of {', '.join(f.name for f in form.scores)}."
            )
    if not form.rating:
        raise UserError(f"{where}: form.rating is empty; name the overall score's field.")
    for field in form.field:
        _check_field(field, where)


def _check_field(field: Field, where: str) -> None:
    place = f"{where}: form field '{field.name}'"
    if field.kind == "score":
        if len(field.values) < 2:
            raise UserError(f"{place} has fewer than two values; list the scale in 'values'.")
        if list(field.values) != sorted(set(field.values)):
            raise UserError(
                f"{place} has a scale that does not rise ({list(field.values)}); "
                "list each value once, lowest first."
            )
        unknown = [key for key in field.anchors if not _is_value(key, field.values)]
        if unknown:
            raise UserError(
                f"{place} has an anchor for {unknown[0]!r}, which is not on its scale; "
                "fix 'anchors' or 'values'."
            )
    if field.kind == "choice" and len(field.choices) < 2:
        raise UserError(f"{place} has fewer than two choices; list them in 'choices'.")


def _is_value(key: str, values: tuple[float, ...]) -> bool:
    try:
        return float(key) in values
    except ValueError:
        return False


def _words(text: str) -> int:
    """The number of words with a letter in them: a list of numbers has none."""
    return sum(any(map(str.isalpha, word)) for word in text.split())


def problems(form: Form, scores: Mapping[str, float], texts: Mapping[str, str]) -> list[str]:
    """What is wrong with a filled form: missing required fields, values off their scale."""
    found = []
    for field in form.field:
        if field.kind == "score":
            value = scores.get(field.name)
            if value is None:
                if field.required:
                    found.append(f"{field.name} is missing")
            elif value not in field.values:
                found.append(f"{field.name} is {value:g}, not one of {_listed(field.values)}")
        else:
            text = texts.get(field.name, "")
            if field.required and not any(map(str.isalnum, text)):
                found.append(f"{field.name} is empty")
            elif field.required and _words(text) < field.least:
                found.append(f"{field.name} has fewer than {field.least} words")
            elif text and field.kind == "choice" and text not in field.choices:
                found.append(f"{field.name} is {text!r}, not one of {', '.join(field.choices)}")
    known = {field.name for field in form.field}
    found += [f"{name} is not on the form" for name in [*scores, *texts] if name not in known]
    return found


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)
