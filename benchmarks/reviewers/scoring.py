"""Asking reviewers for scores, batch by batch; what is scored is kept and never asked twice."""

from __future__ import annotations

import hashlib
import re
import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
import numpy as np

from benchmarks.reviewers.question import Question
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.core.errors import UserError
from conference.core.files import writing
from conference.core.progress import Progress
from conference.statistics.estimate import Floats


def score_all(
    question: Question, reviewer: Reviewer, folder: Path | None, progress: Progress
) -> Scores:
    """The reviewer's scores of all papers, in the question's order.

    With a `folder`, each batch is a file there, written whole; batches that are there are read.
    Reviewers that say `keep=False` cost nothing and are always asked.
    """
    views = question.views
    folder = folder / slug(reviewer) if folder and reviewer.keep else None
    parts: list[Scores] = []
    progress(reviewer.name, 0, len(views))
    for start in range(0, len(views), reviewer.batch):
        batch = views[start : start + reviewer.batch]
        kept = folder / f"{start:07d}.npz" if folder else None
        if kept and kept.is_file():
            parts.append(_read(kept, len(batch)))
        else:
            if reviewer.prepare:
                reviewer.prepare(progress)
            scores = reviewer.score(batch)
            _check(scores, len(batch), reviewer.name)
            if kept:
                _write(kept, scores)
            parts.append(scores)
        progress(reviewer.name, min(start + reviewer.batch, len(views)), len(views))
    return Scores(
        np.concatenate([part.values for part in parts]),
        _joined([part.accept for part in parts]),
        _joined([part.confidence for part in parts]),
    )


def slug(reviewer: Reviewer) -> str:
    """A file name for a reviewer. A digest of name and card keeps apart two names, and one name
    before and after its model, prompts or settings changed."""
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


def _joined(parts: list[Floats | None]) -> Floats | None:
    present = [part for part in parts if part is not None]
    if len(present) < len(parts):
        return None
    return np.concatenate(present)


def _write(path: Path, scores: Scores) -> None:
    arrays: dict[str, Any] = {"values": scores.values}
    if scores.accept is not None:
        arrays["accept"] = scores.accept
    if scores.confidence is not None:
        arrays["confidence"] = scores.confidence
    part = path.with_suffix(".part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.replace(path)


def _read(path: Path, expected: int) -> Scores:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = Scores(
                arrays["values"],
                arrays.get("accept"),
                arrays.get("confidence"),
            )
    except (
        OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise UserError(f"{path}: cannot be read ({error}); delete it and run again.") from error
    if found.values.shape != (expected,):
        raise UserError(f"{path}: holds another number of papers; delete the folder and run again.")
    return found
