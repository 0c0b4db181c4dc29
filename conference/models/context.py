"""What a mind gets beside its task: random draws, the round's folder, access to its model."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import numpy as np

from conference.core.files import EXPERIMENTS, PAPERS
from conference.core.seeds import generator
from conference.core.tasks import TaskKey
from conference.models.asking import Asker


class Context(msgspec.Struct, frozen=True):
    """One task's context.

    `slots` limits how many experiments run at once on a host. `model` asks the mind's language
    model; None for a mind without one.
    """

    seed: int
    folder: Path
    key: TaskKey
    slots: asyncio.Semaphore
    model: Asker | None = None

    @property
    def asker(self) -> Asker:
        """`model`, for minds that have one."""
        assert self.model is not None, "this mind has no model"
        return self.model

    @property
    def papers(self) -> Path:
        return self.folder / PAPERS

    @property
    def experiments(self) -> Path:
        return self.folder / EXPERIMENTS

    def rng(self, *names: object) -> np.random.Generator:
        """This task's own generator."""
        return generator(self.seed, self.key, *names)
