"""`byline:DETAIL`: who seems to have written a paper. Readers see it where `call.anonymous` is
false; embedded minds read no names, so only language models can be swayed by it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.studies.twins.twin import Twin
from venues.papers import TablePaper

FILE = Path(__file__).parent / "bylines.toml"
FAMILY = ("Berg", "Costa", "Novak", "Lind", "Moreau", "Silva", "Weber", "Rossi")
AUTHORS = 2


class Byline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names, places and rank from which a byline is drawn."""

    what: str
    given: tuple[str, ...]
    place: tuple[str, ...]
    rank: str = ""


@cache
def bylines() -> dict[str, Byline]:
    """The kinds of bylines by their names."""
    return msgspec.toml.decode(FILE.read_bytes(), type=dict[str, Byline])


def change(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper:
    """The paper with a byline; two details differ only in what they describe."""
    kind = bylines()[detail]
    place = kind.place[int(rng.integers(len(kind.place)))]
    given = rng.permutation(len(kind.given))[:AUTHORS]
    family = rng.permutation(len(FAMILY))[:AUTHORS]
    names = [f"{kind.given[a]} {FAMILY[b]}" for a, b in zip(given, family, strict=True)]
    return msgspec.structs.replace(paper, byline=f"{', '.join(names)} ({kind.rank}{place})")


twin = Twin(
    what="an author line, shown if the venue is not anonymous",
    details={name: kind.what for name, kind in bylines().items()},
    change=change,
    unseen="Embedded minds read no bylines: without a language model they change nothing.",
)
