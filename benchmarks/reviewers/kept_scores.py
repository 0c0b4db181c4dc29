"""Keep scores in files, one per batch of papers, and join scores."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
import numpy as np

from benchmarks.reviewers.question import Texts
from benchmarks.reviewers.reviewer import Scores
from conference.core.errors import UserError
from conference.core.files import writing
from conference.models.failures import FailedCall
from conference.statistics.estimate import Booleans, Floats


def joined(parts: Sequence[Scores]) -> Scores:
    """The scores of several batches as one; a column that one of them lacks is left out."""
    return Scores(
        np.concatenate([part.values for part in parts]),
        _column([part.accept for part in parts]),
        _column([part.confidence for part in parts]),
        np.concatenate([mask_of(part) for part in parts]),
        tuple(row for part in parts for row in part.failed),
        tuple(text for part in parts for text in texts_of(part))
        if any(part.texts for part in parts)
        else (),
        _column([part.spread for part in parts]),
    )


def mask_of(scores: Scores) -> Booleans:
    """The mask of unanswered papers."""
    nothing = np.zeros(scores.values.size, dtype=np.bool_)
    return nothing if scores.unanswered is None else scores.unanswered


def texts_of(scores: Scores) -> tuple[Texts, ...]:
    """The reviews, one per paper, empty where nothing is written."""
    return scores.texts or ({},) * scores.values.size


def _column(parts: list[Floats | None]) -> Floats | None:
    present = [part for part in parts if part is not None]
    if len(present) < len(parts):
        return None
    return np.concatenate(present)


def write_scores(path: Path, scores: Scores) -> None:
    """Write scores to a file, whole or not at all."""
    arrays: dict[str, Any] = {"values": scores.values}
    if scores.accept is not None:
        arrays["accept"] = scores.accept
    if scores.confidence is not None:
        arrays["confidence"] = scores.confidence
    if scores.spread is not None:
        arrays["spread"] = scores.spread
    arrays["unanswered"] = mask_of(scores)
    for name, told in (("failed", scores.failed), ("texts", scores.texts)):
        arrays[name] = np.frombuffer(msgspec.json.encode(told), dtype=np.uint8)
    part = path.with_suffix(".part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.replace(path)


def read_scores(path: Path, expected: int) -> Scores:
    """The scores in a file. Raises `UserError` unless it has them for `expected` papers."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = Scores(
                arrays["values"],
                arrays.get("accept"),
                arrays.get("confidence"),
                arrays["unanswered"],
                msgspec.json.decode(arrays["failed"].tobytes(), type=tuple[FailedCall, ...]),
                # Older files have no reviews.
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
        raise UserError(f"{path}: has another number of papers; delete the folder and run again.")
    return found
