"""Importers of files: tables, the AI Scientist's files, PeerRead, PDFs with a CSV."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pandas as pd
import pytest

from benchmarks.reviewers.baselines import references
from conference.core.errors import UserError
from conference.data.importers.ai_scientist import read_ratings, read_reviews
from conference.data.importers.pdfs import read_folder
from conference.data.importers.peerread import read_peerread
from conference.data.importers.table import read_tables
from conference.papers import Document, HiddenSpan, from_text
from conference.papers.hidden import UNCHECKED


def tables(folder: Path, papers: list[dict], reviews: list[dict]) -> Path:
    folder.mkdir(exist_ok=True)
    pd.DataFrame(papers).to_parquet(folder / "papers.parquet")
    pd.DataFrame(reviews).to_parquet(folder / "reviews.parquet")
    return folder


def row(paper: str, year: int = 2022, **more: object) -> dict:
    return {"paper_id": paper, "venue": "ICLR", "year": year, "title": f"On {paper}"} | more


def said(paper: str, reviewer: int, rating: float, **more: object) -> dict:
    return {"paper_id": paper, "year": 2022, "reviewer": reviewer, "rating": rating} | more


def test_tables_become_one_dataset_a_venue_year(tmp_path: Path):
    folder = tables(
        tmp_path / "t",
        [
            row("a", status="accepted", decision_raw="Accept (Poster)", keywords="x; y"),
            row("b", status="rejected", abstract="An abstract."),
            row("c", 2026, status="withdrawn", primary_area="optimisation"),
            row("d", 2026, title=None),
        ],
        [
            said("a", 0, 6, soundness=3.0, confidence=4),
            said("a", 1, 7),
            said("b", 0, 10, rating_initial=8),
            said("c", 0, 4),
            said("ghost", 0, 6),
        ],
    )
    pd.DataFrame([{"paper_id": "a", "text": "Body."}]).to_parquet(
        folder / "fulltext_iclr2022.parquet"
    )
    pd.DataFrame(
        [{"paper_id": "a", "year": 2022, "reviewer": 0, "text": "Good.", "summary": None}]
    ).to_parquet(folder / "review_texts.parquet")
    old, new = read_tables(folder)
    assert (old.name, new.name) == ("iclr2022", "iclr2026")
    first = old.papers[0]
    assert (first.status, first.presentation, first.keywords) == ("accepted", "poster", ("x", "y"))
    assert (first.text, first.text_version) == ("Body.", "final")
    assert old.reviews[0].texts == {"text": "Good."}
    assert old.reviews[0].scores == {"soundness": 3.0}
    assert (old.reviews[1].rating, old.reviews[1].rating_initial) == (10, 8)
    assert [review.reviewer for review in old.reviews] == [0, 0]
    reasons = {fault.record: fault.reason for fault in (*old.damaged, *new.damaged)}
    assert "rating 7 is not on its scale" in reasons["review 1 of paper a"]
    assert reasons["review 0 of paper ghost"] == "its paper is not in the data"
    assert reasons["paper d"] == "it has no id or no title"
    assert new.papers[0].topic == "optimisation"
    assert new.papers[0].accepted is None

    alone, other = read_tables(folder, rated=2022)
    theirs = tuple(fault for fault in old.damaged if fault.record != "paper d")  # of 2026
    assert alone == msgspec.structs.replace(old, damaged=theirs)
    assert "review 0 of paper ghost" in {fault.record for fault in alone.damaged}
    assert other.papers == new.papers and not other.reviews
    other, alone = read_tables(folder, rated=2026)
    assert alone.reviews == new.reviews and not other.reviews
    assert "review 0 of paper ghost" in {fault.record for fault in alone.damaged}


def test_a_table_without_reviews_is_decisions_alone(tmp_path: Path):
    folder = tables(tmp_path / "t", [row("a", 2025, status="accepted"), row("b", 2025)], [])
    (folder / "reviews.parquet").unlink()
    (found,) = read_tables(folder)
    assert found.name == "iclr2025" and found.reviews == ()
    assert "nothing is rated" in found.notes[0]


def test_papers_with_lists_of_ratings_need_no_table_of_reviews(tmp_path: Path):
    """As a table of papers with their ratings that is put beside other tables of a folder."""
    papers = [row("a", 2025, ratings=[6, 3]), row("b", 2025, ratings=[8])]
    folder = tables(tmp_path / "t", papers, [{"paper_id": "a", "rating": 10}])
    (both,) = read_tables(folder)
    assert [review.rating for review in both.reviews] == [10], "a table of reviews goes first"
    (folder / "reviews.parquet").unlink()
    (found,) = read_tables(folder)
    given = [(each.paper_id, each.reviewer, each.rating) for each in found.reviews]
    assert given == [("a", 0, 6), ("a", 1, 3), ("b", 0, 8)]
    assert not any("nothing is rated" in note for note in found.notes)


def test_reviews_that_are_not_numbered_keep_their_order(tmp_path: Path):
    given = [{"paper_id": "a", "rating": value} for value in (6, 3, 6)]
    (found,) = read_tables(tables(tmp_path / "t", [row("a")], given))
    assert [(r.reviewer, r.rating) for r in found.reviews] == [(0, 6), (1, 3), (2, 6)]


def test_a_cell_that_cannot_be_read_costs_no_more_than_it_must(tmp_path: Path):
    papers = [row("a"), row("b") | {"year": "soon"}, row("c", accepted=True)]
    reviews = [
        said("a", 0, 6, soundness="deep", confidence="3: sure"),
        said("a", 1, 8, soundness="3 good", confidence="very"),
        said("c", None, 8),
        said("c", 1, 3),
    ]
    papers = [{key: str(v) if key == "year" else v for key, v in one.items()} for one in papers]
    (found,) = read_tables(tables(tmp_path / "t", papers, reviews))
    assert [(r.rating, r.confidence, r.scores) for r in found.reviews] == [
        (6, 3, {}), (8, None, {"soundness": 3}), (3, None, {}),
    ]  # fmt: skip
    assert {p.paper_id: p.status for p in found.papers} == {"a": "unknown", "c": "accepted"}
    records = {fault.record for fault in found.damaged}
    assert records == {
        "paper b", "soundness of review 0 of paper a", "confidence of review 1 of paper a",
        "review of paper c",
    }  # fmt: skip


def test_a_single_table_with_lists_of_ratings(tmp_path: Path):
    papers = [
        {"paper_id": "a", "title": "A", "venue": "NeurIPS", "year": 2022, "decision": "Accept",
         "ratings": [7.0, 5.0], "keywords": "kernels, graphs"},
        {"paper_id": "b", "title": "B", "venue": "NeurIPS", "year": 2022, "decision": "Reject",
         "ratings": [11.0, 4.0, 4.0], "keywords": None},
    ]  # fmt: skip
    pd.DataFrame(papers).to_parquet(tmp_path / "n.parquet")
    (found,) = read_tables(tmp_path / "n.parquet")
    assert found.name == "neurips2022"
    assert {k: list(v) for k, v in found.ratings().items()} == {"a": [7, 5], "b": [4, 4]}
    assert [p.keywords for p in found.papers] == [("kernels", "graphs"), ()]
    assert found.damaged[0].record == "review 0 of paper b"
    pd.DataFrame(papers).drop(columns="ratings").to_parquet(tmp_path / "n.parquet")
    with pytest.raises(UserError, match="column 'ratings' is missing"):
        read_tables(tmp_path / "n.parquet")


def test_first_ratings_come_from_the_history(tmp_path: Path):
    reviews = [said("a", r, x) for r, x in enumerate((6, 8, 6))] + [said("b", 0, 5)]
    folder = tables(tmp_path / "t", [row("a"), row("b")], reviews)
    pd.DataFrame(
        {
            "paper_id": ["a", "a", "a", "b", "b"], "stage": [0, 1, 2, 0, 1],
            "ratings": [[5.0, 6.0, 3.0], [5.0, 6.0, 6.0], [8.0, 6.0, 6.0], [3.0], [6.0]],
        }
    ).to_parquet(folder / "rating_history.parquet")  # fmt: skip
    (found,) = read_tables(folder)
    pairs = sorted((r.rating_initial, r.rating_final) for r in found.reviews if r.paper_id == "a")
    assert pairs == [(3, 6), (5, 8), (6, 6)]
    assert [r.rating_initial for r in found.reviews if r.paper_id == "b"] == [None]
    assert found.notes == (
        "first ratings of 1 papers are matched to reviews by the last ones: in 1 of them reviewers "
        "with the same last rating had different first ones, and which had which is arbitrary",
    )


def test_how_first_ratings_were_matched_is_said_of_no_other_year(tmp_path: Path):
    """A year with its own first ratings, one without history, one without reviews."""
    papers = [row("own", 2026), row("none", 2021), row("unrated", 2025), row("a", 2022)]
    reviews = [said("own", 0, 6), said("none", 0, 6), said("a", 0, 6), said("a", 1, 8)]
    folder = tables(tmp_path / "t", papers, reviews)
    history = [("own", 0, [4.0]), ("own", 1, [6.0]), ("unrated", 0, [6.0]), ("a", 0, [3.0, 8.0]),
               ("a", 1, [6.0, 8.0])]  # fmt: skip
    pd.DataFrame(history, columns=["paper_id", "stage", "ratings"]).to_parquet(
        folder / "rating_history.parquet"
    )
    notes = {found.name: " ".join(found.notes) for found in read_tables(folder)}
    assert [name for name, each in notes.items() if "first ratings" in each] == ["iclr2022"]
    assert "in 0 of them" in notes["iclr2022"]


def test_an_empty_list_of_ratings_is_not_yet_rated(tmp_path: Path):
    """In the papers' own list and at a stage of their history: no damage, and said as it is."""
    papers = [
        row("a", ratings=[], decision="Accept"),
        row("b", ratings=[6.0]),
        row("c", ratings=[]),
    ]
    papers.append(row("d", ratings=[], decision="Withdrawn"))
    papers.append(row("e", ratings=[7.0]))
    pd.DataFrame(papers).to_parquet(tmp_path / "t.parquet")
    (found,) = read_tables(tmp_path / "t.parquet")
    assert found.notes == ("2 papers are not yet rated in these data, 1 of them decided",)
    assert [fault.record for fault in found.damaged] == ["review 0 of paper e"]
    folder = tables(tmp_path / "u", [row("a")], [said("a", 0, 6)])
    pd.DataFrame({"paper_id": ["a", "a"], "stage": [0, 1], "ratings": [[], [6.0]]}).to_parquet(
        folder / "rating_history.parquet"
    )
    (found,) = read_tables(folder)
    assert found.damaged == () and found.reviews[0].rating_initial is None


