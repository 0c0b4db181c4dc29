"""The claim check: a single digit that was changed in abstract or tables is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from conference.papers import Document, read_pdf
from conference.papers.anatomy import NUMBER
from conference.papers.layout import table_rows
from conference.papers.typesetting import typeset
from scientists.claims import claims
from scientists.paper import words_of
from scientists.prose import Prose
from scientists.study import Trial, Tried, Written
from scientists.templates import list_templates
from tests.scientists.studies import figures_of, written


def paper_of(study: Written, folder: Path) -> Document:
    data = words_of(study, np.random.default_rng(0))[2]
    path = folder / "paper.pdf"
    path.write_bytes(typeset(data, {f"{n}.svg": part for n, part in figures_of(study).items()}))
    return read_pdf(path)


def digits(text: str) -> Iterator[int]:
    """The places of all digits of all numbers."""
    for number in NUMBER.finditer(text):
        yield from (at for at in range(*number.span()) if text[at].isdigit())


def with_other_digits(text: str, rng: np.random.Generator) -> Iterator[str]:
    """The text with one of its digits changed, for each of them once."""
    for at in digits(text):
        other = str((int(text[at]) + int(rng.integers(1, 10))) % 10)
        yield text[:at] + other + text[at + 1 :]


def with_one_change(document: Document, rng: np.random.Generator) -> Iterator[Document]:
    for abstract in with_other_digits(document.abstract, rng):
        yield msgspec.structs.replace(document, abstract=abstract)
    lines, rows = document.text.split("\n"), {line for _, line in table_rows(document.text)}
    for at, line in enumerate(lines):
        for changed in with_other_digits(line, rng) if line in rows else ():
            text = "\n".join([*lines[:at], changed, *lines[at + 1 :]])
            yield msgspec.structs.replace(document, text=text)


@pytest.mark.parametrize("name", list_templates())
def test_nearly_every_changed_digit_is_found(name: str, tmp_path: Path) -> None:
    study = written(-0.2, template_name=name)
    document = paper_of(study, tmp_path)
    assert claims(study, document) == (True, claims(study, document)[1])
    found = [
        not claims(study, changed)[0]
        for changed in with_one_change(document, np.random.default_rng(0))
    ]
    assert len(found) > 300 and np.mean(found) > 0.99, (len(found), np.mean(found))


KEY = "649def34f8be52c8b66281af98ae884c09aef38b"
PROSE = Prose(
    model="openai:m", title="Does it help?", keys=(KEY, "kingma2015"), years=(2018, 2015),
    abstract=f"Kingma and Ba (2015) asked it [@{KEY}; @kingma2015].",
    sections={"Discussion": ["It was asked in 2018 [@kingma2015], over seed 101."]},
    explanation="The rate is halved every 37 steps.",
)  # fmt: skip


def claimed(folder: Path, changed_line: str = "", **changes: Any) -> tuple[bool, str]:
    """The check of a paper in a model's words, with these changes of them."""
    study = written(-0.2, prose=msgspec.structs.replace(PROSE, **changes))
    script = (study.question.template.folder / "experiment.py").read_text()
    trial = Trial(explanation=PROSE.explanation, code=script + changed_line)
    idea = msgspec.structs.replace(study.question.idea, hypothesis="It gains 47.11 points.")
    study = msgspec.structs.replace(
        study,
        tried=Tried(seed=1, baseline={}, trials=(trial,), chosen=1),
        question=msgspec.structs.replace(study.question, idea=idea),
    )
    return claims(study, paper_of(study, folder))


EVERY = "EVERY = 37\n"


def test_citations_years_and_the_changed_code_are_no_inventions(tmp_path: Path) -> None:
    assert claimed(tmp_path, EVERY)[0], claimed(tmp_path, EVERY)


@pytest.mark.parametrize(
    "line", ["x = 1  # a gain of 73.21 %\n", '"""A gain of 73.21 %."""\n', 'x = "73.21"\n']
)
def test_words_in_the_changed_code_bear_nothing_out(line: str, tmp_path: Path) -> None:
    passed, detail = claimed(tmp_path, EVERY + line, abstract="A gain of 73.21 % is found.")
    assert not passed and "73.21 % (abstract)" in detail


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": "A gain of 73.21 %"}, "73.21 % (title)"),
        ({"explanation": "It halves every 38 steps."}, "38 (change of the code)"),
        ({"abstract": "It was asked in 2016."}, "2016 (abstract)"),
        ({"sections": {"Discussion": ["It gains 47.11 points."]}}, "47.11 (Discussion)"),
    ],
)
def test_a_model_s_own_words_bear_nothing_out(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    passed, detail = claimed(tmp_path, EVERY, **changes)
    assert not passed and said in detail
