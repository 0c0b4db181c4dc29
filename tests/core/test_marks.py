"""Marks: what real small models write is marked, what people write is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conference.core.marks import (
    bids_alike,
    comment_marks,
    meta_marks,
    repeated,
    review_marks,
    rules,
)
from conference.core.records import Comment, MetaReview, Review
from conference.models import shapes
from conference.models.fitting import CUT
from venues.venue_file import load_venue

FORM = load_venue("workshop").form
GOOD = {
    "summary": "The paper asks whether a cosine rate lowers the loss of a small language model.",
    "strengths": "The two arms share their seeds, and Table 2 has every measure with its interval.",
    "weaknesses": "Three seeds leave an interval that holds zero, and nothing was tuned.",
    "questions": "Would ten seeds change the sign of the effect in Table 2?",
    "limitations": "They are named in the paper.",
}
SCORES = {"soundness": 3.0, "presentation": 3.0, "contribution": 2.0, "rating": 6.0}


def review(texts: dict[str, str] | None = None, **scores: float) -> tuple[str, ...]:
    said = SCORES | scores
    row = Review(
        paper="p", reviewer="r", rating=said["rating"], confidence=3.0, scores=said,
        texts=GOOD | (texts or {}), mind="vllm:M", day=1,
    )  # fmt: skip
    return review_marks(row, said["rating"], FORM)


def test_a_sound_review_has_no_mark() -> None:
    assert review() == ()


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        ({"strengths": "It is good, and it is, " + "and it is, " * 12}, "a phrase without end"),
        (dict.fromkeys(GOOD, "UNKNOWN"), "next to no words"),
        ({name: name for name in GOOD}, "next to no words"),
        (
            dict.fromkeys(GOOD, "add the [num] in the place of the [num] you mentioned."),
            "the same words in several fields",
        ),
        (
            {"summary": "This is what speaks for the paper, each point with its evidence."},
            "words of the form",
        ),
        (
            {"questions": "Match, where you are not sure,\nsay so, and a draft."},
            "words of its instructions",
        ),
        (
            dict.fromkeys(
                ("summary", "strengths", "weaknesses", "questions", "limitations"),
                "El artículo presenta una comparación entre dos modelos pequeños.",
            ),
            "no English sentences",
        ),
        ({"weaknesses": "The claims fail. I recommend rejection."}, "contradicts its words"),
    ],
)
def test_what_small_models_write_is_marked(texts: dict[str, str], mark: str) -> None:
    assert any(mark in found for found in review(texts))


def test_the_phrases_of_instructions_stand_in_prompts() -> None:
    folders = ("reviewers/language/prompts", "chairs/language/prompts", "conference/models/prompts")
    said = [
        path.read_text().lower().split()
        for folder in folders
        for path in (Path(__file__).parents[2] / folder).glob("*.md")
    ]
    written = Path(shapes.__file__).read_text().lower().split()
    cut = CUT.format(words=9, unit="words do").split()
    prompts = "\n".join(map(" ".join, [*said, written, cut]))
    assert [p for p in rules().instructions.phrases if p.lower() not in prompts] == []


def test_a_rating_far_from_its_other_scores_is_marked() -> None:
    assert review(soundness=1.0, presentation=1.0, contribution=1.0, rating=10.0) == (
        "the rating is far from its other scores",
    )
    assert review(soundness=2.0, presentation=1.0, contribution=2.0, rating=2.0) == ()


def test_a_count_or_an_emphasis_is_no_endless_phrase() -> None:
    assert repeated("very very very good, and a table of 0.1 0.2 0.3 0.1 0.2 0.3") == ""
    assert repeated("no template, " * 9) == "no template"


def test_comments_and_meta_reviews_are_marked() -> None:
    def comment(text: str, after: float | None = None) -> tuple[str, ...]:
        row = Comment(paper="p", agent="r", role="reviewer", turn=1, text=text, rating_after=after)
        return comment_marks(row, FORM)

    assert comment("10") == ("next to no words",)
    assert comment("The authors answered, so this is a clear accept.", 2.0)
    assert comment("The authors answered my question about the seeds.", 8.0) == ()
    meta = MetaReview(
        paper="p", chair="c", score=8.0, recommendation="accept",
        text="The reviewers agree that the effect is not shown.",
    )  # fmt: skip
    assert meta_marks(meta, (2.0, 4.0), FORM) == (
        "it decides against all reviews",
        "its score is far beyond all ratings",
    )
    assert meta_marks(meta, (6.0, 8.0), FORM) == ()


def test_bids_that_tell_no_paper_from_another_are_seen() -> None:
    assert bids_alike({"a": "High", "b": "High"}, 2)
    assert not bids_alike({"a": "High", "b": "High"}, 3), "the third is Neutral"
    assert not bids_alike({"a": "High", "b": "Low"}, 2) and not bids_alike({"a": "High"}, 1)


@pytest.mark.skipif(not os.environ.get("CONFERENCE_DATA"), reason="no review data named")
def test_few_reviews_by_people_are_marked() -> None:
    import pandas as pd

    form = load_venue("iclr2026").form
    rows = pd.read_parquet(Path(os.environ["CONFERENCE_DATA"]) / "review_texts.parquet")
    rows = rows[rows.year == 2026].dropna(subset=[f.name for f in form.texts]).head(1500)
    marked = [
        review_marks(
            Review(
                paper=row.paper_id, reviewer="r", rating=row.rating, confidence=None,
                scores={"rating": row.rating}, mind="human", day=1,
                texts={field.name: getattr(row, field.name) for field in form.texts},
            ),
            row.rating,
            form,
        )
        for row in rows.itertuples()
        if row.rating in form["rating"].values
    ]  # fmt: skip
    assert len(marked) > 1000 and sum(map(bool, marked)) < 0.02 * len(marked)
