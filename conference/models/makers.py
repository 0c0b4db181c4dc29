"""Makes a model from its name: `vllm:`, `openai:`, `transformers:`, `replay:`, or a plug-in's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from conference.core.errors import UserError
from conference.core.registry import MODELS, is_registered, load, registered
from conference.models.records import Model, ModelRules, Spec

SECRET = re.compile(r"(?<=//)[^/@]*@|(?<=//).*\?")  # in an address: USER:KEY@ or ?key=KEY


def known_kinds() -> tuple[str, ...]:
    """The kinds of models that installed packages register."""
    return registered(MODELS)


def is_model(name: str) -> bool:
    """Whether a mind's name is that of a language model."""
    return is_registered(MODELS, name.partition(":")[0])


def parse_spec(name: str) -> Spec:
    """The parts of a model's name. Raises `UserError` for an unknown kind."""
    kind, _, rest = name.partition(":")
    target, _, preset = rest.partition("#")
    if secret := SECRET.search(target):
        raise UserError(
            f"model '{kind}:{target[: secret.start()]}…': its address holds a user, a key or a "
            "query after '?'; leave that out, because a model's name is kept in the round's "
            "folder, and give the key in an environment variable (key_variable in [models])."
        )
    if kind not in known_kinds():
        raise UserError(
            f"model '{name}': there is no kind '{kind}'; choose from {', '.join(known_kinds())}."
        )
    if not target:
        raise UserError(f"model '{name}': nothing follows '{kind}:'; name the model there.")
    return Spec(kind, target, preset or "default")


def over_default(tables: Mapping[str, object]) -> dict[str, object]:
    """A file's tables of models, each completed from the table `default`."""
    base = tables.get("default")
    return {
        name: {**base, **own} if isinstance(base, dict) and isinstance(own, dict) else own
        for name, own in tables.items()
    }


def rules_for(spec: Spec, tables: Mapping[str, ModelRules]) -> ModelRules:
    """The model's own table of the venue's `[models]`, else the table `default`."""
    return tables.get(spec.text) or tables.get("default") or ModelRules()


def rules_by_model(names: Iterable[str], tables: Mapping[str, ModelRules]) -> dict[str, ModelRules]:
    """The language models among these names of minds or reviewers, each with its rules."""
    specs = [parse_spec(name) for name in names if is_model(name)]
    return {spec.text: rules_for(spec, tables) for spec in specs}


def make_model(spec: Spec, rules: ModelRules) -> Model:
    """A new model; the caller caches it.

    Raises:
        UserError: its package is not installed, or its name is wrong.
    """
    model: Model = load_maker(spec.kind)(spec.target, rules)
    return model


def load_maker(kind: str) -> Any:
    """The maker of models of a kind: called with target and rules, it returns a `Model`.

    Its attribute `back_end`, if present, makes the `BackEnd` that its models need.
    """
    return load(MODELS, kind, f"model '{kind}:…'")
