"""What a dry run tells of calls and tokens is not less than what the round then takes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from reportlab.pdfgen.canvas import Canvas

from conference.core.errors import UserError
from conference.models.costs import Budget
from conference.models.reading import paper_budget
from tests.models.scripted import serve
from tests.models.test_round import RULES, venue
from tests.venues.test_cli import conference
from tests.venues.tiny import table
from venues.estimate import PDF_PAGE, Estimate, estimate
from venues.papers import PaperSource, open_papers
from venues.round import run_round
from venues.spending import NO_PAPER, read_spending
from venues.venue import Venue


def by_phase(rules: Venue, source: PaperSource, rounds: int = 1) -> dict[str, Estimate]:
    return {row.phase: row for row in estimate(rules, source, rounds)}


def test_no_phase_takes_more_than_was_estimated(tmp_path: Path) -> None:
    with serve() as server:
        rules, source = venue(server), table(5)
        people = msgspec.structs.replace(rules.population, senior_chairs=1)
        talk = msgspec.structs.replace(rules.discussion, gap=0)
        rules = msgspec.structs.replace(rules, population=people, discussion=talk)
        told = by_phase(rules, source)
        round_ = run_round(rules, out=tmp_path, hosts=0, papers=source).round
    spending = read_spending(tmp_path)
    spent = spending.by_phase
    assert {"preflight", "assign", "review", "discuss", "meta_review", "decide"} <= set(spent)
    for phase, took in spent.items():
        assert told[phase].calls >= took.calls, phase
        assert told[phase].tokens_in >= took.tokens_in, phase
        assert told[phase].tokens_out >= took.tokens_out, phase
        assert told[phase].cost >= took.cost > 0, phase
    # Bidders look at many papers and senior chairs at chairs; what that takes is no one paper's.
    assert set(spending.by_paper) == {
        "preflight",
        NO_PAPER,
        *(paper.paper for paper in round_.papers()),
    }
    for cut in (spending.by_role, spending.by_phase, spending.by_paper, spending.by_model):
        assert sum(row.calls for row in cut.values()) == spending.total.calls


def pdfs(folder: Path, pages: int) -> Path:
    """Two files of so many pages, and one that is no PDF."""
    folder.mkdir()
    for name in ("a.pdf", "b.pdf"):
        canvas = Canvas(str(folder / name))
        for number in range(pages):
            canvas.drawString(72, 720, f"Page {number}.")
            canvas.showPage()
        canvas.save()
    (folder / "broken.pdf").write_bytes(b"no PDF")
    return folder


def test_pdfs_are_counted_by_their_pages_and_cut_to_the_context(tmp_path: Path) -> None:
    with serve() as server:
        rules, small = venue(server), venue(server, context=16_000)
        short = open_papers(pdfs(tmp_path / "short", 3), rules)
        long = open_papers(pdfs(tmp_path / "long", 30), rules)
        three, thirty = by_phase(rules, short)["review"], by_phase(rules, long)["review"]
        cut = by_phase(small, long)["review"]
    more = (thirty.tokens_in - three.tokens_in) / thirty.calls
    assert more == pytest.approx(27 * PDF_PAGE * 2 / 3, abs=1)
    saved = (thirty.tokens_in - cut.tokens_in) / thirty.calls
    most = paper_budget(16_000, small.models["default"])
    assert saved == pytest.approx((30 * PDF_PAGE - most) * 2 / 3, abs=1)


def test_several_rounds_are_estimated_together() -> None:
    with serve() as server:
        one, three = by_phase(venue(server), table(4)), by_phase(venue(server), table(4), 3)
    assert {name: row.calls for name, row in three.items()} == {
        name: 3 * row.calls for name, row in one.items()
    }
    # Reviewers are told the titles of earlier rounds.
    assert three["review"].tokens_in > 3 * one["review"].tokens_in
    shown = conference("run", "--dry-run", "--rounds", "3").stdout
    assert "what 3 rounds would do" in shown


def test_models_are_not_said_to_rate_known_papers_that_have_no_texts(tmp_path: Path) -> None:
    known = tmp_path / "known.csv"
    rows = (f'p{at},Paper {at},Its abstract says enough.,"[5, {at % 4 + 3}]"' for at in range(30))
    known.write_text("\n".join(("paper_id,title,abstract,ratings", *rows)))
    asked = ("run", "--dry-run", "--reviewer", "openai:never@http://127.0.0.1:9/v1")
    # The second table is of calls to models; the first counts the tasks of all minds.
    bare, told = (
        conference(*asked, *more).stdout.partition("tokens in")[2]
        for more in ((), ("--calibration", str(known)))
    )
    assert "review" in bare and "calibrate" not in bare
    assert "calibrate" in told


def test_a_limit_on_costs_without_prices_is_one_sentence(tmp_path: Path) -> None:
    with serve() as server:
        rules = venue(server, price_in=0.0, price_out=0.0)
        with pytest.raises(UserError, match="has no price"):
            run_round(rules, out=tmp_path, hosts=0, papers=table(2), budget=Budget(cost=1.0))
        assert not server.requests
    assert RULES.priced
