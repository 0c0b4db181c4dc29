"""Nearness by BM25: a share of what a text says, between nothing and all of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conference.core.records import Work
from conference.literature.novelty import nearest_earlier, nearness, nearness_within, similar_works

QUESTION = "Does a Q-learning controller of the learning rate beat a cosine schedule?"
PART = "A cosine schedule for the learning rate of diffusion models."
FAR = "Wings of birds."
WORDS = st.lists(st.sampled_from(("rate", "loss", "bird", "wing", "the", "of", "a"))).map(" ".join)


def test_a_text_is_as_near_as_what_it_says_of_the_question() -> None:
    same, part, far = nearness(QUESTION, [QUESTION, PART, FAR])
    assert same == 1.0 and far == 0.0 and 0.1 < part < 0.8
    assert nearness(QUESTION, []) == []


def test_a_rare_word_that_is_shared_counts_for_more_than_a_common_one() -> None:
    common = ["a network with noise", "a network with dropout", "a network with rates"]
    by_rare, by_common, *_ = nearness(
        "grokking network", ["grokking bird", "bird network", *common]
    )
    assert by_rare > by_common > 0


def test_the_nearest_earlier_paper_is_named_and_a_stranger_is_not() -> None:
    near, title = nearest_earlier(QUESTION, [("Birds", FAR), ("Cosine", PART)])
    assert title == "Cosine" and 0 < near < 1
    assert nearest_earlier(QUESTION, [("Birds", FAR)]) == (0.0, "")
    assert nearest_earlier(QUESTION, []) == (0.0, "")


def test_works_come_nearest_first() -> None:
    works = [Work(title=FAR, key="a"), Work(title="Rates", key="b", abstract=PART)]
    found = similar_works(QUESTION, works)
    assert [similar.work.key for similar in found] == ["b", "a"]
    assert found[0].similarity > found[1].similarity == 0.0


def test_texts_among_themselves() -> None:
    assert nearness_within([QUESTION, FAR, QUESTION]) == [1.0, 0.0, 1.0]
    assert nearness_within([QUESTION]) == [0.0] and nearness_within([]) == []


@given(WORDS, st.lists(WORDS, max_size=4))
def test_nearness_is_a_share_whatever_the_words(text: str, others: list[str]) -> None:
    near = nearness(text, others)
    assert len(near) == len(others) and all(0.0 <= each <= 1.0 for each in near)
    assert near == nearness(text, others)
    assert nearness(text, others[::-1]) == near[::-1]
