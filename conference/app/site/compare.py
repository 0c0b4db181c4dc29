"""Compares the simulated venue with the real one, for rounds on human-reviewed papers."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.app.site.stages import (
    MIN_PAPERS,
    SAID,
    all_say_when,
    human_stage,
    paired_papers,
    ratings_at,
)
from conference.core.errors import UserError
from conference.core.records import Decision, HumanOutcome, Review, Submission
from conference.core.seeds import generator
from conference.statistics.agreement import agreement_figures
from conference.statistics.decisions import decision_figures, score_figures
from conference.statistics.estimate import Estimate
from conference.statistics.ratings import rank_figures
from reviewers.embedded.mind import NAME
from reviewers.fitted.head import load as load_fitted
from reviewers.fitted.mind import NAME as FITTED
from reviewers.quality.model import PaperText, load
from venues.state import Round

RESAMPLES = 1000
ABOVE_THE_BAR = "just above the bar"


class Row(msgspec.Struct, frozen=True):
    """One measure of the simulated and the human side."""

    name: str
    simulated: Estimate | None
    human: Estimate | None


class TopicRow(msgspec.Struct, frozen=True):
    """Acceptance rates of one topic among papers with a real decision."""

    topic: str
    papers: int
    simulated: float
    human: float


class Comparison(msgspec.Struct, frozen=True):
    """What the report shows. Histograms are shares over `scale`.

    Agreement, ranking and histograms use the same `paired` papers on both sides.
    """

    papers: int
    decided: int
    paired: int
    stage: str
    agreement: tuple[Row, ...]
    decisions: tuple[Row, ...]
    ranking: tuple[Row, ...]
    confusion: tuple[tuple[int, int], tuple[int, int]] | None
    chance: float | None
    scale: tuple[float, ...]
    simulated_shares: tuple[float, ...]
    human_shares: tuple[float, ...]
    topics: tuple[TopicRow, ...]
    notes: tuple[str, ...]


def compare(round_: Round) -> Comparison | None:
    """Compare a round with the human reviews of its papers; None if too few have any."""
    humans = {row.paper: row for row in round_.all(HumanOutcome)}
    papers = [paper for paper in round_.papers() if paper.paper in humans]
    if len(papers) < MIN_PAPERS or not round_.all(Review):
        return None
    paired = paired_papers(round_)
    decided = [
        paper
        for paper in papers
        if humans[paper.paper].accepted is not None and round_.one(Decision, paper.paper)
    ]
    scale = round_.venue.form[round_.venue.form.rating].values
    stage = human_stage(round_)
    simulated = [np.array(ratings_at(round_, paper.paper, stage)) for paper in paired or papers]
    human = [np.array(humans[paper.paper].ratings) for paper in paired]
    # Recorded ratings may lie between the scale's steps.
    shown = tuple(float(v) for v in np.union1d(scale, np.concatenate([*simulated, *human])))
    confusion, chance, decisions = _decisions(round_, decided, humans)
    return Comparison(
        papers=len(papers),
        decided=len(decided),
        paired=len(paired),
        stage=SAID[stage],
        agreement=_agreement(simulated, human),
        decisions=decisions,
        ranking=_ranking(round_, paired, humans, stage),
        confusion=confusion,
        chance=chance,
        scale=shown,
        simulated_shares=_shares(simulated, shown),
        human_shares=_shares(human, shown),
        topics=_topics(round_, decided, humans),
        notes=_notes(round_, papers, human, scale),
    )


def _agreement(
    simulated: list[NDArray[np.float64]], human: list[NDArray[np.float64]]
) -> tuple[Row, ...]:
    names = {
        "pooled_sd": "Standard deviation within papers, pooled (root of the mean square)",
        "within_paper_sd": "Standard deviation within papers, mean over papers (divided by k)",
        "icc1": "ICC(1), reliability of one rating",
        "icc1_k": "ICC(1,k), reliability of the panel's mean",
        "krippendorff_alpha": "Krippendorff's alpha, interval",
        "loo_spearman": "One reviewer against the mean of the others, Spearman",
        "loo_mae": "One reviewer against the mean of the others, mean absolute error",
    }
    left = agreement_figures(simulated, resamples=RESAMPLES)
    right = agreement_figures(human, resamples=RESAMPLES) if human else {}
    return tuple(Row(label, left[name], right.get(name)) for name, label in names.items())


def _decisions(
    round_: Round, decided: list[Submission], humans: dict[str, HumanOutcome]
) -> tuple[tuple[tuple[int, int], tuple[int, int]] | None, float | None, tuple[Row, ...]]:
    """Simulated decisions and one human rating, each evaluated against the real decisions.

    Returns the confusion table, the agreement expected by chance, and the measures.
    """
    if len(decided) < MIN_PAPERS:
        return None, None, ()
    real = np.array([bool(humans[paper.paper].accepted) for paper in decided])
    own = [round_.of(Decision, paper.paper)[-1] for paper in decided]
    said = np.array([decision.accepted for decision in own])
    score = np.array([decision.score for decision in own])
    left = decision_figures(real, said, resamples=RESAMPLES)
    left |= score_figures(real, score, resamples=RESAMPLES)
    right: dict[str, Estimate] = {}
    bar = _bar(round_)
    with_ratings = [at for at, paper in enumerate(decided) if humans[paper.paper].ratings]
    if bar is not None and len(with_ratings) >= MIN_PAPERS:
        rng = generator(round_.seed, "one human")
        one = np.array([rng.choice(humans[decided[at].paper].ratings) for at in with_ratings])
        right = decision_figures(real[with_ratings], one >= bar, resamples=RESAMPLES)
        right |= score_figures(real[with_ratings], one, resamples=RESAMPLES)
    names = {
        "balanced_accuracy": "Balanced accuracy",
        "accuracy": "Accuracy (share of equal decisions)",
        "f1": "F1 of acceptance",
        "fpr": "False positive rate",
        "fnr": "False negative rate",
        "auroc": "AUROC of the score",
    }
    rows = tuple(Row(label, left[name], right.get(name)) for name, label in names.items())
    table = (
        (int((real & said).sum()), int((real & ~said).sum())),
        (int((~real & said).sum()), int((~real & ~said).sum())),
    )
    p, q = real.mean(), said.mean()
    return table, float(p * q + (1 - p) * (1 - q)), rows


def _bar(round_: Round) -> float | None:
    """The rating that the form anchors as just above the bar."""
    field = round_.venue.form[round_.venue.form.rating]
    for value, text in field.anchors.items():
        if text == ABOVE_THE_BAR:
            return float(value)
    return None


def _ranking(
    round_: Round, paired: list[Submission], humans: dict[str, HumanOutcome], stage: str
) -> tuple[Row, ...]:
    """The simulated panel's mean against the human panel's mean."""
    if not paired:
        return ()
    ours = np.array([np.mean(ratings_at(round_, paper.paper, stage)) for paper in paired])
    theirs = np.array([np.mean(humans[paper.paper].ratings) for paper in paired])
    found = rank_figures(ours, theirs, ("spearman", "pairwise_accuracy"), resamples=RESAMPLES)
    return (
        Row("Spearman of panel mean with human panel mean", found["spearman"], None),
        Row("Pairs of papers in the humans' order", found["pairwise_accuracy"], None),
    )


def _shares(ratings: list[NDArray[np.float64]], scale: tuple[float, ...]) -> tuple[float, ...]:
    if not ratings:
        return ()
    given = np.concatenate(ratings)
    return tuple(float((given == value).mean()) for value in scale)


def _topics(
    round_: Round, decided: list[Submission], humans: dict[str, HumanOutcome]
) -> tuple[TopicRow, ...]:
    """Topics with at least ten papers, most papers first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for paper in decided:
        groups[humans[paper.paper].topic or paper.topic].append(paper.paper)
    rows = [
        TopicRow(
            topic,
            len(names),
            float(np.mean([round_.of(Decision, name)[-1].accepted for name in names])),
            float(np.mean([bool(humans[name].accepted) for name in names])),
        )
        for topic, names in groups.items()
        if topic and len(names) >= 10
    ]
    return tuple(sorted(rows, key=lambda row: -row.papers))


