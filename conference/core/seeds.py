"""Random generators that depend on names alone, never on order or clock."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_of(seed: int, *names: object) -> int:
    """A 64-bit seed for the draw called `names` within the round seeded `seed`.

    The same names give the same seed on every machine and in every order of work, so two rounds
    that differ in one rule share every other draw (common random numbers).
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def generator(seed: int, *names: object) -> np.random.Generator:
    """A NumPy generator for the draw called `names` within the round seeded `seed`."""
    return np.random.Generator(np.random.PCG64(seed_of(seed, *names)))
