"""Score papers one by one, all at once, and keep each score as it comes.

So an engine is busy while papers are left, and an interrupted run loses only papers under way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.reviewers.kept_scores import joined, mask_of, read_scores, texts_of, write_scores
from benchmarks.reviewers.question import PaperView
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.core.errors import UserError
from conference.core.progress import Progress
from conference.models.failures import FailedCall

EVERY = 10.0  # seconds between two writes of a file
UNASKED = Scores(
    np.full(1, np.nan), np.full(1, np.nan), np.full(1, np.nan), np.ones(1, dtype=np.bool_),
    (), ({},), np.full(1, np.nan),
)  # fmt: skip


class _Batch:
    """The papers of one file, each with its own `Scores`."""

    def __init__(self, views: Sequence[PaperView], path: Path | None) -> None:
        self._path, self._written, self._changed = path, time.monotonic(), False
        self.papers = [UNASKED] * len(views)
        if path and path.is_file():
            self.papers = _apart(read_scores(path, len(views)), views)

    def put(self, place: int, said: Scores) -> None:
        self.papers[place], self._changed = said, True
        whole = not any(mask_of(each)[0] for each in self.papers)
        if whole or time.monotonic() - self._written > EVERY:
            self.write()

    def write(self) -> None:
        if self._path and self._changed:
            write_scores(self._path, joined(self.papers))
            self._written, self._changed = time.monotonic(), False


def score_one_by_one(
    views: Sequence[PaperView],
    reviewer: Reviewer,
    ask: Callable[[Sequence[PaperView], Callable[[int, Scores], None]], None],
    folder: Path | None,
    progress: Progress,
    failed: list[FailedCall],
) -> Scores:
    """All papers' scores: those kept in `folder`, and the reviewer's scores of the others.

    A file has as many papers as the reviewer's `batch`. Failed calls are added to `failed`.

    Raises:
        UserError: the model does not answer, from the start or any more.
    """
    size = reviewer.batch
    batches = [
        _Batch(views[start : start + size], folder / f"{start:07d}.npz" if folder else None)
        for start in range(0, len(views), size)
    ]
    known = [each for batch in batches for each in batch.papers]
    todo = [at for at, each in enumerate(known) if mask_of(each)[0]]
    done, silent = len(views) - len(todo), 0
    progress(reviewer.name, done, len(views))

    def note(at: int, said: Scores) -> None:
        nonlocal done, silent
        batches[todo[at] // size].put(todo[at] % size, said)
        done, silent = done + 1, silent + 1 if mask_of(said)[0] else 0
        progress(reviewer.name, done, len(views))
        if silent >= min(size, len(todo)):
            raise UserError(
                f"--reviewer {reviewer.name}: {said.failed[-1].reason}; what was scored before is "
                "kept, so run the same command again."
            )

    try:
        if todo:
            ask([views[at] for at in todo], note)
    finally:
        for batch in batches:
            batch.write()
            failed += (row for said in batch.papers for row in said.failed)
    return joined([said for batch in batches for said in batch.papers])


def _apart(scores: Scores, views: Sequence[PaperView]) -> list[Scores]:
    """The scores of several papers as one `Scores` each, with its failed calls."""
    texts, mask = texts_of(scores), mask_of(scores)
    columns = (scores.values, scores.accept, scores.confidence, scores.spread)
    found = []
    for at, view in enumerate(views):
        values, accept, sure, spread = (
            np.full(1, np.nan) if column is None else column[at : at + 1] for column in columns
        )
        failed = tuple(row for row in scores.failed if row.paper == view.paper_id)
        one = Scores(values, accept, sure, mask[at : at + 1], failed, (texts[at],), spread)
        found.append(UNASKED if mask[at] else one)
    return found
