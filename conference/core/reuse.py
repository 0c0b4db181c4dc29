"""Takes over task results from earlier rounds whose tasks had exactly the same inputs.

A task's result is a pure function of its sight, its agent, its mind's revision and its seed. So a
round that finds the same task in another round's ledger takes the result from there: nothing is
computed, and no language model is paid, twice.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.core.files import EXPERIMENTS, PAPERS
from conference.core.ledger import Ledger, read_ledger
from conference.core.tasks import CentralSight, Done, Task, TaskKey

DIGEST = 16  # bytes
PLAIN = frozenset((str, int, float, bool, type(None)))  # Most of what a task sees.
FILE_NAME = re.compile(rb'"([0-9a-f]{32}\.[A-Za-z0-9._-]+)"')
FAILED = b'"type":"Failure"'


class Digests:
    """Digests of what tasks depend on. What many tasks of a step share, such as a paper or a form,
    is digested once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[msgspec.Struct, bytes]] = {}

    def of(self, task: Task, seed: int, revision: str) -> bytes:
        """A digest of all that the task's result depends on: equal digests mean equal results.

        `revision` identifies what performs the task: code, coefficients, prompts, model.
        """
        sight, seen = task.sight, [task.sight]
        if not isinstance(sight, CentralSight):  # A step's only central task shares nothing.
            values = (getattr(sight, name) for name in sight.__struct_fields__)
            seen = [each if type(each) in PLAIN else self._short(each) for each in values]
        agent = self._short(task.agent)
        return _digest((seed, task.key, agent, type(sight).__name__, seen, revision))

    def _short(self, value: Any) -> Any:
        """The value, with each record in it replaced by its digest."""
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            return [self._short(each) for each in value]
        if not isinstance(value, msgspec.Struct):
            return value
        digest = _digest(value)
        self._known[id(value)] = (value, digest)  # Held here, so that its id is not used again.
        return digest


def _digest(value: Any) -> bytes:
    return hashlib.blake2b(_encoder.encode(value), digest_size=DIGEST).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        content = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=DIGEST)
        return [str(value.dtype), value.shape, content.hexdigest()]
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value).__name__)


_encoder = msgspec.json.Encoder(enc_hook=_plain)


class Pool:
    """Earlier rounds whose results may be taken over; their ledgers are opened when needed."""

    def __init__(self, folders: Sequence[str | Path] = ()) -> None:
        self._folders = [Path(folder) for folder in folders]

    @cached_property
    def _ledgers(self) -> list[Ledger]:
        return [read_ledger(folder) for folder in self._folders]

    @cache  # noqa: B019 - a pool lives as long as its round.
    def _seen(self, ledger: Ledger, step: str) -> dict[TaskKey, bytes]:
        return ledger.seen(step)

    def find(self, digests: Mapping[TaskKey, bytes], into: Path) -> list[Done]:
        """The results, from earlier rounds, of a step's tasks with the same digests.

        Files that a result names are linked or copied into the folder `into`.
        """
        found: dict[TaskKey, Done] = {}
        for ledger in self._ledgers if digests else ():
            seen = self._seen(ledger, next(iter(digests)).step)
            for key, digest in digests.items():
                if key in found or seen.get(key) != digest:
                    continue
                done = ledger.done(key)
                if FAILED not in done.records:
                    _bring_files(done.records, ledger.folder, into)
                    found[key] = done
        return list(found.values())


def _bring_files(records: bytes, source: Path, into: Path) -> None:
    for name in {found.decode() for found in FILE_NAME.findall(records)}:
        for part in (PAPERS, EXPERIMENTS):
            there, here = source / part / name, into / part / name
            if there.is_file() and not here.exists():
                here.parent.mkdir(parents=True, exist_ok=True)
                try:
                    here.hardlink_to(there)
                except OSError:  # Another disk, or one without links.
                    shutil.copyfile(there, here)
