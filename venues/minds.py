"""Minds by name: embedded, language models, recorded, or registered as an entry point."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.core.registry import MINDS, load, registered
from conference.models import ModelRules, is_model, known_kinds, parse_spec, rules_by_model
from conference.models.makers import over_default
from reviewers.language.presets import load_preset
from reviewers.recorded import FIRST, HUMAN, is_recorded
from reviewers.recorded import make as make_recorded
from venues.population import parse_minds
from venues.venue import Venue


def embedded(role: str, spec: str) -> Any:
    """The embedded mind of a role: reviewers are fitted to human reviews, others follow rules."""
    if role == "scientist":
        from scientists.embedded.mind import make as make_scientist

        return make_scientist()
    if role == "reviewer":
        from reviewers.embedded.mind import make as make_reviewer

        return make_reviewer()
    from chairs.embedded.mind import make as make_chair

    return make_chair()


def language(role: str) -> Any:
    """The mind of a role that asks the language model of its task's context."""
    if role == "scientist":
        from scientists.language.mind import make as make_scientist

        return make_scientist()
    if role == "reviewer":
        from reviewers.language.mind import make as make_reviewer

        return make_reviewer()
    from chairs.language.mind import make as make_chair

    return make_chair()


@cache
def mind_of(role: str, name: str) -> Any:
    """The mind called `name` ("embedded", "NAME:spec") for a role, made once per process.

    Raises:
        UserError: no installed package has a mind of that name.
    """
    kind, _, spec = name.partition(":")
    if is_model(name):
        return language(role)
    if kind == "embedded":
        return embedded(role, spec)
    if is_recorded(name) and role == "reviewer":
        return make_recorded()
    if kind in registered(MINDS):
        return load(MINDS, kind, "minds")(role, spec)
    raise UserError(
        f"minds: there is no mind '{kind}'; choose from {', '.join(known_minds(role))}."
    )


def check_minds(venue: Venue) -> None:
    """Raise `UserError` before the round starts for a mind that no installed package has.

    Also for a table of `[models]` that is named after a preset.
    """
    for table in venue.models:
        if table != "default" and parse_spec(table).text != table:
            raise UserError(
                f"models: the table '{table}' names a preset; settings are a model's, so name the "
                f"table '{table.partition('#')[0]}'."
            )
    for role in ("scientist", "reviewer", "chair"):
        for _, name in parse_minds(getattr(venue.minds, role)):
            if is_model(name):
                load_preset(parse_spec(name).preset)
            elif is_recorded(name):
                if role != "reviewer":
                    raise UserError(f"minds.{role}: '{name}': only reviewers are replayed.")
            elif name.startswith(f"{HUMAN}:"):
                raise UserError(
                    f"minds.{role}: there is no mind '{name}'; choose {HUMAN} or {FIRST}."
                )
            elif name.partition(":")[0] not in known_minds():
                raise UserError(
                    f"minds.{role}: there is no mind '{name}'; choose from "
                    f"{', '.join(known_minds(role))}."
                )


def load_models(path: str | Path) -> dict[str, ModelRules]:
    """Settings of models from a TOML file: a table `default`, and one for each model by its name.

    Fields missing from a model's own table are taken from `default`.

    Raises:
        UserError: the file is missing, or a field is wrong.
    """
    try:
        tables = msgspec.toml.decode(Path(path).read_bytes())
        return msgspec.convert(over_default(tables), dict[str, ModelRules])
    except OSError as error:
        raise UserError(
            f"{path}: the models' settings cannot be read ({error.strerror})."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {error}; fix that field.") from error


def check_new_tasks(venue: Venue, what: str) -> None:
    """Raise `UserError` for `replay:` minds, which have no answers to the new tasks of `what`."""
    for role in ("scientist", "reviewer", "chair"):
        for _, name in parse_minds(getattr(venue.minds, role)):
            if is_model(name) and parse_spec(name).kind == "replay":
                raise UserError(
                    f"minds.{role}: '{name}' repeats the calls of a round and has no answer to "
                    f"{what}; name the model itself."
                )


def known_minds(role: str = "reviewer") -> list[str]:
    """The names of all minds that a role can have; only reviewers can be recorded ones."""
    recorded = role == "reviewer"
    minds = {"embedded", *((HUMAN, FIRST) if recorded else ()), *registered(MINDS)}
    files = ("csv:FILE#COLUMN", "ai-scientist:PLACE#CONFIG") if recorded else ()
    return [*sorted(minds), *files, *(f"{kind}:MODEL" for kind in known_kinds())]


def models_of(venue: Venue) -> dict[str, ModelRules]:
    """The language models that a venue's minds use, each with its rules."""
    minds = (getattr(venue.minds, role) for role in ("scientist", "reviewer", "chair"))
    return rules_by_model((name for mind in minds for _, name in parse_minds(mind)), venue.models)
