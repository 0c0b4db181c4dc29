"""What a mind is given beside its task: its random draws and the round's folder."""

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
    """One task's surroundings.

    `slots` bounds how many experiments of a host run at once. `model` is how a mind that thinks
    with a language model asks it.
    """

    seed: int
    folder: Path
    key: TaskKey
    slots: asyncio.Semaphore
    model: Asker | None = None

    @property
    def asker(self) -> Asker:
        """The model's asker. Only minds that have a model ask for it."""
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
