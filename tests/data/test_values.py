"""Single values: a number is read whole or refused, never guessed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.data.decisions import presentation_of, status_of
from conference.data.scales import parse_scale, scale_of
from conference.data.values import Damaged, listed, number, rating


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ("10", 10),
        ("10: strong accept", 10),
        (" 8 : accept, good paper", 8),
        ("3.5", 3.5),
        (6, 6),
        ("", None),
        (None, None),
        (math.nan, None),
        ("6 (weak accept)", 6),
        ("6 - weak accept", 6),
        ("3 good", 3),
        ("4 = Quite sure.", 4),
        ("2.5 = Borderline Findings: a start", 2.5),
        ("3 — fair", 3),
        ("7.17e-05", 7.17e-05),
        (".5", 0.5),
    ],
)
def test_numbers_are_read_whole(given_value, expected):
    assert number(given_value, "rating") == expected


@pytest.mark.parametrize(
    "bad",
    [
        "accept",
        "1O",
        "8/10",
        "ten",
        True,
        math.inf,
        "6accept",
        [1],
        "3-4",
        "7 of 10",
        "5 and a half",
        "3 point five",
        "1. Fine",
        "1e",
    ],
)
def test_what_is_no_number_is_damaged_and_named(bad):
    with pytest.raises(Damaged, match="rating"):
        number(bad, "rating")


@given(st.integers(-99, 99), st.text(max_size=20))
def test_a_number_followed_by_a_colon_is_that_number(value, words):
    assert number(f"{value}: {words}", "rating") == value


def test_ratings_off_their_scale_are_damaged():
    assert rating("6", (1.0, 3.0, 6.0)) == 6
    with pytest.raises(Damaged, match=r"rating 5 is not on its scale \(1, 3, 6\)"):
        rating(5, (1.0, 3.0, 6.0))


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        ("Accept (Oral)", "accepted"),
        ("ICLR 2024 spotlight", "accepted"),
        ("Accept: notable-top-5%", "accepted"),
        ("Accept (Talk)", "accepted"),
        ("A Workshop at ICLR 2024 poster", "accepted"),
        ("Reject", "rejected"),
        ("Invite to Workshop Track", "rejected"),
        ("conferencePoster-iclr2013-workshop", "rejected"),
        ("conferencePoster-iclr2013-conference", "accepted"),
        ("submitted, no decision", "unknown"),
        ("Withdrawn", "withdrawn"),
        ("Desk Rejected", "desk_rejected"),
        ("Submitted to ICLR 2024", "unknown"),
        ("", "unknown"),
    ],
)
def test_decisions_name_their_status(decision, status):
    assert status_of(decision) == status


@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        ("Accept (Talk)", "oral"),
        ("Accept: notable-top-5%", "oral"),
        ("Accept: notable-top-25%", "spotlight"),
        ("NeurIPS 2025 poster", "poster"),
        ("Invite to Workshop Track", "workshop"),
        ("Reject", ""),
    ],
)
def test_decisions_name_their_presentation(decision, kind):
    assert presentation_of(decision) == kind


def test_scales():
    assert parse_scale("1-4") == (1, 2, 3, 4)
    assert parse_scale("1,3,6") == (1, 3, 6)
    for bad in ("", "5", "3,1", "a,b", "1-1", "4-2"):
        with pytest.raises(UserError, match="not a rating scale"):
            parse_scale(bad)
    assert scale_of("iclr", 2026) == ((0, 2, 4, 6, 8, 10), "before_rebuttal")
    assert scale_of("nowhere", 1999) == ((), "unknown")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("[6, 8]", [6, 8]), ([6.0], [6]), ("", []), (" ", []), (None, []), (math.nan, []), ("[]", [])],
)
def test_a_list_is_read_from_text_too(cell, expected):
    assert listed(cell, "ratings") == expected


@pytest.mark.parametrize("bad", ["8 10 6", "8", "[6, 8", 8, {"a": 6}, '"68"'])
def test_what_is_no_list_is_damaged_and_never_read_letter_by_letter(bad):
    with pytest.raises(Damaged, match=r"ratings is .* not a list"):
        listed(bad, "ratings")
