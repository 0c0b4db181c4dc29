"""A small round with the real embedded minds and real experiments in the sandbox."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader

from conference.app.site import write_site
from conference.core.ledger import read_ledger
from conference.core.records import (
    Check,
    Decision,
    Experiment,
    Failure,
    MetaReview,
    Rebuttal,
    Review,
    Submission,
)
from conference.papers.pdf import read_with_spans
from venues.round import load_round, prepare, run_round
from venues.state import Round

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scientists with the quickest budget, five reviewers, two chairs."""
    venue = prepare("workshop", scientists=2, reviewers=5, chairs=2)
    call = msgspec.structs.replace(venue.call, budget="quick", seeds=2)
    out = tmp_path_factory.mktemp("embedded")
    run_round(msgspec.structs.replace(venue, call=call), out=out, hosts=0)
    write_site(out)
    return out


@pytest.fixture(scope="module")
def round_(folder: Path) -> Round:
    return load_round(folder)


def test_nothing_failed_and_every_paper_was_decided(round_: Round) -> None:
    assert round_.all(Failure) == []
    papers = round_.papers()
    assert len(papers) == 2
    assert {row.paper for row in round_.all(Decision)} == {paper.paper for paper in papers}
    for paper in papers:
        assert len(round_.of(Review, paper.paper)) == 3
        assert round_.of(MetaReview, paper.paper) and round_.of(Rebuttal, paper.paper)


def test_the_ledger_stands_and_a_second_run_has_nothing_to_do(folder: Path) -> None:
    ledger = read_ledger(folder)
    before = ledger.content()
    ledger.close()
    plan = load_round(folder)
    again = run_round(plan.venue, out=folder, hosts=0)
    assert again.performed == 0
    ledger = read_ledger(folder)
    assert ledger.content() == before
    ledger.close()


def test_every_paper_is_a_clean_pdf_of_a_real_experiment(folder: Path, round_: Round) -> None:
    for paper in round_.all(Submission):
        document, hidden = read_with_spans(folder / "papers" / paper.pdf)
        assert hidden == () and document.pages == paper.pages >= 3
        assert document.title == paper.title
        experiment = round_.of(Experiment, paper.paper)[0]
        assert experiment.runs >= 4 and experiment.effect_low <= experiment.effect_high
        for name in experiment.files.values():
            assert (folder / "experiments" / name).stat().st_size > 0
        assert all(check.passed for check in round_.of(Check, paper.paper))


def test_every_field_of_every_review_is_filled_with_an_allowed_value(round_: Round) -> None:
    form = round_.venue.form
    for review in round_.all(Review):
        for field in form.scores:
            assert review.scores[field.name] in field.values
        for field in (*form.texts, *form.choices):
            assert review.texts.get(field.name, "").strip() or not field.required
        for field in form.choices:
            assert review.texts[field.name] in field.choices
        assert review.rating == review.scores[form.rating]
        assert review.confidence == review.scores[form.confidence]


def test_texts_say_that_a_statistical_mind_wrote_them(folder: Path, round_: Round) -> None:
    kinds = (Review, MetaReview, Rebuttal)
    assert {row.mind for kind in kinds for row in round_.all(kind)} == {"embedded"}
    for paper in round_.papers():
        page = (folder / "site" / "papers" / f"{paper.paper}.html").read_text()
        assert page.count("statistical mind") >= 5  # Three reviews, meta-review, rebuttal.
        for review in round_.of(Review, paper.paper):
            assert "statistical" in " ".join(review.texts.values()).lower()
        for sheet in PdfReader(folder / "papers" / paper.pdf).pages:  # In the foot of every page.
            assert "statistical" in sheet.extract_text().lower()
