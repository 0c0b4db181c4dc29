"""Papers that are alike are found, and no pair is missed for not being compared."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from conference.papers.checks import alike, duplicates

WORDS = st.sampled_from([*"abcdefgh", "graph", "network", "learning", "policy"])
TEXTS = st.lists(st.lists(WORDS.map(lambda word: 2 * word), max_size=12).map(" ".join), max_size=12)


@given(TEXTS, st.sampled_from([0.3, 0.5, 0.8, 0.88, 0.95]))
@settings(max_examples=200, deadline=None)
def test_the_pairs_are_those_of_the_whole_table(texts: list[str], similarity: float) -> None:
    expected = []
    if len(texts) > 1:
        counts = HashingVectorizer(ngram_range=(1, 2), alternate_sign=False, norm=None)
        rows = TfidfTransformer().fit_transform(counts.transform(texts)).toarray()
        cosines = rows @ rows.T
        assume(not (np.abs(cosines - similarity) < 1e-4).any())
        for later in range(len(texts)):
            twins = np.flatnonzero(cosines[later, :later] > similarity)
            expected += [(int(at), later) for at in twins[:1]]
    assert duplicates(texts, similarity, length=0) == expected


def test_a_part_of_a_text_is_no_copy_of_it() -> None:
    whole = " ".join(f"word{at}" for at in range(40))
    part = " ".join(f"word{at}" for at in range(34))
    assert duplicates([whole, part, whole], 0.8, length=0.9) == [(0, 2)]
    assert duplicates([whole, part], 0.8, length=0.8) == [(0, 1)]


def test_an_abstract_under_another_title_is_told_and_a_placeholder_is_not() -> None:
    abstract = " ".join(f"word{at}" for at in range(60))
    titles = ["On graphs", "Policy learning", "Vision", "Speech", "Nothing"]
    given = [abstract, "Withdrawn by its authors.", abstract, "Withdrawn by its authors.", ""]
    assert alike(titles, given, 0.99) == ([(0, 2)], [])
    assert alike(titles, [""] * 5, 0.95) == ([], []) and alike([], [], 0.95) == ([], [])


def test_title_and_abstract_count_as_one_text() -> None:
    words = [f"word{at}" for at in range(80)]
    other = " ".join([*words[:78], "another", "end"])
    papers = [("One title", " ".join(words)), ("One title", other), ("One title", "Of itself.")]
    titles, abstracts = zip(*papers, strict=True)
    assert alike(titles, abstracts, 0.9) == ([(0, 1)], [(0, 1)])
    assert alike(titles, abstracts, 0.999)[1] == []
