"""The protocol of literature indexes, and a function that opens one by name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Protocol

from conference.core.errors import UserError
from conference.core.records import Work
from conference.core.scratch import scratch
from conference.literature.clients import CLIENTS, Client
from conference.literature.local import LocalIndex, read_works

FORMS = f"local:PATH, {', '.join(CLIENTS)}"
TRIAL = "neural networks"


class Literature(Protocol):
    """An index of published works."""

    def search(self, query: str, limit: int) -> tuple[Work, ...]:
        """The works nearest to a query, best first; at most `limit`, possibly none.

        Raises:
            Unreachable: the index did not answer within its time.
        """
        ...


def open_literature(spec: str, cache: Path) -> Literature:
    """The index that `spec` names: local:PATH, semanticscholar, openalex.

    NAME@URL names another server with the same interface. Servers' answers are cached in the folder
    `cache`, so that a resumed round does not ask again.

    Raises:
        UserError: there is no such index, or its files cannot be read.
    """
    kind, _, rest = spec.partition(":")
    if kind == "local" and rest:
        return _local(rest)
    name, _, url = spec.partition("@")
    if name in CLIENTS:
        return Client(CLIENTS[name], cache, url=url)
    raise UserError(f"--literature {spec}: there is no such index; give one of: {FORMS}.")


def resolved(spec: str) -> str:
    """The same index with an absolute path, so that processes in other folders find it."""
    kind, _, rest = spec.partition(":")
    return f"local:{Path(rest).resolve()}" if kind == "local" and rest else spec


@lru_cache(maxsize=4)
def _local(path: str) -> LocalIndex:
    return LocalIndex(read_works(Path(path)))


def check_literature(spec: str) -> None:
    """Ask the index once, before a round, and keep nothing. "" stands for no index.

    Raises:
        UserError: it does not exist, cannot be read, or does not answer.
    """
    if not spec:
        return
    with scratch("literature") as folder:
        open_literature(spec, folder).search(TRIAL, 1)
