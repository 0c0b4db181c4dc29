"""Asking reviewers for scores, batch by batch; what is scored is kept and never asked twice."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
import numpy as np

from benchmarks.reviewers.question import PaperView, Question, Texts
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.core.errors import UserError
from conference.core.files import writing
from conference.core.progress import Progress
from conference.models.failures import FailedCall
from conference.statistics.estimate import Booleans, Floats


def score_all(
    question: Question,
    reviewer: Reviewer,
    folder: Path | None,
    progress: Progress,
    failed: list[FailedCall] | None = None,
) -> Scores:
    """The reviewer's scores of all papers, in the question's order.

    With a `folder`, each batch is a file there, written whole; batches that are there are read,
    and only their unanswered papers are asked about again. Reviewers that say `keep=False` cost
    nothing and are always asked. Failed calls are added to `failed`.

    Raises:
        UserError: a model answered to none of a batch's papers.
    """
    views = question.views
    folder = folder / slug(reviewer) if folder and reviewer.keep else None
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
    return Scores(
        np.concatenate([part.values for part in parts]),
        _joined([part.accept for part in parts]),
        _joined([part.confidence for part in parts]),
        np.concatenate([_mask(part) for part in parts]),
        tuple(row for part in parts for row in part.failed),
        tuple(text for part in parts for text in _texts(part))
        if any(p.texts for p in parts)
        else (),
        _joined([part.spread for part in parts]),
    )


def _texts(scores: Scores) -> tuple[Texts, ...]:
    """The reviews, one a paper, also where nothing is written."""
    return scores.texts or ({},) * scores.values.size


def _scored(
    reviewer: Reviewer, batch: Sequence[PaperView], kept: Path | None, progress: Progress
) -> Scores:
    """A batch's scores: those in its file, and what the reviewer says of the others."""
    found = _read(kept, len(batch)) if kept and kept.is_file() else None
    wanted = np.ones(len(batch), dtype=np.bool_) if found is None else _mask(found)
    if found is not None and not wanted.any():
        return found
    if reviewer.prepare:
        reviewer.prepare(progress)
    asked = [view for view, want in zip(batch, wanted, strict=True) if want]
    given = reviewer.score(asked)
    _check(given, len(asked), reviewer.name)
    whole = given if found is None else _completed(found, wanted, given)
    if kept:
        _write(kept, whole)
    return whole


def _mask(scores: Scores) -> Booleans:
    """The unanswered papers."""
    nothing = np.zeros(scores.values.size, dtype=np.bool_)
    return nothing if scores.unanswered is None else scores.unanswered


def _completed(found: Scores, wanted: Booleans, given: Scores) -> Scores:
    """What was known, with what is now said of the papers that had no answer."""

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
        put(wanted, _mask(given)),
        tuple(row for row in found.failed if row.task != "unanswered") + given.failed,
        _written(found, wanted, given),
        put(found.spread, given.spread),
    )


def _written(found: Scores, wanted: Booleans, given: Scores) -> tuple[Texts, ...]:
    """The reviews that were kept, with the new ones of the papers that had no answer."""
    if not (found.texts or given.texts):
        return ()
    new = iter(_texts(given))
    kept = zip(_texts(found), wanted, strict=True)
    return tuple(next(new) if want else text for text, want in kept)


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
    if scores.spread is not None:
        arrays["spread"] = scores.spread
    arrays["unanswered"] = _mask(scores)
    for name, told in (("failed", scores.failed), ("texts", scores.texts)):
        arrays[name] = np.frombuffer(msgspec.json.encode(told), dtype=np.uint8)
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
                arrays["unanswered"],
                msgspec.json.decode(arrays["failed"].tobytes(), type=tuple[FailedCall, ...]),
                # Scores that were kept before reviews were kept have none.
                msgspec.json.decode(arrays["texts"].tobytes(), type=tuple[Texts, ...])
                if "texts" in arrays
                else (),
                arrays.get("spread"),
            )
    except (
        OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, BadZipFile, zlib.error,
        msgspec.MsgspecError,
    ) as error:  # fmt: skip
        raise UserError(f"{path}: cannot be read ({error}); delete it and run again.") from error
    if found.values.shape != (expected,):
        raise UserError(f"{path}: holds another number of papers; delete the folder and run again.")
    return found
