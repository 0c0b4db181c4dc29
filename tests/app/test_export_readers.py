"""Nothing that a reader may not see is in any of its exports: every field has a word of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inspect_ai.log import read_eval_log

from conference.app.export import write_inspect, write_notes, write_tables
from conference.app.export.view import READERS, view_of
from conference.core.ledger import open_ledger
from conference.core.records import (
    Absence,
    Advice,
    AdvisoryReview,
    Agent,
    AnyRecord,
    Assignment,
    Bids,
    CalibrationReview,
    Comment,
    Conflict,
    Decision,
    DeskCheck,
    Draft,
    Failure,
    HiddenText,
    HumanOutcome,
    Incident,
    MetaReview,
    Planted,
    Rebuttal,
    Review,
    ReviewQuality,
    SeniorNote,
    Submission,
)
from conference.core.tasks import Done, TaskKey
from conference.models.records import Call, calls_to_json
from tests.venues.tiny import tiny_venue
from venues.state import Round

ALL = frozenset(READERS)
CHAIRS = frozenset({"chairs"})
DISCUSSION = frozenset({"reviewers", "chairs"})
HUMAN = frozenset({"public", "chairs"})
NOBODY: frozenset[str] = frozenset()


class Words:
    """Gives out words that stand nowhere else, and remembers who may read each."""

    def __init__(self) -> None:
        self.readers: dict[str, frozenset[str]] = {}

    def __call__(self, readers: frozenset[str]) -> str:
        word = f"word{len(self.readers):05d}x"
        self.readers[word] = readers
        return word

    def number(self, readers: frozenset[str]) -> float:
        """A rating that no other record has."""
        value = 1 + len(self.readers) * 1e-4 + 1e-5  # JSON would leave a last 0 out.
        self.readers[f"{value:.5f}"] = readers
        return float(f"{value:.5f}")


def _records(word: Words, papers: int, reviewers: int) -> Iterator[AnyRecord]:
    chair, author = word(CHAIRS), word(CHAIRS)
    panel = [word(CHAIRS) for _ in range(reviewers)]
    for name, role in [(chair, "chair"), (author, "scientist"), *((r, "reviewer") for r in panel)]:
        yield Agent(id=name, role=role, name=word(NOBODY), lab=word(CHAIRS))  # type: ignore[arg-type]
        yield Bids(reviewer=name, levels={word(NOBODY): "High"})
    for number in range(papers):
        paper = f"p{number}"
        yield Submission(paper=paper, title=word(ALL), abstract=word(ALL), keywords=(word(ALL),),
                         authors=(author,), lab=word(NOBODY), byline=word(NOBODY))  # fmt: skip
        yield DeskCheck(paper=paper, passed=True, flags=(word(CHAIRS),))
        yield HiddenText(paper=paper, page=1, technique=word(NOBODY), text=word(NOBODY))
        yield HumanOutcome(paper=paper, ratings=(word.number(HUMAN),), texts=({"a": word(NOBODY)},))
        yield Planted(paper=paper, kind=word(NOBODY), place=word(NOBODY), said=word(NOBODY),
                      signs=(word(NOBODY),))  # fmt: skip
        yield Conflict(agent=author, paper=paper, reason=word(CHAIRS))
        yield Incident(kind=word(CHAIRS), agent=author, paper=paper, detail=word(CHAIRS))
        yield Absence(paper=paper, reviewer=panel[0], reason=word(CHAIRS))
        yield Failure(task=word(NOBODY), agent=chair, paper=paper, reason=word(CHAIRS))
        yield Advice(paper=paper, chair=chair, fits={panel[0]: "poor"}, text=word(NOBODY))
        yield AdvisoryReview(paper=paper, texts={"summary": word(DISCUSSION)}, seen_by="reviewers",
                             mind="embedded")  # fmt: skip
        yield AdvisoryReview(paper=paper, texts={"summary": word(CHAIRS)}, seen_by="chair",
                             mind="embedded")  # fmt: skip
        for name in panel:
            yield Assignment(paper=paper, agent=name, role="reviewer", affinity=0.5)
            draft = Draft(rating=2.0, scores={}, texts={"summary": word(CHAIRS)},
                          feedback=word(CHAIRS))  # fmt: skip
            posted = Review(paper=paper, reviewer=name, rating=4.0, confidence=3.0,
                            scores={"rating": 4.0}, texts={"summary": word(ALL)},
                            mind="embedded", day=3)  # fmt: skip
            yield msgspec.structs.replace(posted, texts={"summary": word(NOBODY)})
            yield msgspec.structs.replace(posted, draft=draft)
            yield ReviewQuality(paper=paper, reviewer=name, chair=chair, quality=3.0,
                                note=word(CHAIRS))  # fmt: skip
            yield CalibrationReview(reviewer=name, paper=word(NOBODY), rating=5, human_mean=4,
                                    humans=2)  # fmt: skip
            yield Comment(paper=paper, agent=name, role="reviewer", turn=1, text=word(DISCUSSION),
                          rating_before=4.0, rating_after=5.0)  # fmt: skip
        yield Rebuttal(paper=paper, author=author, replies={"R1": word(ALL)},
                       promises=(word(NOBODY),))  # fmt: skip
        yield Comment(paper=paper, agent=chair, role="chair", turn=1, text=word(DISCUSSION))
        yield MetaReview(paper=paper, chair=chair, score=4, recommendation="accept",
                         text=word(ALL))  # fmt: skip
        yield SeniorNote(paper=paper, senior=word(NOBODY), adjustment=0.1, text=word(NOBODY))
        yield Decision(paper=paper, accepted=True, presentation="poster", score=4, rank=1,
                       reason=word(ALL))  # fmt: skip


def _round(word: Words, folder: Path, papers: int, reviewers: int) -> Round:
    round_ = Round(tiny_venue(), 0, folder)
    round_.add(_records(word, papers, reviewers))
    ledger = open_ledger(folder)
    call = Call(purpose="review", model=word(CHAIRS), revision=word(CHAIRS), prompt_sha256="",
                temperature=1, top_p=1, max_tokens=9, seed=1, answer=word(NOBODY))  # fmt: skip
    first = round_.all(Review)[0]
    key = TaskKey("review", first.reviewer, first.paper)
    ledger.append([Done(key, b"[]", 1.0, calls_to_json([call]))])
    ledger.close()
    return round_


def _exported(round_: Round, reader: str, folder: Path) -> str:
    """All that a reader is given, of every format, as text."""
    view, said = view_of(round_, reader), []
    for kind in ("parquet", "csv"):
        for path in write_tables(view, folder / kind, kind):
            frame = pd.read_parquet(path) if kind == "parquet" else pd.read_csv(path)
            said.append(frame.to_csv())
    write_notes(view, folder / "notes")
    for path in write_inspect(view, folder / "inspect"):
        said.append(read_eval_log(path).model_dump_json() + path.name)
    texts = itertools.chain(folder.rglob("*.json"), folder.rglob("*.md"))
    return "\n".join([*said, *(path.read_text() for path in texts)])


@given(papers=st.integers(1, 3), reviewers=st.integers(1, 4))
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize("reader", READERS)
def test_no_export_holds_what_its_reader_may_not_see(
    reader: str, papers: int, reviewers: int
) -> None:
    word = Words()
    with TemporaryDirectory() as folder:
        round_ = _round(word, Path(folder) / "run", papers, reviewers)
        said = _exported(round_, reader, Path(folder) / "out")
    allowed = {each for each, readers in word.readers.items() if reader in readers}
    seen = {each for each in word.readers if each in said}
    assert seen == allowed
