"""Recorded reviewers: a table of scores, or The AI Scientist's language-model reviews."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.reviewers.question import Question, Texts
from benchmarks.reviewers.reviewer import Reviewer, lookup
from conference.core.errors import UserError
from conference.data.recorded import Said, read_configurations, read_scores, split_place

NAN = float("nan")
# Columns of a table that hold a review's texts.
TEXTS = ("summary", "strengths", "weaknesses", "questions", "limitations", "comments")
Recorded = tuple[float, float, float]  # score, decision (1, 0) and confidence; NaN where unknown
# End of the training data as stated by the makers; the reviews were written in mid-2024.
CUTOFFS = {"gpt-4o-mini": "2023-10-01", "gpt-4o": "2023-10-01", "claude-3-5-sonnet": "2024-04-01"}


def from_csv(rest: str, question: Question) -> Reviewer:
    """`csv:FILE[#COLUMN]` (see `conference.data.recorded`). In long form a paper's score and
    confidence are its reviewers' means."""
    path, _ = split_place(rest)
    column, said = read_scores(rest, TEXTS)
    long = any(review.reviewer for reviews in said.values() for review in reviews)
    scores = {paper: _joined([_recorded_as(r) for r in reviews]) for paper, reviews in said.items()}
    texts = {paper: written for paper, reviews in said.items() if (written := _words(reviews))}
    measured = {paper.paper_id for paper in question.papers}
    on_scale = _on_scale([score for score, _, _ in scores.values()], question.scale)
    strange = sorted(scores.keys() - measured)
    sizes = [len(reviews) for reviews in said.values()]
    panel = {"reviewers a paper": f"{min(sizes)} to {max(sizes)}, their scores' mean counts"}
    return Reviewer(
        name=f"{path.stem} {split_place(rest)[1]}".strip(),
        score=partial(lookup, table=scores, texts=texts),
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
            **({"reviews": f"of {len(texts)} papers"} if texts else {}),
            "SHA-256": _digest(path),
            "papers": f"{len(scores)}, {len(strange)} of them not of the data set",
        },
        why_missing=(
            f"{len(strange)} of its papers are not of this data set, such as {strange[0][:40]}"
            if strange
            else ""
        ),
    )


def _words(reviews: Sequence[Said]) -> Texts:
    """One paper's reviews as one, field by field."""
    found: dict[str, list[str]] = {}
    for review in reviews:
        for field, text in review.texts.items():
            found.setdefault(field, []).append(text)
    return {field: "\n".join(texts) for field, texts in found.items()}


def _recorded_as(said: Said) -> Recorded:
    accept = NAN if said.accept is None else float(said.accept)
    return said.score, accept, NAN if said.confidence is None else said.confidence


def _joined(reviews: Sequence[Recorded]) -> Recorded:
    """One paper's reviews as one: means of scores and of known confidences, the decision."""
    scores, decisions, confidences = zip(*reviews, strict=True)
    known = [value for value in confidences if value == value]
    decision = next((value for value in decisions if value == value), NAN)
    return fmean(scores), decision, fmean(known) if known else NAN


def _on_scale(values: Sequence[float], scale: Sequence[float]) -> bool:
    """Whether scores may be on the rating scale: within it, and not all from 0 to 1 like
    probabilities of acceptance."""
    if not scale or min(values) < scale[0] or max(values) > scale[-1]:
        return False
    return not (min(values) >= 0 and max(values) <= 1)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def from_ai_scientist(rest: str) -> list[Reviewer]:
    """`ai-scientist:FILE[#CONFIG]`: all recorded configurations, or those named like CONFIG."""
    file, _, wanted = rest.partition("#")
    by_config = read_configurations(Path(file))
    chosen = [config for config in sorted(by_config) if wanted in config]
    if not chosen:
        raise UserError(
            f"--reviewer ai-scientist:{rest}: no configuration has '{wanted}' in its name; there "
            f"are {', '.join(sorted(by_config))}."
        )
    return [_recorded(config, by_config[config], Path(file)) for config in chosen]


def short_name(config: str) -> str:
    """A configuration's file name in words: "AI Scientist gpt-4o (1-shot, 5 refl., ens. 5)".

    Reflections count all passes over a review; a meta-review joins the ensemble's reviews.
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


def _recorded(config: str, reviews: list[Said], path: Path) -> Reviewer:
    table = {review.paper: _recorded_as(review) for review in reviews}
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
