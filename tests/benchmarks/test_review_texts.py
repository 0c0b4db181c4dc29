"""Likeness against scikit-learn pair by pair, specificity on sentences, panels of known worth."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from benchmarks.review_texts import likeness, panel
from conference.papers.specificity import specificity
from conference.statistics.estimate import Undefined

TEXTS = (
    "The proof of the bound is wrong.", "The bound holds but its proof is long.",
    "Robots need more grasping data.", "Grasping data for robots are few.", "Robots and proof.",
)  # fmt: skip
PAPERS = ("a", "a", "b", "b", "c")


def test_likeness_is_the_mean_cosine_of_all_pairs() -> None:
    table = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(TEXTS)
    cosine = cosine_similarity(table)
    within = [cosine[i, j] for i, j in combinations(range(5), 2) if PAPERS[i] == PAPERS[j]]
    across = [cosine[i, j] for i, j in combinations(range(5), 2) if PAPERS[i] != PAPERS[j]]
    found = likeness((*TEXTS, "  "), (*PAPERS, "c"))
    assert (found.within, found.across) == pytest.approx((np.mean(within), np.mean(across)))
    assert (found.pairs_within, found.pairs_across) == (2, 8)
    assert found.within > found.across


@pytest.mark.parametrize("papers", [("a",) * 5, ("a", "b", "c", "d", "e")])
def test_likeness_needs_pairs_of_both_kinds(papers: tuple[str, ...]) -> None:
    with pytest.raises(Undefined):
        likeness(TEXTS, papers)


def test_specificity_counts_what_a_review_names() -> None:
    said = (
        "In Section 3.2 and Appendix B, Table 2 and Fig. 4 differ: accuracy is 71.3 % with 5 seeds "
        "(see eq. (7), line 120). This section is good, and the table is clear."
    )
    assert specificity(said) == {
        "sections": 2, "tables": 1, "figures": 1, "equations": 1, "lines": 1, "numbers": 2,
    }  # fmt: skip
    assert not any(specificity("A solid paper with convincing experiments.").values())


def test_copies_of_one_mind_are_worth_one_and_independent_minds_all() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(5, 1, 4000)
    one = truth + rng.normal(0, 1, 4000)
    copies = panel(np.column_stack([one + rng.normal(0, 1e-6, 4000) for _ in range(4)]), truth)
    assert copies.independent_reviewers == pytest.approx(1, abs=0.01)
    apart = panel(truth[:, None] + rng.normal(0, 1, (4000, 4)), truth)
    assert apart.independent_reviewers == pytest.approx(4, abs=0.4)
    assert apart.dispersion == pytest.approx(2**0.5, abs=0.05)
    holes = truth[:, None] + rng.normal(0, 1, (4000, 2))
    holes[:1000, 0] = np.nan
    assert panel(holes, truth).papers == 3000
    with pytest.raises(Undefined):
        panel(holes[:1000], truth[:1000])
