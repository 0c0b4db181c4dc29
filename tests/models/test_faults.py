"""A model of which every fifth answer fails, at a small size; `faults` measures a larger one."""

from __future__ import annotations

from tests.models.faults import measure


def test_every_review_is_on_the_form_or_a_gap_and_no_paper_s_words_reach_another() -> None:
    found = measure(4)
    assert len(found.faults) > 3 and found.faulty <= 2 * found.clean
    assert found.wrong == 0 and found.reviews + found.gaps >= 12
    assert found.compared > 0 and found.mixed == found.identities == 0
