"""Ask reviewers for scores, batch by batch; scores are kept and never asked for twice."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.reviewers.kept_scores import joined, mask_of, read_scores, texts_of, write_scores
from benchmarks.reviewers.one_by_one import score_one_by_one
from benchmarks.reviewers.question import PaperView, Question, Texts
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.core.errors import UserError
from conference.core.progress import Progress
from conference.models.failures import FailedCall
from conference.statistics.estimate import Booleans


def score_all(
    question: Question,
    reviewer: Reviewer,
    folder: Path | None,
    progress: Progress,
    failed: list[FailedCall] | None = None,
) -> Scores:
    """The reviewer's scores of all papers, in the question's order.

    With a `folder`, each batch is kept in a file there, and only the unanswered papers of a kept
    batch are asked about again. A reviewer with `each` gets all papers at once. Reviewers with
    `keep=False` cost nothing and are always asked. Failed calls are added to `failed`.

    Raises:
        UserError: a model answered none of a batch's papers.
    """
    views = question.views
    folder = folder / slug(reviewer) if folder and reviewer.keep else None
    if reviewer.each:
        listed = [] if failed is None else failed
        return score_one_by_one(views, reviewer, reviewer.each, folder, progress, listed)
    parts: list[Scores] = []
    progress(reviewer.name, 0, len(views))
    for start in range(0, len(views), reviewer.batch):
        batch = views[start : start + reviewer.batch]
        kept = folder / f"{start:07d}.npz" if folder else None
        found = _scored(reviewer, batch, kept, progress)
        if failed is not None:
            failed += found.failed
        if found.unanswered is not None and found.unanswered.all():
            raise UserError(
                f"--reviewer {reviewer.name}: {found.failed[-1].reason}; what was scored before is "
                "kept, so run the same command again."
            )
        parts.append(found)
        progress(reviewer.name, min(start + reviewer.batch, len(views)), len(views))
    return joined(parts)


def _scored(
    reviewer: Reviewer, batch: Sequence[PaperView], kept: Path | None, progress: Progress
) -> Scores:
    """A batch's scores: those in its file, and the reviewer's scores of the other papers."""
    found = read_scores(kept, len(batch)) if kept and kept.is_file() else None
    wanted = np.ones(len(batch), dtype=np.bool_) if found is None else mask_of(found)
    if found is not None and not wanted.any():
        return found
    if reviewer.prepare:
        reviewer.prepare(progress)
    asked = [view for view, want in zip(batch, wanted, strict=True) if want]
    given = reviewer.score(asked)
    _check(given, len(asked), reviewer.name)
    whole = given if found is None else _completed(found, wanted, given)
    if kept:
        write_scores(kept, whole)
    return whole


def _completed(found: Scores, wanted: Booleans, given: Scores) -> Scores:
    """The kept scores, completed with the new ones of papers that had no answer."""

    def put(before: Any, now: Any) -> Any:
        if before is None or now is None:
            return None
        after = before.copy()
        after[wanted] = now
        return after

    return Scores(
        put(found.values, given.values),
        put(found.accept, given.accept),
        put(found.confidence, given.confidence),
        put(wanted, mask_of(given)),
        tuple(row for row in found.failed if row.task != "unanswered") + given.failed,
        _written(found, wanted, given),
        put(found.spread, given.spread),
    )


def _written(found: Scores, wanted: Booleans, given: Scores) -> tuple[Texts, ...]:
    """The kept reviews, completed with the new ones of papers that had no answer."""
    if not (found.texts or given.texts):
        return ()
    new = iter(texts_of(given))
    kept = zip(texts_of(found), wanted, strict=True)
    return tuple(next(new) if want else text for text, want in kept)


def slug(reviewer: Reviewer) -> str:
    """A file name for a reviewer. Its digest of name and card changes with the reviewer's model,
    prompts or settings."""
    plain = re.sub(r"[^a-z0-9]+", "-", reviewer.name.lower()).strip("-")[:60]
    told = msgspec.json.encode([reviewer.name, reviewer.about], order="sorted")
    return f"{plain}-{hashlib.sha256(told).hexdigest()[:8]}"


def _check(scores: Scores, expected: int, name: str) -> None:
    if scores.values.shape != (expected,):
        raise UserError(
            f"reviewer {name} gave {scores.values.size} scores for {expected} papers; it must give "
            "one for each, NaN where it has none."
        )
    if np.isinf(scores.values).any():
        raise UserError(f"reviewer {name} gave an infinite score; scores must be finite numbers.")
