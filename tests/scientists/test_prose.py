"""A model's citations: found in all their forms, checked, and printed as numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scientists.paper import words_of
from scientists.prose import Prose, citation_faults, cited, numbered
from tests.scientists.studies import written

KEYS = ("one1999", "two2001", "three2015")
PROSE = Prose(
    model="openai:m", title="Does it help?", abstract="As seen [@two2001; @three2015].",
    keys=KEYS,
    sections={"Method": ["We follow them [@one1999,@two2001]."], "Results": ["It fell."]},
    explanation="It warms up [@three2015].",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "keys", "printed"),
    [
        ("Seen [@one1999].", ["one1999"], "Seen [1]."),
        ("Seen [@one1999; @none2031].", ["one1999", "none2031"], "Seen [1]."),
        ("Seen [@three2015,@one1999].", ["three2015", "one1999"], "Seen [3, 1]."),
        ("Seen [@one1999, p. 3].", ["one1999"], "Seen [1]."),
        ("Seen [@none2031]: no.", ["none2031"], "Seen : no."),
        ("An interval of [0.1, 0.2].", [], "An interval of [0.1, 0.2]."),
    ],
)
def test_works_are_cited_alone_or_several_at_once(text: str, keys: list[str], printed: str) -> None:
    assert cited(text) == keys and numbered(text, KEYS) == printed


def test_each_work_that_there_is_not_is_a_fault_of_its_place() -> None:
    texts = {"abstract": ["[@one1999; @none2031]"], "Method": ["[@none2031] [@none2031]"]}
    assert citation_faults(texts, KEYS) == [
        ("citations", "'none2031' is cited in abstract and exists in no list"),
        ("citations", "'none2031' is cited in Method and exists in no list"),
    ]


def test_citations_are_numbers_wherever_they_are_printed() -> None:
    study = written(
        -0.2, prose=PROSE, plot="# a script", captions=[("loss", "As others [@two2001].")],
        answers=["We cite a rival [@one1999]."],
    )  # fmt: skip
    _, abstract, data = words_of(study, np.random.default_rng(0))
    printed = json.dumps(data)
    assert abstract == data["abstract"] == "As seen [2, 3]." and "[@" not in printed
    assert "As others [2]." in printed and "We cite a rival [1]." in printed
    assert "follow them [1, 2]" in printed and "warms up [3]" in printed
    assert study.changes == ["We cite a rival [1]."]
