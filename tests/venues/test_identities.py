"""One person under several addresses and spellings is one, and what is unclear is a conflict."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from conference.app.site import write_site
from conference.core.errors import UserError
from conference.core.ledger import read_ledger
from conference.core.records import Assignment, Conflict, Submission
from tests.data.test_text_version import pdf
from tests.venues.tiny import table, tiny_venue
from venues.identities import OWN, PERHAPS, addresses_in, authorship, identity_of, read_profiles
from venues.papers import open_papers
from venues.round import prepare, run_round
from venues.venue import Venue

ADA = "Ada Byron <ada@old.org> ada@new.org"


@pytest.mark.parametrize(
    ("author", "reason"),
    [
        ("Countess Lovelace <ADA@new.org>", OWN),
        ("A. B. <ada+papers@old.org>", OWN),
        ("Ada Byron <byron@third.org>", PERHAPS),
        ("Byron, Ada", PERHAPS),
        ("A. Byron <someone@third.org>", PERHAPS),
        ("Byron Ada", PERHAPS),
        ("Àda Byron", PERHAPS),
        ("ada.byron@third.org", PERHAPS),
        ("Anna Byron <anna@third.org>", None),
        ("Ada Lovelace <lovelace@third.org>", None),
        ("byron@third.org", None),
        ("", None),
    ],
)
def test_an_author_is_the_reviewer_perhaps_or_is_not(author: str, reason: str | None) -> None:
    reviewers = [identity_of("Grace Hopper <grace@navy.org>"), identity_of(ADA)]
    found = authorship(reviewers, {"p1": [identity_of("Emmy Noether <e@n.org>")],
                                   "p2": [identity_of(author)]})  # fmt: skip
    assert found == ({1: {"p2": reason}} if reason else {})


def test_identities_are_merged_through_other_papers_before_conflicts_are_told() -> None:
    """Paper 1 has two of her addresses; so paper 2, which has the second alone, is hers too."""
    papers = {
        "p2": [identity_of("A. L. <countess@third.org>")],
        "p1": [identity_of("Ada Lovelace <ada@new.org> <countess@third.org>")],
    }
    assert authorship([identity_of(ADA)], papers) == {0: {"p1": OWN, "p2": OWN}}


def test_addresses_on_a_first_page_may_share_their_place() -> None:
    page = "A Study\nAda Byron, Grace Hopper\n{ada, grace.hopper}@new.org  emmy@n.org\nAbstract"
    found = [sorted(person.addresses) for person in addresses_in(page)]
    assert found == [["ada@new.org"], ["grace.hopper@new.org"], ["emmy@n.org"]]


def with_profiles(file: Path) -> Venue:
    """The tiny venue, its first reviewers Ada and Grace."""
    file.write_text(
        'name,emails,papers\nAda Byron,ada@old.org; ada@new.org,"[""Notes on the engine""]"\n'
        "Grace Hopper,grace@navy.org,\n"
    )
    venue = tiny_venue(reviewers=8)
    population = msgspec.structs.replace(venue.population, profiles=str(file))
    call = msgspec.structs.replace(venue.call, anonymous=False)
    desk = msgspec.structs.replace(venue.desk, topic=False, duplicates=False)
    return prepare(msgspec.structs.replace(venue, population=population, call=call, desk=desk))


def test_authors_are_those_of_a_pdf_s_first_page(tmp_path: Path) -> None:
    folder = tmp_path / "pdfs"
    folder.mkdir()
    pdf(folder / "engine.pdf", "", ["A. B. (ada@new.org)"], False)
    pdf(folder / "ships.pdf", "", ["G. Hopper, hopper.grace@third.org"], False)
    venue = with_profiles(tmp_path / "people.csv")
    source = open_papers(folder, venue)
    round_ = run_round(venue, out=tmp_path / "run", hosts=0, papers=source).round
    ada, grace, *_ = round_.agents("reviewer")
    papers = {paper.title.split()[-2]: paper.paper for paper in round_.all(Submission)}
    told = {(row.agent, row.paper, row.reason) for row in round_.all(Conflict)}
    assert (ada.id, papers["engine"], OWN) in told
    assert (grace.id, papers["ships"], PERHAPS) in told


def test_nobody_reviews_a_paper_that_a_profile_may_have_written(tmp_path: Path) -> None:
    venue = with_profiles(tmp_path / "people.csv")
    authors = {0: ["A. B. <ada@new.org>"], 1: ["Ada Byron <elsewhere@x.org>"], 2: ["Emmy"]}
    rows = [
        {"paper_id": row.paper, "title": row.title, "abstract": row.abstract,
         "authors": authors.get(at)}
        for at, row in enumerate(table(6).table)
    ]  # fmt: skip
    (tmp_path / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = open_papers(tmp_path / "papers.jsonl", venue)
    round_ = run_round(venue, out=tmp_path / "run", hosts=0, papers=source).round
    ada, grace, *others = round_.agents("reviewer")
    told = {(row.agent, row.paper): row.reason for row in round_.all(Conflict)}
    assert {paper: why for (who, paper), why in told.items() if who == ada.id} == {
        "p000": OWN, "p001": PERHAPS,
    }  # fmt: skip
    assert not any(who == grace.id for who, _ in told)
    assert ada.papers == ("Notes on the engine",) and grace.papers and others[0].own_submissions
    given = {(row.agent, row.paper) for row in round_.all(Assignment)}
    assert given and not given & told.keys()
    kept = read_ledger(tmp_path / "run")
    ledger = b"".join(kept.content().values())
    kept.close()
    assert b"own paper" in ledger and b"ada@new.org" not in ledger and b"Ada Byron" not in ledger
    site = write_site(tmp_path / "run").parent
    assert any("perhaps an author of p001" in page.read_text() for page in site.rglob("*.js"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,emails\nAda,\n", "line 2: a reviewer needs a name and an e-mail address"),
        ("name,emails\nAda,a@b.org\nAda B.,A@b.org\n", "line 3: a@b.org is also another"),
        ("name,mail\nAda,a@b.org\n", "column 'emails' is missing"),
        ('name,emails,papers\nAda,a@b.org,"A, B"\n', "line 2: papers is 'A, B', not a list"),
    ],
)
def test_profiles_that_cannot_be_used_are_one_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_profiles(str(file))
