"""Recorded reviewers: a table of scores, and the AI Scientist's own language-model reviews."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.reviewers.question import Question
from benchmarks.reviewers.reviewer import Reviewer, lookup
from conference.core.errors import UserError
from conference.data.importers.ai_scientist import RecordedReview, read_reviews
from conference.data.read_table import Row, Table, read_table
from conference.data.values import Damaged, number, text

NAN = float("nan")
Recorded = tuple[float, float, float]  # score, decision (1, 0) and confidence; NaN where unknown
YES, NO = ("accept", "accepted", "yes", "true", "1"), ("reject", "rejected", "no", "false", "0")
# End of the training data as the makers state it; the reviews were written in mid-2024.
CUTOFFS = {"gpt-4o-mini": "2023-10-01", "gpt-4o": "2023-10-01", "claude-3-5-sonnet": "2024-04-01"}


def from_csv(rest: str, question: Question) -> Reviewer:
    """`csv:FILE[#COLUMN]`: columns paper_id and score (or COLUMN), maybe decision and confidence.

    With a column `reviewer` the file is in long form, one row for each reviewer of a paper: a
    paper's score and confidence are its reviewers' means. Raises `UserError` for a score that is
    missing or no number, a paper or its reviewer listed twice, or decisions that contradict.
    """
    path, chosen = Path(rest), ""
    if "#" in rest and not path.is_file():
        file, _, chosen = rest.rpartition("#")
        path = Path(file)
    table = read_table(path, ("paper_id", chosen) if chosen else ("paper_id",))
    column = chosen or _score_column(table)
    long = "reviewer" in table.columns
    said = _reviews(table, column, long)
    if not said:
        raise UserError(f"{path}: it has no rows; write one for each paper that has a score.")
    scores = {paper: _joined(reviews) for paper, reviews in said.items()}
    measured = {paper.paper_id for paper in question.papers}
    on_scale = _on_scale([score for score, _, _ in scores.values()], question.scale)
    sizes = [len(reviews) for reviews in said.values()]
    panel = {"reviewers a paper": f"{min(sizes)} to {max(sizes)}, their scores' mean counts"}
    return Reviewer(
        name=f"{path.stem} {chosen}".strip(),
        score=partial(lookup, table=scores),
        keep=False,
        on_scale=on_scale,
        about={
            "kind": "recorded scores",
            "scores": "on the venue's rating scale"
            if on_scale
            else "not on the venue's rating scale: they rank",
            "file": path.name,
            "column": column,
            **(panel if long else {}),
            "SHA-256": _digest(path),
            "papers": f"{len(scores)}, {len(scores.keys() - measured)} of them not of the data set",
        },
    )


def _score_column(table: Table) -> str:
    """The column `score`, else `rating`; another one must be named."""
    for name in ("score", "rating"):
        if name in table.columns:
            return name
    raise UserError(
        f"{table.path}: column 'score' is missing; it has {', '.join(table.columns)}: name the "
        f"scores' column, as in csv:{table.path}#COLUMN."
    )


def _reviews(table: Table, column: str, long: bool) -> dict[str, list[Recorded]]:
    """Each paper's rows; one, or in long form one for each of its reviewers."""
    found: dict[str, list[Recorded]] = {}
    seen: set[tuple[str, str]] = set()
    for at, row in enumerate(table.rows):
        where = table.where(at)
        paper, who = text(row["paper_id"]), text(row.get("reviewer")) or ""
        if not paper:
            raise UserError(f"{where}: paper_id is empty; name the paper.")
        if long and not who:
            raise UserError(f"{where}: reviewer is empty; name or number the reviewer.")
        if (paper, who) in seen:
            twice = f"reviewer {who} of paper {paper}" if long else f"paper {paper}"
            hint = "reviewer" if long else "paper, or add a column `reviewer`"
            raise UserError(f"{where}: {twice} is listed twice; keep one row for each {hint}.")
        seen.add((paper, who))
        reviews = found.setdefault(paper, [])
        reviews.append(_read(row, column, where))
        if len({decision for _, decision, _ in reviews if decision == decision}) > 1:
            raise UserError(
                f"{where}: the decisions on paper {paper} differ; give it one, or leave the "
                "column out."
            )
    return found


def _joined(reviews: Sequence[Recorded]) -> Recorded:
    """One paper's reviews as one: means of scores and of known confidences, the decision."""
    scores, decisions, confidences = zip(*reviews, strict=True)
    known = [value for value in confidences if value == value]
    decision = next((value for value in decisions if value == value), NAN)
    return fmean(scores), decision, fmean(known) if known else NAN


def _on_scale(values: Sequence[float], scale: Sequence[float]) -> bool:
    """Whether scores can be meant on the rating scale: within it, and not all from 0 to 1, as
    chances of acceptance are."""
    if not scale or min(values) < scale[0] or max(values) > scale[-1]:
        return False
    return not (min(values) >= 0 and max(values) <= 1)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read(row: Row, column: str, where: str) -> Recorded:
    try:
        score = number(row[column], column)
        confidence = number(row.get("confidence"), "confidence")
    except Damaged as fault:
        raise UserError(f"{where}: {fault}; write a plain number.") from fault
    if score is None:
        raise UserError(f"{where}: {column} is empty or NaN; fill it in or leave the row out.")
    said = (text(row.get("decision")) or "").lower()
    if said and said not in (*YES, *NO):
        raise UserError(f"{where}: decision {said!r} is neither accept nor reject.")
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
    table: dict[str, Recorded] = {}
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