def test_a_table_without_a_needed_column_is_refused(tmp_path: Path):
    folder = tables(
        tmp_path / "t", [{"paper_id": "a", "venue": "ICLR", "year": 2022}], [said("a", 0, 6)]
    )
    with pytest.raises(UserError, match="column 'title' is missing"):
        read_tables(folder)
    with pytest.raises(UserError, match=r"papers.parquet: no such file"):
        read_tables(tmp_path / "nowhere")


DECISIONS = [
    ({"accepted": 1}, "accepted"),
    ({"accepted": 0.0}, "rejected"),
    ({"accepted": "True"}, "accepted"),
    ({"accepted": "false"}, "rejected"),
    ({"accepted": None}, "unknown"),
    ({"status": "Accept"}, "accepted"),
    ({"status": "Poster"}, "accepted"),
    ({"status": "Reject"}, "rejected"),
    ({"status": "Desk Reject"}, "desk_rejected"),
    ({"status": "Active", "decision": "Accept (Oral)"}, "accepted"),
]


@pytest.mark.parametrize(("cells", "status"), DECISIONS)
def test_a_decision_is_read_however_it_is_written(cells: dict, status: str, tmp_path: Path):
    (found,) = read_tables(tables(tmp_path / "t", [row("a", **cells)], [said("a", 0, 6)]))
    assert found.papers[0].status == status and found.damaged == ()


