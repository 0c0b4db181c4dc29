"""Named configurations of language-model reviewers, and the examples they are shown."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.models.prompts import defused, render

HERE = Path(__file__).parent
PROMPTS = HERE / "prompts"


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of presets.toml, where its fields are explained."""

    reflections: int
    ensemble: int
    few_shot: int
    images: int
    form: str
    source: str
    temperature: float | None = None
    ensemble_temperature: float | None = None
    says: str = ""


@cache
def load_preset(name: str) -> Preset:
    """The preset of that name. Raises `UserError` for an unknown one."""
    rows = msgspec.toml.decode((HERE / "presets.toml").read_bytes(), type=dict[str, Preset])
    if name not in rows:
        raise UserError(f"preset '{name}': there is none; choose from {', '.join(rows)}.")
    return rows[name]


class Example(msgspec.Struct, frozen=True):
    """A person's review of a paper: one line of an examples file."""

    title: str
    text: str
    review: dict[str, str | float | int]


@cache
def examples_text(path: str, count: int) -> str:
    """The first `count` examples of a JSONL file as a prompt's part; "" for none.

    Raises:
        UserError: the file is missing, a line is wrong, or it has too few.
    """
    if not count:
        return ""
    if not path:
        raise UserError(
            f"this preset shows its reviewer {count} example review(s); name a JSONL file of them "
            "(title, text, review) in the model's `examples`, or choose another preset."
        )
    try:
        lines = [line for line in Path(path).read_text().splitlines() if line.strip()]
        rows = [msgspec.json.decode(line, type=Example) for line in lines[:count]]
    except OSError as error:
        raise UserError(f"{path}: the examples cannot be read ({error.strerror}).") from error
    except msgspec.MsgspecError as error:
        raise UserError(f"{path}: {error}; each line needs title, text and review.") from error
    if len(rows) < count:
        raise UserError(f"{path}: {count} example reviews are wanted and it has {len(rows)}.")
    return "\n\n".join(
        render(
            PROMPTS,
            "example",
            title=defused(row.title),
            text=defused(row.text),
            review=defused(json.dumps(row.review, ensure_ascii=False)),
        )
        for row in rows
    )
