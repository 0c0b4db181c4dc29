"""A round's reviews as Inspect logs: one sample per review, one log per mind that reviewed.

`inspect view` shows them and `inspect_ai.analysis` reads them as data frames. A log's model is the
reviewers' mind, so that the minds of a mixed panel can be compared. A sample's input is the paper's
title and abstract, because a ledger keeps only the hash of a prompt.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from conference.app.export.card import about
from conference.app.export.tables import calls_of
from conference.app.export.view import View
from conference.core.errors import UserError
from conference.core.files import page_name, writing
from conference.core.records import Decision, Review, Submission
from conference.core.version import __version__
from reviewers.embedded.mind import NAME as EMBEDDED
from reviewers.fitted.mind import NAME as FITTED

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample, EvalScore

Usage = dict[tuple[str, str], list[dict[str, Any]]]


def write_inspect(view: View, out: Path) -> list[Path]:
    """Write `MIND.eval` into `out` for each mind that reviewed.

    Raises:
        UserError: Inspect is not installed, or the round has no review.
    """
    try:
        from inspect_ai.log import write_eval_log
    except ImportError as error:
        raise UserError(
            "--to inspect needs the package inspect-ai; install it with "
            "pip install 'conference-simulator[inspect]'."
        ) from error
    by_mind: dict[str, list[Review]] = defaultdict(list)
    for review in view.round.all(Review):
        by_mind[review.mind].append(review)
    if not by_mind:
        raise UserError(f"{view.round.folder}: the round has no review to export yet.")
    calls, files = _calls(view), []
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for mind, reviews in by_mind.items():
            path = out / f"{page_name(mind)}.eval"
            write_eval_log(_log(view, mind, reviews, calls), path)
            files.append(path)
    return files


def _log(view: View, mind: str, reviews: list[Review], calls: Usage) -> EvalLog:
    from inspect_ai import log

    venue = view.round.venue
    samples = [_sample(view, review, calls) for review in reviews]
    dataset = log.EvalDataset(
        name=venue.name, samples=len(samples), sample_ids=[str(each.id) for each in samples]
    )
    now = datetime.now(UTC).isoformat()
    return log.EvalLog(
        status="success",
        stats=log.EvalStats(started_at=now, completed_at=now),
        eval=log.EvalSpec(
            created=now,
            task=f"{venue.name}_reviews",
            task_display_name=f"Reviews of {venue.title}",
            task_description=about(view),
            task_args={"venue": venue.name, "seed": view.round.seed},
            dataset=dataset,
            model=mind,
            config=log.EvalConfig(epochs=1),
            packages={"conference-simulator": __version__},
            metadata={"reader": view.reader},
            eval_id=page_name(f"{venue.name}-{view.round.seed}-{mind}"),
            run_id=f"{venue.name}-{view.round.seed}",
            task_id=f"{venue.name}-reviews",
        ),
        results=log.EvalResults(
            total_samples=len(samples), completed_samples=len(samples), scores=_scores(samples)
        ),
        samples=samples,
    )


def _scores(samples: list[EvalSample]) -> list[EvalScore]:
    """Mean and standard deviation of each score over the samples that have it."""
    from inspect_ai.log import EvalMetric, EvalScore

    given: dict[str, list[float]] = defaultdict(list)
    for sample in samples:
        for name, score in (sample.scores or {}).items():
            given[name].append(score.as_float())
    return [
        EvalScore(
            name=name, scorer=name, scored_samples=len(values),
            unscored_samples=len(samples) - len(values),
            metrics={
                "mean": EvalMetric(name="mean", value=float(np.mean(values))),
                "std": EvalMetric(name="std", value=float(np.std(values))),
            },
        )
        for name, values in given.items()
    ]  # fmt: skip


def _sample(view: View, review: Review, calls: Usage) -> EvalSample:
    from inspect_ai.event import InfoEvent
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, ModelOutput
    from inspect_ai.scorer import Score

    paper = view.round.of(Submission, review.paper)[-1]
    said = "\n\n".join(f"## {name}\n\n{text}" for name, text in review.texts.items())
    said = said or "(scores only: this reviewer wrote no texts)"
    human, form = view.human(review.paper), view.round.venue.form
    scores = {form.rating: review.rating, **review.scores}
    scores[f"{form.rating}_after_discussion"] = view.round.rating(review)
    asked = f"# {paper.title}\n\n{paper.abstract}"
    return EvalSample(
        id=f"{page_name(paper.paper)}.{page_name(view.reviewer(paper.paper, review.reviewer))}",
        epoch=1,
        input=asked,
        target=f"{np.mean(human.ratings):.4g}" if human and human.ratings else "",
        messages=[ChatMessageUser(content=asked),
                  ChatMessageAssistant(content=said, model=review.mind, source="generate")],
        events=[InfoEvent(source=review.mind, data=said)],  # The viewer shows this first.
        output=ModelOutput.from_content(model=review.mind, content=said),
        scores={name: Score(value=value) for name, value in scores.items()},
        metadata=_about(view, review),
        **_usage(calls.get((review.reviewer, review.paper), [])),
    )  # fmt: skip


def _about(view: View, review: Review) -> dict[str, Any]:
    """A sample's metadata: what the reader may know about the review, besides its scores."""
    decision = view.round.one(Decision, review.paper)
    found = {
        "paper": review.paper,
        "reviewer": view.reviewer(review.paper, review.reviewer),
        "written_by": "a statistical model" if _statistical(review.mind) else review.mind,
        "day": review.day, "late": review.late, "emergency": review.emergency,
    }  # fmt: skip
    if decision:
        found["decision"] = "accept" if decision.accepted else "reject"
    if (human := view.human(review.paper)) and human.accepted is not None:
        found["human_decision"] = "accept" if human.accepted else "reject"
    return found


def _calls(view: View) -> Usage:
    """The calls behind each review, by reviewer and paper; empty unless the reader is a chair."""
    found: Usage = defaultdict(list)
    for call in calls_of(view) if view.chairs else ():
        if call["step"].partition(".")[0] == "review":
            found[call["agent"], call["paper"]].append(call)
    return found


def _usage(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """A sample's fields for tokens by model and for seconds."""
    from inspect_ai.model import ModelUsage

    if not calls:
        return {}
    usage = {name: ModelUsage() for name in dict.fromkeys(call["model"] for call in calls)}
    for call in calls:
        tokens_in, tokens_out = call["tokens_in"], call["tokens_out"]
        usage[call["model"]] += ModelUsage(
            input_tokens=tokens_in, output_tokens=tokens_out, total_tokens=tokens_in + tokens_out
        )
    seconds = sum(call["seconds"] for call in calls)
    return {"model_usage": usage, "total_time": seconds, "working_time": seconds}


def _statistical(mind: str) -> bool:
    return mind == EMBEDDED or mind.startswith(f"{FITTED}:")
