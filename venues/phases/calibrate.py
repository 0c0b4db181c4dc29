"""Calibration: reviewers rate human-reviewed papers; maps to the human scale are fitted."""

from __future__ import annotations

import msgspec
import numpy as np

from conference.core.records import AnyRecord, CalibrationReview
from conference.core.seeds import generator
from conference.core.tasks import CentralSight, Task, TaskKey
from conference.models import is_model
from conference.models.context import Context
from conference.papers.manuscript import Manuscript
from reviewers.recorded import FILED, is_recorded
from reviewers.reviewer import CalibrateSight
from venues.human_papers import HumanPaper, human_papers
from venues.phase import Calls, Forecast, Phase, Size, Tokens
from venues.phases.review import told_quality
from venues.recorded import records_of
from venues.state import Round, Step

KNOWN = 400  # tokens of a known paper's title and abstract


class FitSight(CentralSight, frozen=True, kw_only=True):
    """All calibration reviews of the round."""

    reviews: tuple[CalibrationReview, ...]
    source: str


def tasks(round_: Round) -> list[Task]:
    """Every reviewer rates its own draw of the human-reviewed papers.

    Language models rate none where the papers have no texts to read. Recorded reviewers rate those
    that they have a record of and that are not under review.
    """
    papers, _ = human_papers(round_.venue, round_.source, round_.options.calibration)
    count = min(round_.venue.calibration.papers, len(papers))
    if not count:
        return []
    found = []
    for agent in round_.agents("reviewer"):
        rng = generator(round_.seed, "calibration papers", agent.id)
        if is_recorded(agent.mind):
            if sight := _recorded_sight(round_, papers, agent.mind, rng):
                found.append(Task(TaskKey("calibrate", agent.id), sight, agent))
            continue
        chosen = [papers[at] for at in sorted(rng.permutation(len(papers))[:count])]
        if is_model(agent.mind) and not all(paper.title or paper.abstract for paper in chosen):
            continue
        found.append(Task(TaskKey("calibrate", agent.id), _sight(round_, chosen), agent))
    return found


def _recorded_sight(
    round_: Round, papers: list[HumanPaper], mind: str, rng: np.random.Generator
) -> CalibrateSight | None:
    """The recorded ratings of calibration papers; a person is compared with the other people."""
    reviewed = {paper.paper for paper in round_.papers()}
    open_ = [paper for paper in papers if paper.paper not in reviewed]
    if mind.partition(":")[0] in FILED:
        records = records_of(mind, round_.venue.form)
        known = [
            (paper, records[paper.paper][0].rating) for paper in open_ if paper.paper in records
        ]
    else:
        known = [_apart(paper, int(rng.integers(len(paper.ratings)))) for paper in open_]
    order = sorted(rng.permutation(len(known))[: round_.venue.calibration.papers])
    if not order:
        return None
    sight = _sight(round_, [known[at][0] for at in order])
    return msgspec.structs.replace(sight, recorded=tuple(known[at][1] for at in order))


def _apart(paper: HumanPaper, person: int) -> tuple[HumanPaper, float]:
    """A paper with the ratings of all people but one, and that person's rating."""
    others = paper.ratings[:person] + paper.ratings[person + 1 :]
    return msgspec.structs.replace(paper, ratings=others), paper.ratings[person]


def _sight(round_: Round, chosen: list[HumanPaper]) -> CalibrateSight:
    return CalibrateSight(
        form=round_.venue.form,
        panel=round_.venue.panel.like,
        world=round_.venue.panel.world,
        papers=tuple(
            Manuscript(paper=paper.paper, title=paper.title, abstract=paper.abstract)
            for paper in chosen
        ),
        qualities=tuple(paper.quality for paper in chosen),
        human_means=tuple(paper.mean for paper in chosen),
        humans=tuple(len(paper.ratings) for paper in chosen),
        shared=tuple(told_quality(round_, {each.paper: each.ratings for each in chosen}).values()),
    )


def fit_tasks(round_: Round) -> list[Task]:
    reviews = tuple(round_.all(CalibrationReview))
    if not reviews:
        return []
    _, source = human_papers(round_.venue, round_.source, round_.options.calibration)
    return [Task(TaskKey("calibrate.fit"), FitSight(reviews=reviews, source=source))]


def fit(sight: FitSight, _: Context) -> list[AnyRecord]:
    """The fitted maps, and a report on the ratings' reliability before and after."""
    from chairs.calibration import fit_calibration

    maps, report = fit_calibration(sight.reviews, source=sight.source)
    return [*maps, report]


def _forecast(size: Size) -> Forecast:
    known = size.venue.calibration.papers
    return Forecast(size.reviewers + 1, f"rate {known} known papers each", at_most=True)


def _calls(size: Size, tokens: Tokens) -> list[Calls]:
    if not size.venue.calibration.source:  # Figures without texts: models rate none of them.
        return []
    ratings = size.reviewers * size.venue.calibration.papers
    return [Calls("reviewer", ratings, tokens.house + KNOWN, tokens.text)]


PHASE = Phase(
    name="calibrate",
    after=("bid",),
    sees=("calibration", "panel"),
    steps=(Step("calibrate", tasks), Step("calibrate.fit", fit_tasks)),
    performs={FitSight: fit},
    forecast=_forecast,
    calls=_calls,
)