@pytest.mark.parametrize("cells", [{"status": "Active"}, {"accepted": "maybe"}, {"accepted": 2}])
def test_a_decision_that_cannot_be_read_is_named(cells: dict, tmp_path: Path):
    (found,) = read_tables(tables(tmp_path / "t", [row("a", **cells)], [said("a", 0, 6)]))
    ((field, value),) = cells.items()
    assert found.papers[0].status == "unknown"
    assert found.damaged[0].record == f"{field} of paper a"
    assert f"{field} is '{value}'" in found.damaged[0].reason


@pytest.mark.parametrize(
    "cells",
    [
        {"status": "poster", "accepted": False},
        {"status": "rejected", "accepted": 1},
        {"decision": "Accept (Oral)", "accepted": "false"},
    ],
)
def test_a_decision_that_contradicts_itself_is_damage(cells: dict, tmp_path: Path):
    (found,) = read_tables(tables(tmp_path / "t", [row("a", **cells)], [said("a", 0, 6)]))
    assert found.papers[0].status == "unknown"
    assert "accepted is" in found.damaged[0].reason


def test_lists_in_a_csv_are_read_or_named(tmp_path: Path):
    file = tmp_path / "t.csv"
    file.write_text(
        "paper_id,venue,year,title,ratings,confidences\n"
        'a,ICLR,2022,A,"[6, 8]","[4, 3]"\n'
        "b,ICLR,2022,B,,\n"
        'c,ICLR,2022,C,"[6, 8]","[4]"\n'
        "d,ICLR,2022,D,6 8,\n"
    )
    (found,) = read_tables(file)
    assert [(r.paper_id, r.rating, r.confidence) for r in found.reviews] == [
        ("a", 6, 4), ("a", 8, 3), ("c", 6, None), ("c", 8, None),
    ]  # fmt: skip
    assert {fault.record: fault.reason for fault in found.damaged} == {
        "confidences of paper c": "there are 1 for 2 ratings",
        "reviews of paper d": "ratings is '6 8', not a list such as [6, 8]",
    }


