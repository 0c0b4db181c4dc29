"""What authors take from a review: its points, in the fields of any venue's form."""

from __future__ import annotations

import pytest

from conference.core.records import Review
from scientists.embedded.answers import doubted, points_of
from venues.venue_file import list_venues, load_venue


def review(**texts: str) -> Review:
    return Review(
        paper="p", reviewer="R1", rating=3.0, confidence=3.0, scores={}, texts=texts, mind="m",
        day=1,
    )  # fmt: skip


@pytest.mark.parametrize("venue", list_venues())
def test_every_venue_s_form_has_a_field_for_points(venue: str) -> None:
    form = load_venue(venue).form
    said = review(**{field.name: "- Two seeds are few." for field in form.texts})
    assert "Two seeds are few." in points_of(said) and doubted([said])


SIGNED = "[statistical mind] Composed from measurements of the paper; it does not understand it."


@pytest.mark.parametrize(
    ("field", "text", "points"),
    [
        ("weaknesses", f"- One.\nTwo.\n{SIGNED}", ["One.", "Two."]),
        ("review", f"+ Good.\n- Bad.\n{SIGNED}", ["Bad."]),
        ("main_review", "+ Good.", []),
        ("strengths_and_weaknesses", "+ Good.\n- Bad.", ["Bad."]),
        ("review", "The seeds are few.\n\nThe text is clear.",
         ["The seeds are few.", "The text is clear."]),
        ("reasons_to_reject", "No baseline.", ["No baseline."]),
        ("reasons_to_accept", "A baseline.", []),
        ("suggestions", "More seeds.", ["More seeds."]),
        ("summary_of_the_review", "Few seeds.", []),
        ("weaknesses", "None of 7 findings from the text's 9 words speaks against it.", []),
        ("review", "Nothing that was measured in the text's 900 words speaks to this.", []),
        ("questions", "None arose from the text's 900 words.", []),
    ],
)  # fmt: skip
def test_points_are_what_speaks_against_a_paper(field: str, text: str, points: list[str]) -> None:
    assert points_of(review(**{field: text})) == points
