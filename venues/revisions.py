"""The revision of the code behind a task: results are reused only between equal revisions."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import msgspec

from conference.core.tasks import Task
from conference.models import is_model, parse_spec, rules_for
from conference.models.records import OPERATIONAL
from venues.venue import Venue

HOUSE = Path(__file__).resolve().parent.parent
LANGUAGE = "language"  # the folder of a role's language mind
CODE = (".py", ".toml", ".md", ".npz", ".json", ".j2", ".typ", ".bib")
ROLES = {"scientist": "scientists", "reviewer": "reviewers"}


def revision_of(task: Task, venue: Venue) -> str:
    """A string that changes with the code and coefficients behind a task.

    For a language model's task it changes with the prompts and the model's sampling, not with our
    code, so that answers that were paid for stay usable when the code changes.
    """
    if task.agent is None:
        return _digest_of_folders("venues", "conference")
    role, mind = ROLES.get(task.agent.role, "chairs"), task.agent.mind
    if not is_model(mind):
        return f"{mind} {_digest_of_folders(role, 'conference/papers')}"
    rules = msgspec.to_builtins(rules_for(parse_spec(mind), venue.models))
    sampling = sorted((name, str(rules[name])) for name in rules if name not in OPERATIONAL)
    prompts = _digest_of_folders(f"{role}/{LANGUAGE}/prompts", "conference/models/prompts")
    return f"{mind} {sampling} {prompts}"


@cache
def _digest_of_folders(*folders: str) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((HOUSE / folder).rglob("*")):
            if path.suffix in CODE and path.is_file():
                digest.update(f"{path.relative_to(HOUSE)}\x1f".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]