def test_faults_beside_the_ratings_cost_themselves_alone(tmp_path: Path):
    """In the history of ratings, and in the reviews' texts; a year may be text."""
    papers = [row(name) for name in "abc"] + [row("old", 2019)]
    reviews = [said(name, 0, 6) for name in "abc"] + [said("old", 0, 6)]
    folder = tables(tmp_path / "t", papers, reviews)
    history = [("a", 0.0, [5.0]), ("a", 1.0, [6.0]), ("b", None, [5.0]), ("b", 0.0, [7.0]),
               ("b", 1.0, [6.0]), ("c", 0.0, [5.0]), ("c", 1.0, [6.0]),
               ("c", 2.0, None)]  # fmt: skip
    pd.DataFrame(history, columns=["paper_id", "stage", "ratings"]).to_parquet(
        folder / "rating_history.parquet"
    )
    texts = [("a", "2022", "0", "Good."), ("b", "2022", "R1", "Odd."), ("c", "2022", None, "Odd."),
             ("old", "2019", "0", "Another's.")]  # fmt: skip
    pd.DataFrame(texts, columns=["paper_id", "year", "reviewer", "text"]).to_parquet(
        folder / "review_texts.parquet"
    )
    old, found = read_tables(folder)
    assert [(r.paper_id, r.rating_initial, r.texts) for r in found.reviews] == [
        ("a", 5, {"text": "Good."}), ("b", None, {}), ("c", 5, {}),
    ]  # fmt: skip
    assert old.reviews[0].texts == {}
    records = [fault.record for fault in found.damaged]
    assert sorted(records) == [
        "history of paper b", "history of paper b", "history of paper c",
        "text of a review of paper b", "text of a review of paper c",
    ]  # fmt: skip


def test_a_scale_is_for_the_venues_whose_own_is_not_known(tmp_path: Path):
    papers = [row("a", venue="Lab"), row("b")]
    folder = tables(tmp_path / "t", papers, [said("a", 0, 4), said("a", 1, 3), said("b", 0, 6)])
    known, own = read_tables(folder, scale=(1.0, 2.0, 4.0))
    assert (known.name, known.papers[0].scale[-1]) == ("iclr2022", 10)
    assert own.papers[0].scale == (1, 2, 4) and [r.rating for r in own.reviews] == [4]
    with pytest.raises(UserError, match="--scale: the scales of all papers"):
        read_tables(tables(tmp_path / "u", [row("b")], [said("b", 0, 6)]), scale=(1.0, 2.0))


