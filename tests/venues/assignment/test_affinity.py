"""Affinities: values, the best pairs of large venues, and the gold standard of expertise."""

from __future__ import annotations

import os

import numpy as np
import pytest

from benchmarks.systems.affinity import PUBLISHED, data_folder, gold_standard, loss
from conference.core.seeds import generator
from conference.literature.affinity import affinities, nearest

SHELF = [
    "graph neural networks for molecules",
    "policy gradients in reinforcement learning",
    "attention in machine translation",
]


def made_up(count: int, name: str) -> list[str]:
    rng = generator(0, name)
    return [" ".join(f"word{k}" for k in rng.zipf(1.5, 40) % 500) for _ in range(count)]


def test_the_reviewer_of_the_topic_has_the_highest_affinity() -> None:
    found = affinities([[text] for text in SHELF], ["molecules as a graph", "translation"])
    dense = found.toarray()
    assert dense.shape == (3, 2)
    assert dense.argmax(axis=0).tolist() == [0, 2]
    assert (dense >= 0).all() and (dense <= 1).all()


def test_own_text_has_affinity_one_and_foreign_text_zero() -> None:
    dense = affinities([[SHELF[0]], [SHELF[1], SHELF[1]]], [SHELF[0], "zebra"]).toarray()
    assert dense[0, 0] == pytest.approx(1)
    assert dense[1, 1] == 0


def test_order_and_repeats_of_own_papers_do_not_matter() -> None:
    texts = made_up(6, "texts")
    one = affinities([texts[:3], texts[3:5]], texts[5:]).toarray()
    two = affinities([texts[:3][::-1] * 2, texts[3:5]], texts[5:]).toarray()
    assert np.allclose(one, two, atol=1e-6)


def test_best_pairs_are_those_of_the_whole_table() -> None:
    reviewers = [made_up(3, f"reviewer {at}") for at in range(40)]
    papers = made_up(1100, "papers")  # more than one chunk
    whole = affinities(reviewers, papers).toarray()
    sparse = affinities(reviewers, papers, top=5)
    kept = np.zeros(whole.shape, bool)
    kept[sparse.row, sparse.col] = True
    assert np.allclose(sparse.data, whole[sparse.row, sparse.col], atol=1e-6)
    # No pair left out is above a paper's fifth or a reviewer's fifth.
    out = np.where(kept, -1.0, whole)
    assert (out <= np.sort(whole, axis=0)[-5] + 1e-6).all()
    assert (out <= np.sort(whole, axis=1)[:, -5:-4] + 1e-6).all()
    assert len({*zip(sparse.row, sparse.col, strict=True)}) == sparse.nnz


@pytest.mark.parametrize("processors", [1, 2, 7])
def test_compiled_loops_find_the_best_pairs_of_a_sorted_table(
    processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal values too: a third of the papers stand there twice. In parts of few rows as well."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
    reviewers = [made_up(2, f"reviewer {at % 30}") for at in range(40)]
    papers = made_up(200, "papers") + made_up(100, "papers")
    shelf = (*SHELF, *papers[:50])
    sorted_, near = affinities(reviewers, papers, top=7), nearest(tuple(papers), shelf, 4)
    nearest.cache_clear()
    monkeypatch.setattr("conference.literature.affinity._FEW", 0)
    compiled = affinities(reviewers, papers, top=7)
    for name in ("row", "col", "data"):
        assert np.array_equal(getattr(sorted_, name), getattr(compiled, name))
    assert nearest(tuple(papers), shelf, 4) == near


def test_reviewers_without_papers_and_texts_without_words() -> None:
    assert affinities([[], [SHELF[0]]], SHELF[:2]).toarray()[0].tolist() == [0, 0]
    blank = affinities([[""], []], ["", "?"])
    assert blank.shape == (2, 2) and blank.nnz == 4 and not blank.data.any()
    assert affinities([], SHELF).shape == (0, 3)
    assert affinities([[SHELF[0]]], []).shape == (1, 0)
    assert affinities([[], []], SHELF, top=1).toarray().sum() == 0


def test_nearest_texts_come_first_and_strangers_not_at_all() -> None:
    shelf = tuple(SHELF)
    assert nearest((SHELF[1], "zebra", ""), shelf, 1) == ((1,), (), ())
    assert nearest(("graph attention for molecules",), shelf, 5)[0][:2] == (0, 2)
    assert nearest((), shelf, 2) == () and nearest(("a b",), (), 2) == ((),)


def test_against_the_gold_standard_of_expertise() -> None:
    folder = data_folder()
    if not (folder / "assignment" / "goldstandard_expertise.parquet").exists():
        pytest.skip(f"{folder}/assignment is absent; set CONFERENCE_DATA to the human review data")
    gold = gold_standard(folder)
    for column, (_, published) in PUBLISHED.items():
        assert round(loss(gold, gold.published[column]), 3) == published
    dense = affinities(gold.profiles, gold.submissions).toarray()
    # The best published method of the same kind (words of title and abstract) is TPMS.
    assert loss(gold, dense[gold.reviewer, gold.paper]) < 0.272


def test_what_is_near_a_text_depends_on_no_other_text() -> None:
    shelf = (
        "graph kernels for molecules",
        "reward models for language",
        "kernels of graph neurons",
    )
    alone = nearest(("graph kernels",), shelf, 2)
    assert alone == ((0, 2),)
    beside = nearest(
        ("graph kernels", *("graph kernels " + "graph " * n for n in range(50))), shelf, 2
    )
    assert beside[0] == alone[0]
    assert nearest(("zebra", "language"), shelf, 2) == ((), (1,))
    assert nearest(("graph",), ("", "!"), 2) == ((),) and nearest(("graph",), (), 2) == ((),)
