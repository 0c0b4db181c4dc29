"""Odd ids, decisions and values of foreign records: read as they are meant, or named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conference.core.errors import UserError
from conference.data.decisions import presentation_of, status_of
from conference.data.importers.notes import read_notes
from conference.data.importers.peerread import read_peerread
from conference.data.importers.table import read_tables
from conference.data.reader import read_all
from conference.data.store import save
from conference.data.tables import Dataset

HEAD = "paper_id,venue,year,title,ratings,decision\n"


def table(folder: Path, *rows: str) -> list[Dataset]:
    path = folder / "papers.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return read_tables(path)


@pytest.mark.parametrize(
    ("decision", "status", "presentation"),
    [
        ("conferencePoster-iclr2013-conference", "accepted", "poster"),
        ("ICLR 2026 ConditionalPoster", "accepted", "poster"),
        ("Accept: notable-top-5%", "accepted", "oral"),
        ("Submitted to ICLR 2024 poster track", "unknown", ""),
        ("No decision (talk)", "unknown", ""),
        ("Temporal Reasoning", "unknown", ""),
        ("Unaccepted", "rejected", ""),
        ("no accept", "rejected", ""),
        ("Declined", "rejected", ""),
        ("Invite to Workshop Track", "rejected", "workshop"),
    ],
)
def test_a_decision_is_its_words_and_no_part_of_one(
    decision: str, status: str, presentation: str
) -> None:
    assert (status_of(decision), presentation_of(decision)) == (status, presentation)


def test_decisions_may_be_true_and_false_and_unknown_ones_are_named(tmp_path: Path) -> None:
    (data,) = table(
        tmp_path, 'a,ICLR,2020,A,"[6]",True', 'b,ICLR,2020,B,"[6]",False',
        'c,ICLR,2020,C,"[6]",Perhaps', 'd,ICLR,2020,D,"[6]",Submitted to ICLR 2020',
    )  # fmt: skip
    assert [paper.status for paper in data.papers] == ["accepted", "rejected", "unknown", "unknown"]
    assert [fault.record for fault in data.damaged] == ["decision of paper c"]


def test_ratings_of_another_scale_are_refused_and_slips_are_left_out(tmp_path: Path) -> None:
    def given(off: int) -> list[str]:
        return [
            f'p{at},ICLR,2025,A,"[{4 if at < off else 6}, 8]",Accept' for at in range(20)
        ]  # fmt: skip

    (data,) = table(tmp_path, *given(5))
    assert len(data.damaged) == 5
    with pytest.raises(UserError, match=r"8 of 40 ratings are off the scale, such as .*rating 4"):
        table(tmp_path, *given(8))


@pytest.mark.parametrize(
    ("venue", "name"),
    [("My Venue", "my-venue2020"), ("A.cc/B", "a.cc-b2020"), ("会议", "会议2020")],
)
def test_a_venue_of_any_name_can_be_stored_and_read(tmp_path: Path, venue: str, name: str) -> None:
    (data,) = table(tmp_path, f'a,{venue},2020,A,"[6]",Accept')
    save(data, tmp_path / "store")
    assert [found.name for found in read_all(tmp_path / "store")] == [name]


def test_a_decision_at_a_workshop_is_named(tmp_path: Path) -> None:
    (data,) = table(
        tmp_path, 'a,ICLR,2020,A,"[6]",Accepted to workshop', 'b,ICLR,2020,B,"[6]",Workshop',
        'c,ICLR,2020,C,"[6]",Accept (poster)',
    )  # fmt: skip
    assert [paper.status for paper in data.papers] == ["accepted", "rejected", "accepted"]
    (note,) = [note for note in data.notes if "workshop" in note]
    assert note.startswith("1 papers count as accepted") and "'Accepted to workshop'" in note


def test_a_decision_stands_where_the_status_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text(
        "paper_id,venue,year,title,ratings,status,decision,accepted\n"
        "a,ICLR,2020,A,[6],unknown,Accept (poster),\nb,ICLR,2020,B,[6],unknown,,0.0\n"
        "c,ICLR,2020,C,[6],,3,\n",
        encoding="utf-8",
    )
    (data,) = read_tables(path)
    assert [paper.status for paper in data.papers] == ["accepted", "rejected", "unknown"]
    assert [fault.record for fault in data.damaged] == ["decision of paper c"]


def test_an_id_is_the_same_with_space_around_it_and_as_a_float(tmp_path: Path) -> None:
    (data,) = table(tmp_path, 'p ,ICLR,2020,A,"[6, 8]",Accept', '2.0,ICLR,2020,B,"[3]",Reject')
    assert sorted((r.paper_id, r.rating) for r in data.reviews) == [("2.0", 3), ("p", 6), ("p", 8)]
    assert not data.damaged


def test_one_id_for_papers_of_two_years_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="paper_id '1' is a paper of ICLR 2020 and one of ICLR 2021"
    ):
        table(tmp_path, '1,ICLR,2020,A,"[6]",Accept', '1,ICLR,2021,B,"[3]",Reject')


@pytest.mark.parametrize("ratings", ["[" * 100_000, f"[1{'0' * 400}]"], ids=["deep", "huge"])
def test_a_cell_that_no_list_of_ratings_fits_is_named(tmp_path: Path, ratings: str) -> None:
    with pytest.raises(UserError, match="reviews are damaged"):
        table(tmp_path, f'p,ICLR,2020,A,"{ratings}",Accept')


GOOD = {"id": "good", "content": {"title": {"value": "Good"}}}


@pytest.mark.parametrize(
    "note",
    [
        {"id": "odd", "content": {"title": {"value": "Odd"}}, "cdate": 1.6e18},
        {"id": "odd", "content": ["Odd"]},
        {"id": "odd", "content": {"title": {"value": "Odd"}}, "details": {"replies": ["text"]}},
    ],
    ids=["date", "content", "replies"],
)
def test_an_odd_note_is_named_and_the_others_are_read(tmp_path: Path, note: Any) -> None:
    path = tmp_path / "notes.json"
    venue = {"venue_id": "V", "venue": "V", "year": 2024, "scale": [1, 5, 10]}
    path.write_text(json.dumps({**venue, "notes": [GOOD, note]}))
    (data,) = read_notes(path)
    assert [paper.paper_id for paper in data.papers] == ["good"]
    assert [fault.record for fault in data.damaged] == ["paper odd"]


def test_peerread_decisions_are_true_or_false(tmp_path: Path) -> None:
    folder = tmp_path / "iclr_2017" / "train" / "reviews"
    folder.mkdir(parents=True)
    for name, accepted in (("a", True), ("b", "false")):
        record = {"title": name, "accepted": accepted, "reviews": []}
        (folder / f"{name}.json").write_text(json.dumps(record))
    (data,) = read_peerread(tmp_path / "iclr_2017")
    assert [paper.status for paper in data.papers] == ["accepted"]
    assert "not true or false" in data.damaged[0].reason