def test_the_ai_scientists_ratings(tmp_path: Path):
    file = tmp_path / "ratings_subset.tsv"
    file.write_text(
        "paper_id\t0\t1\t2\t3\t4\t5\t6\tdecision\n"
        "aa\t10.0\t8.0\t\t\t\t\t\tAccept (Oral)\n"
        "bb\t3.0\t5.0\t6.0\t\t\t\t\tReject\n"
        "cc\t3.0\t7.0\t\t\t\t\t\tReject\n"
    )
    (found,) = read_ratings(file)
    ratings = {paper: list(given) for paper, given in found.ratings().items()}
    assert ratings == {"aa": [10, 8], "bb": [3, 5, 6], "cc": [3]}
    assert [paper.accepted for paper in found.papers] == [True, False, False]
    assert found.damaged[0].record == "review 1 of paper cc"
    assert "3 papers have no title there" in found.notes[0]
    same = pd.DataFrame(
        {"paper_id": ["aa"], "ratings": [[10.0, 8.0]], "confidences": [[4.0, 3.0]],
         "decision": ["Accept (Oral)"]}
    )  # fmt: skip
    same.to_parquet(tmp_path / "subset.parquet")
    (table,) = read_ratings(tmp_path / "subset.parquet")
    assert list(table.ratings()["aa"]) == [10, 8]
    assert table.reviews[0].confidence == 4
    written = tmp_path / "written.csv"
    written.write_text(
        "paper_id,ratings,confidences,decision\n"
        'aa,"[8, 10, 6]","[4, 3, 5]",Accept\nbb,8 10 6,,Accept\n'
    )
    (listed,) = read_ratings(written)
    assert list(listed.ratings()["aa"]) == [8, 10, 6] and "bb" not in listed.ratings()
    assert listed.damaged[0].record == "reviews of paper bb"


def test_the_ai_scientists_reviews(tmp_path: Path):
    file = tmp_path / "gpt-4o-2024-05-13_temp_0_1_pages_all.csv"
    file.write_text(
        'paper_id,Summary,Overall,Confidence,Decision\naa,"x, y",10,4,Accept\nbb,z,3,4,Reject\n'
    )
    first, second = read_reviews(file)
    assert (first.config, first.score, first.accept) == (file.stem, 10, True)
    assert (second.score, second.accept, second.confidence) == (3, False, 4)
    file.write_text("paper_id,Overall\naa,\n")
    with pytest.raises(UserError, match=r"paper aa.*'Overall' is empty"):
        read_reviews(file)
    file.write_text("paper_id,Overall\naa,N/A\n")
    with pytest.raises(UserError, match="'N/A', not a number"):
        read_reviews(file)
    file.write_text("paper_id,Overall\naa,60\n")
    with pytest.raises(UserError, match="Overall 60 is not on its scale"):
        read_reviews(file)


def peerread(folder: Path) -> Path:
    section = folder / "iclr_2017"
    for split, name, accepted in (("train", "12", True), ("test", "7", False)):
        (section / split / "reviews").mkdir(parents=True)
        (section / split / "parsed_pdfs").mkdir()
        record = {
            "id": name,
            "title": f"Paper {name}",
            "abstract": "About things.",
            "authors": "Nobody",
            "accepted": accepted,
            "reviews": [
                {"IS_META_REVIEW": True, "comments": "meta", "RECOMMENDATION": 9},
                {"IS_META_REVIEW": False, "comments": "a question"},
                {"comments": "good", "RECOMMENDATION": "9", "REVIEWER_CONFIDENCE": 4, "CLARITY": 5},
                {"comments": "odd", "RECOMMENDATION": "many"},
                {"comments": "fair", "RECOMMENDATION": 6},
                {"comments": "fine", "RECOMMENDATION": 7},
            ],
        }
        (section / split / "reviews" / f"{name}.json").write_text(json.dumps(record))
    body = {"metadata": {"authors": ["Nobody"], "sections": [{"heading": None, "text": "Text."}]}}
    (section / "train" / "parsed_pdfs" / "12.pdf.json").write_text(json.dumps(body))
    (section / "test" / "reviews" / "8.json").write_text("{broken")
    (section / "test" / "reviews" / "9.json").write_bytes(b'{"title": "caf\xe9"}')
    return section


def test_peerread_sections(tmp_path: Path):
    (found,) = read_peerread(peerread(tmp_path))
    assert found.name == "peerread-iclr2017"
    assert {p.paper_id: (p.status, p.text) for p in found.papers} == {
        "12": ("accepted", "Text."),
        "7": ("rejected", None),
    }
    assert [(r.rating, r.confidence, r.scores) for r in found.reviews[:2]] == [
        (9, 4, {"clarity": 5}),
        (6, None, {}),
    ]
    assert "4 comments without a recommendation" in found.notes[0]
    records = {fault.record for fault in found.damaged}
    assert records == {
        "file test/reviews/8.json", "file test/reviews/9.json",
        "review 3 of paper 12", "review 3 of paper 7",
    }  # fmt: skip
    assert "Nobody" not in repr(found)


