"""Find reviewers' points, and answer those that the study's data can answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from conference.core.mentions import mentions
from conference.core.records import Experiment, Review
from scientists.wording import number

# By what a reviewer's point must mention, the answer from the study's data.
INTERVALS = "Table 2 has a 95 % interval for each difference; the primary one is {low} to {high}"
ANSWERABLE = {
    "seed": "Every comparison is over {seeds} paired seeds, all listed in the appendix",
    "error bar": INTERVALS,
    "interval": INTERVALS,
    "baseline": "The baseline has the treatment's budget; Table 1 lists both arms' settings",
    "limitation": "A section on limitations states the scale, the seeds and how the text was made",
    "code": "The reproducibility statement gives the hash of code and results",
    "large is the effect": "The paired difference is {difference}, 95 % interval {low} to {high}",
}
# Words of points that more runs would answer, and those for which a rebuttal promises more seeds.
MORE_RUNS = ("seed", "error bar", "interval", "evidence", "effect", "number")
PROMISED = ("seed", "evidence", "effect")
# Words in the names of fields with points, and names of fields that also have strengths.
POINTS = ("weakness", "question", "reject", "suggestion")
BOTH = ("review", "main_review")
# How an embedded reviewer says that it has no point, and how it signs.
NOTHING = re.compile(
    r"None arose|None of \d+ findings? from|Nothing that was measured|\[statistical mind\]"
)


def points_of(review: Review) -> list[str]:
    """The weaknesses, questions and suggestions of a review, one per line, without its
    signature."""
    found = []
    for name, text in review.texts.items():
        both = name in BOTH or ("strength" in name and "weakness" in name)
        if both or any(word in name for word in POINTS):
            lines = [line.strip() for line in text.splitlines()]
            # In a field with both sides, "-" and "+" mark lines; free text has no marks.
            against = [line for line in lines if line.startswith("-")] if both else []
            found += against or [line for line in lines if not (both and line.startswith("+"))]
    bare = [line.strip(" -+") for line in found]
    return [line for line in bare if line and not NOTHING.match(line)]


def known_of(experiment: Experiment | None) -> dict[str, str]:
    """The values that a rebuttal can quote: seeds and primary effect as the paper prints them."""
    if experiment is None:
        return {}
    return {
        "seeds": str(len(experiment.seeds)),
        "difference": number(experiment.effect),
        "low": number(experiment.effect_low),
        "high": number(experiment.effect_high),
    }


def answer_to(point: str, known: Mapping[str, str]) -> str | None:
    for phrase, answer in ANSWERABLE.items():
        if known and mentions(point, (phrase,)):
            return answer.format(**known)
    return None


def doubted(reviews: Sequence[Review]) -> bool:
    """Whether a point of a review asks for something that more runs would answer."""
    return any(mentions(point, MORE_RUNS) for review in reviews for point in points_of(review))