def _training_overlap(round_: Round, papers: list[Submission]) -> dict[str, int]:
    """For each statistical mind, how many of the papers it was fitted on; -1 if the file with its
    coefficients is missing."""
    texts = [PaperText(paper.title, paper.abstract) for paper in papers]
    found: dict[str, int] = {}
    for mind in {review.mind for review in round_.all(Review)}:
        kind, _, file = mind.partition(":")
        if mind == NAME:
            found[mind] = int(load().overlap(texts).sum())
        elif kind == FITTED:
            try:
                found[mind] = int(load_fitted(Path(file)).overlap(texts).sum())
            except UserError:
                found[mind] = -1
    return found


def _notes(
    round_: Round,
    papers: list[Submission],
    human: list[NDArray[np.float64]],
    scale: tuple[float, ...],
) -> tuple[str, ...]:
    notes = [
        "A human rating is not an independent prediction of the real decision: the people who "
        "decided had read that rating.",
        "Intervals are 95 % bootstrap intervals over papers.",
    ]
    if not all_say_when(round_):
        notes.append(
            "Not all human ratings are known to be from the same stage, before or after the "
            "discussion."
        )
    for mind, overlap in sorted(_training_overlap(round_, papers).items()):
        if overlap > 0:
            notes.append(
                f"The {mind} reviewers were fitted on the human ratings of {overlap} of these "
                "papers: their agreement there is memory, not a forecast."
            )
        elif overlap < 0:
            notes.append(
                f"The coefficients of the {mind} reviewers are missing, so it is not known on "
                "which of these papers they were fitted."
            )
    off = sum(int((~np.isin(given, scale)).sum()) for given in human)
    if off:
        notes.append(
            f"{off} human ratings are not on this venue's rating scale; the histogram shows them "
            "as extra values."
        )
    return tuple(notes)