def test_peerreads_other_sections(tmp_path: Path):
    """ACL writes ratings as text and no decision; arXiv has decisions, dates and no review."""
    acl = tmp_path / "acl_2017" / "dev"
    arxiv = tmp_path / "arxiv.cs.ai_2007-2017" / "dev"
    for folder in (acl, arxiv):
        (folder / "reviews").mkdir(parents=True)
        (folder / "parsed_pdfs").mkdir()
    said = {
        "RECOMMENDATION": "4",
        "REVIEWER_CONFIDENCE": "2",
        "IMPACT": "3",
        "is_meta_review": None,
    }
    record = {"id": "352", "title": "T", "abstract": "A", "histories": [], "reviews": [said, "odd"]}
    (acl / "reviews" / "352.json").write_text(json.dumps(record))
    body = {
        "metadata": {
            "sections": [{"heading": "1 Introduction", "text": "Text."}],
            "references": [{"title": f"Work {n}", "venue": "V", "year": 2010} for n in range(3)],
        }
    }
    (acl / "parsed_pdfs" / "352.pdf.json").write_text(json.dumps(body))
    (found,) = read_peerread(acl.parent)
    (paper,), (review,) = found.papers, found.reviews
    assert (found.name, paper.status) == ("peerread-acl2017", "unknown")
    assert (review.rating, review.confidence, review.scores) == (4, 2, {"impact": 3})
    assert references(paper.text) == 3
    assert [fault.record for fault in found.damaged] == ["review 1 of paper 352"]
    for name, accepted, date in (("0903.1", True, "16-Mar-2009"), ("1001.2", False, "soon")):
        record = {"title": "T", "accepted": accepted, "DATE_OF_SUBMISSION": date, "reviews": []}
        (arxiv / "reviews" / f"{name}.json").write_text(json.dumps(record))
    (found,) = read_peerread(arxiv.parent)
    assert found.name == "peerread-arxiv.cs.ai2007-2017"
    assert [(p.paper_id, p.year, p.status) for p in found.papers] == [("0903.1", 2009, "accepted")]
    assert "names no year" in found.damaged[0].reason


def test_peerread_needs_a_section(tmp_path: Path):
    with pytest.raises(UserError, match="name a PeerRead section folder"):
        read_peerread(tmp_path)
    section = peerread(tmp_path)
    section.rename(tmp_path / "chi_2001")
    with pytest.raises(UserError, match="rating scale of CHI 2001 is unknown; give --scale"):
        read_peerread(tmp_path / "chi_2001")


def test_a_folder_of_pdfs_with_a_csv(tmp_path: Path):
    for name in ("one.pdf", "two.pdf", "bad.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-")
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(
        "file,rating,confidence,decision,novelty,review\n"
        "one.pdf,10,4,accept,3,Good.\none,6,,accept,deep,\ntwo.pdf,3,2,reject,1,\ntwo.pdf,4,2,reject,1,\n"
        "two.pdf,5,2,reject,1,\nlost.pdf,3,2,reject,1,\nbad.pdf,3,2,reject,1,\n"
    )

    def read(path: Path) -> tuple[Document, tuple[HiddenSpan, ...]]:
        if path.stem == "bad":
            raise UserError(f"{path.name}: no text in it.")
        way, hidden = ("tiny print", "Accept.") if path.stem == "two" else (UNCHECKED, "")
        spans = (HiddenSpan(1, way, hidden),)
        return from_text(f"Title of {path.stem}", "Abstract.", "Body."), spans

    (tmp_path / "two.pdf").rename(tmp_path / "two.PDF")
    scale = (1.0, 3.0, 5.0, 6.0, 8.0, 10.0)
    (found,) = read_folder(tmp_path, ratings, scale, "local", 2030, read)
    assert {p.paper_id: (p.title, p.accepted) for p in found.papers} == {
        "one": ("Title of one", True),
        "two": ("Title of two", False),
    }
    assert {k: list(v) for k, v in found.ratings().items()} == {"one": [10, 6], "two": [3, 5]}
    assert found.reviews[0].scores == {"novelty": 3}
    assert found.reviews[0].texts == {"review": "Good."}
    reasons = {fault.record: fault.reason for fault in found.damaged}
    assert "not in the folder" in reasons["paper lost"]
    assert "'deep', not a number" in reasons["novelty of review 1 of paper one"]
    assert "no text in it" in reasons["paper bad.pdf"]
    assert "rating 4 is not on its scale" in reasons["review 1 of paper two"]
    assert found.notes == (
        "hidden text was cut out of 1 papers: two.PDF (tiny print)",
        "pages of one.pdf could not be checked for hidden text",
    )
