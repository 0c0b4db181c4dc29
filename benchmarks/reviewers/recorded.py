"""Recorded reviewers: a CSV of scores, and the AI Scientist's own language-model reviews."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.reviewers.question import Question
from benchmarks.reviewers.reviewer import Reviewer, lookup
from conference.data.importers.ai_scientist import RecordedReview, read_reviews
from conference.data.importers.frames import read_table, rows_of
from conference.data.values import Damaged, number, text
from conference.errors import UserError

NAN = float("nan")
YES, NO = ("accept", "accepted", "yes", "true", "1"), ("reject", "rejected", "no", "false", "0")
# End of the training data as the makers state it; the reviews were written in mid-2024.
CUTOFFS = {"gpt-4o-mini": "2023-10-01", "gpt-4o": "2023-10-01", "claude-3-5-sonnet": "2024-04-01"}


def from_csv(file: str, question: Question) -> Reviewer:
    """`csv:FILE` with columns paper_id and score, and where known decision and confidence.

    Raises `UserError` for a score that is no number or missing, or a paper listed twice.
    """
    path = Path(file)
    rows = rows_of(read_table(path, ("paper_id", "score")))
    table: dict[str, tuple[float, float, float]] = {}
    for line, row in enumerate(rows, start=2):
        paper = text(row["paper_id"])
        if not paper:
            raise UserError(f"{path}, line {line}: paper_id is empty; name the paper.")
        if paper in table:
            raise UserError(
                f"{path}, line {line}: paper {paper} is listed twice; keep one row for each paper."
            )
        table[paper] = _read(row, path, line)
    if not table:
        raise UserError(f"{path}: it has no rows; write one for each paper that has a score.")
    values = [row[0] for row in table.values()]
    measured = {paper.paper_id for paper in question.papers}
    return Reviewer(
        name=path.stem,
        score=partial(lookup, table=table),
        keep=False,
        on_scale=_on_scale(values, question.scale),
        about={
            "kind": "recorded scores",
            "scores": "on the venue's rating scale"
            if _on_scale(values, question.scale)
            else "not on the venue's rating scale: they rank",
            "file": path.name,
            "SHA-256": _digest(path),
            "rows": f"{len(table)}, {len(table.keys() - measured)} of them of other papers",
        },
    )


def _on_scale(values: Sequence[float], scale: Sequence[float]) -> bool:
    """Whether scores can be meant on the rating scale: within it, and not all from 0 to 1, as
    chances of acceptance are."""
    if not scale or min(values) < scale[0] or max(values) > scale[-1]:
        return False
    return not (min(values) >= 0 and max(values) <= 1)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read(row: dict[str, Any], path: Path, line: int) -> tuple[float, float, float]:
    try:
        score = number(row["score"], "score")
        confidence = number(row.get("confidence"), "confidence")
    except Damaged as fault:
        raise UserError(f"{path}, line {line}: {fault}; write a plain number.") from fault
    if score is None:
        raise UserError(
            f"{path}, line {line}: score is empty or NaN; fill it in or leave the row out."
        )
    said = (text(row.get("decision")) or "").lower()
    if said and said not in (*YES, *NO):
        raise UserError(f"{path}, line {line}: decision {said!r} is neither accept nor reject.")
    decision = NAN if not said else float(said in YES)
    return score, decision, NAN if confidence is None else confidence


def from_ai_scientist(rest: str) -> list[Reviewer]:
    """`ai-scientist:FILE[#CONFIG]`: all recorded configurations, or those whose name has CONFIG."""
    file, _, wanted = rest.partition("#")
    by_config: dict[str, list[RecordedReview]] = {}
    for review in read_reviews(Path(file)):
        by_config.setdefault(review.config, []).append(review)
    chosen = [config for config in sorted(by_config) if wanted in config]
    if not chosen:
        raise UserError(
            f"--reviewer ai-scientist:{rest}: no configuration has '{wanted}' in its name; there "
            f"are {', '.join(sorted(by_config))}."
        )
    return [_recorded(config, by_config[config], Path(file)) for config in chosen]


def short_name(config: str) -> str:
    """A configuration's file name in words: "AI Scientist gpt-4o (1-shot, 5 refl., ens. 5)".

    Reflections count all passes over a review; the ensemble's reviews are joined by a meta-review.
    """
    found = re.fullmatch(
        r"(?P<model>.+?)-20[\d-]+_temp_[\d_]+?(?:_fewshot_(?P<shots>\d+))?"
        r"(?:_reflect_(?P<reflections>\d+))?(?:_ensemble_(?P<ensemble>\d+))?_pages_all",
        config,
    )
    if not found:
        return f"AI Scientist {config}"
    parts = [f"{found['shots']}-shot"] if found["shots"] else []
    parts += [f"{found['reflections']} refl."] if found["reflections"] else []
    parts += [f"ens. {found['ensemble']}"] if found["ensemble"] else []
    return f"AI Scientist {found['model']}" + (f" ({', '.join(parts)})" if parts else "")


def _recorded(config: str, reviews: list[RecordedReview], path: Path) -> Reviewer:
    table: dict[str, tuple[float, float, float]] = {}
    for review in reviews:
        if review.paper_id in table:
            raise UserError(f"{path}: paper {review.paper_id} is there twice in {config}.")
        accept = NAN if review.accept is None else float(review.accept)
        confidence = NAN if review.confidence is None else review.confidence
        table[review.paper_id] = (review.score, accept, confidence)
    cutoff = next((date for model, date in CUTOFFS.items() if config.startswith(model)), None)
    return Reviewer(
        name=short_name(config),
        score=partial(lookup, table=table),
        keep=False,
        on_scale=True,
        cutoff=cutoff,
        about={
            "kind": "recorded language-model reviews of The AI Scientist",
            "configuration": config,
            "file": path.name,
            "SHA-256": _digest(path),
        },
    )
