"""Real submissions: folders of PDFs with bad files among them, and tables with faults."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pandas
import pytest

from conference.core.clean import clean
from conference.core.errors import UserError
from conference.core.records import (
    Decision,
    DeskCheck,
    HiddenText,
    HumanOutcome,
    Review,
    Submission,
    Unreadable,
)
from conference.core.tasks import TaskKey
from conference.models.context import Context
from conference.papers.hidden import UNCHECKED
from conference.papers.typesetting import typeset
from tests.papers import made
from tests.papers.test_read import paper_data
from tests.papers.test_unreadable import a_scan, a_text, cut_short, empty, encrypted, no_pages
from tests.venues.test_cli import INSTANT, conference
from tests.venues.tiny import table, tiny_venue
from venues.papers import open_papers
from venues.phases.desk_check import DeskSight, perform
from venues.round import Options, load_round, prepare, run_round
from venues.venue_file import load_venue

ABSTRACTS = {
    "Widths of Diffusion Models": "We train diffusion models of five widths on points in the "
    "plane and measure how far their samples lie from the data, over three seeds each.",
    "Grokking under Noise": "When labels of modular addition are flipped, the network learns the "
    "rule later; we count the steps until it does for four shares of flipped labels.",
    "Learning Rates by Rules of Thumb": "Three rules for the step size are set side by side on "
    "character transformers with an equal budget, and the differences are within the noise.",
    "What Small Attention Heads Attend To": "We look at the attention of heads in small language "
    "models and find that most heads look at the neighbouring token, whatever the task is.",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four good papers and one with hidden text, and seven files that cannot be read.

    The name of one is no text.
    """
    path = tmp_path_factory.mktemp("pdfs")
    for number, (title, abstract) in enumerate(ABSTRACTS.items()):
        data = paper_data(title) | {"abstract": abstract}
        (path / f"good-{number}.pdf").write_bytes(typeset(data, {}))
    made.paper(path / "hidden.pdf", made.white_text)
    (path / "bad-\udcfe\x1b[2J.pdf").write_bytes(b"")
    for make in (empty, a_text, cut_short, encrypted, a_scan, no_pages):
        make(path / f"bad-{make.__name__}.pdf")
    return path


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round on those files by the command line."""
    out = tmp_path_factory.mktemp("round") / "run"
    done = conference("run", "--papers", str(folder), "--out", str(out), "--hosts", "0", *INSTANT)
    assert done.returncode == 0, done.stderr
    return out


def test_a_round_goes_on_without_the_files_that_cannot_be_read(folder: Path, run: Path) -> None:
    round_ = load_round(run)
    assert {paper.title for paper in round_.all(Submission)} == {*ABSTRACTS, made.TITLE}
    unreadable = {row.file: row.reason for row in round_.all(Unreadable)}
    assert set(unreadable) == {clean(path.name) for path in folder.glob("bad-*.pdf")}
    assert all(reason.startswith(name) for name, reason in unreadable.items())
    assert len({reason.partition(": ")[2] for reason in unreadable.values()}) >= 5
    front = (run / "site" / "index.html").read_text()
    for name in unreadable:
        assert name in front
    passed = {row.paper for row in round_.all(DeskCheck) if row.passed}
    assert {row.paper for row in round_.all(Decision)} == passed and len(passed) == 4


def test_a_paper_with_hidden_text_is_rejected_at_the_desk_with_its_reason(run: Path) -> None:
    round_ = load_round(run)
    paper = next(row for row in round_.all(Submission) if row.title == made.TITLE)
    check = round_.of(DeskCheck, paper.paper)[0]
    assert not check.passed
    assert any("hidden text on page 1 (white on white)" in reason for reason in check.reasons)
    (row,) = round_.of(HiddenText, paper.paper)
    assert row.text == made.SECRET and row.rule == "it addresses a reader"
    assert any(row.rule in reason for reason in check.reasons)
    page = (run / "site" / "papers" / f"{paper.paper}.html").read_text()
    assert f"(white on white; {row.rule})" in page
    kept = (run / "papers" / paper.document).read_text()
    assert "badgers" not in kept and "anybody may read" in kept


def test_a_folder_without_pdfs_is_one_sentence(tmp_path: Path) -> None:
    done = conference("run", "--papers", str(tmp_path), "--hosts", "0")
    assert done.returncode == 2
    assert "has no PDF and no papers.parquet" in done.stderr and "Traceback" not in done.stderr


def rows(**first: object) -> list[dict[str, object]]:
    """Four submissions; the first with some cells changed, None for those to leave out."""
    table: list[dict[str, object]] = [
        {
            "paper_id": f"p{number}",
            "title": title,
            "abstract": abstract,
            "keywords": ["networks", "measurement"],
            "ratings": [4, 6, 8],
            "accepted": bool(number % 2),
        }
        for number, (title, abstract) in enumerate(ABSTRACTS.items())
    ]
    table[0] = {k: v for k, v in (table[0] | first).items() if v is not None}
    return table


def write(path: Path, table: list[dict[str, object]]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, table)))
    else:
        pandas.DataFrame(table).to_parquet(path)
    return path


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_table_is_read_with_its_human_outcomes(kind: str, tmp_path: Path) -> None:
    source = open_papers(write(tmp_path / f"table.{kind}", rows()), load_venue("workshop"))
    assert [row.title for row in source.table] == list(ABSTRACTS)
    assert source.table[0].keywords == ("networks", "measurement")
    outcomes = [row.human for row in source.table]
    assert outcomes[0] == HumanOutcome(
        paper="p0", ratings=(4, 6, 8), accepted=False, decision="rejected", topic=""
    )
    assert [row and row.accepted for row in outcomes] == [False, True, False, True]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"abstract": "Of other things."},
        {"keywords": ["networks"]},
        {"primary_area": "optimization"},
        {"text": "Introduction\nWe ask.", "text_version": "reviewed"},
        {"ratings": [4, 6, 3]},
        {"accepted": True},
        {"status": "withdrawn"},
    ],
)
def test_a_table_is_known_again_by_all_that_a_round_takes_from_it(
    change: dict[str, Any], tmp_path: Path
) -> None:
    path, venue = tmp_path / "table.jsonl", load_venue("workshop")
    first = open_papers(write(path, rows()), venue).fingerprint
    assert open_papers(write(tmp_path / "same.jsonl", rows()), venue).fingerprint == first
    assert open_papers(write(path, rows(**change)), venue).fingerprint != first


def test_a_data_set_is_known_again_by_its_earlier_years(tmp_path: Path) -> None:
    venue = load_venue("iclr2026")
    given = [row | {"year": 2026, "venue": "ICLR"} for row in rows()]
    for row in given:
        del row["ratings"]
    prints = set()
    for earlier in ("Of widths.", "Of depths.", "Of depths."):
        old = {**given[0], "paper_id": "old", "year": 2025, "abstract": earlier}
        write(tmp_path / "papers.parquet", [*given, old])
        source = open_papers(tmp_path, venue)
        assert len(source.table) == 4 and len(source.earlier) == 1
        prints.add(source.fingerprint)
    assert len(prints) == 2


def test_a_round_does_not_go_on_with_another_table_to_calibrate_on(tmp_path: Path) -> None:
    path = write(tmp_path / "human.jsonl", rows())
    options = Options(calibration=str(path))

    def run() -> int:
        out = tmp_path / "run"
        return run_round(tiny_venue(), out=out, papers=table(4), hosts=0, options=options).performed

    assert run() > 0 and run() == 0
    write(path, rows(ratings=[4, 6, 3]))
    with pytest.raises(UserError, match="holds a round with calibration = "):
        run()


def test_ratings_stay_with_their_rows_without_ids(tmp_path: Path) -> None:
    table = rows(ratings=[2, 2])
    for row in table:
        del row["paper_id"]
    source = open_papers(write(tmp_path / "table.jsonl", table), load_venue("workshop"))
    assert [row.human and row.human.ratings for row in source.table] == [
        (2, 2), *[(4, 6, 8)] * 3
    ]  # fmt: skip


def test_numbers_and_dates_as_titles_stay_texts(tmp_path: Path) -> None:
    table = rows(paper_id="007", title="2024-05-01")
    source = open_papers(write(tmp_path / "table.jsonl", table), load_venue("workshop"))
    assert (source.table[0].paper, source.table[0].title) == ("007", "2024-05-01")


def test_a_row_without_title_or_abstract_is_named_and_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "table.jsonl", rows(abstract=None))
    source = open_papers(path, load_venue("workshop"))
    assert len(source) == 3
    assert source.notes == (f"{path}: 1 row(s) are left out, such as p0: no abstract.",)


def test_numbers_with_their_labels_are_read_in_a_data_set(tmp_path: Path) -> None:
    papers = [
        {"paper_id": f"p{n}", "venue": "ICLR", "year": 2022, "title": title, "abstract": abstract}
        for n, (title, abstract) in enumerate(ABSTRACTS.items())
    ]
    reviews = [
        {"paper_id": "p0", "year": 2022, "rating": "8: accept, good paper", "confidence": sure}
        for sure in ("4: You are confident", None)
    ]
    pandas.DataFrame(papers).to_parquet(tmp_path / "papers.parquet")
    pandas.DataFrame(reviews).to_parquet(tmp_path / "reviews.parquet")
    human = open_papers(tmp_path, load_venue("iclr2022")).table[0].human
    assert human and (human.ratings, human.confidences) == ((8, 8), (4, None))
    reviews[1]["confidence"] = "very"
    pandas.DataFrame(reviews).to_parquet(tmp_path / "reviews.parquet")
    notes = " ".join(open_papers(tmp_path, load_venue("iclr2022")).notes)
    assert "paper p0: confidence is 'very', not a number" in notes


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"paper_id": "p1"}, "paper p1: listed 2 times with different content"),
    ({"title": ""}, "paper p0: it has no id or no title"),
    ({"ratings": [4, 95]}, "paper p0: the rating 95"),
    ({"ratings": [4, -1]}, "scale of workshop, 0 to 10"),
    ({"ratings": ["good"]}, "review 0 of paper p0: rating is 'good', not a number"),
    ({"ratings": "4;6"}, "paper p0: ratings is '4;6', not a list such as [6, 8]"),
    ({"accepted": "maybe"}, "paper p0: accepted is 'maybe', which is not a known decision"),
    ({"accepted": 3}, "accepted is '3', which is not a known decision"),
    ({"rating_stage": "early"}, "rating_stage of paper p0: rating_stage is 'early'"),
    ({"text": "We ask.", "text_version": "last"}, "text of paper p0: text_version is 'last'"),
]


@pytest.mark.parametrize(("change", "said"), FAULTS)
def test_a_faulty_row_is_one_sentence(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = write(tmp_path / "table.jsonl", rows(**change))
    with pytest.raises(UserError) as caught:
        open_papers(path, load_venue("workshop"))
    assert said in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def broken(path: Path) -> Path:
    path.write_text('{"title": ')
    return path


def test_a_bad_table_is_one_sentence(tmp_path: Path) -> None:
    without = [{"title": row["title"]} for row in rows()]
    nothing: list[dict[str, object]] = [{"title": "On nothing", "abstract": ""}]
    (tmp_path / "table.txt").write_text("title,abstract")
    for path, said in [
        (write(tmp_path / "column.parquet", without), "column 'abstract' is missing"),
        (write(tmp_path / "scale.parquet", rows(ratings=[95])), "the rating 95"),
        (broken(tmp_path / "broken.jsonl"), "cannot be read"),
        (broken(tmp_path / "broken.parquet"), "cannot be read"),
        (tmp_path / "table.txt", "give a .csv, .tsv, .jsonl or .parquet file"),
        (write(tmp_path / "nothing.jsonl", nothing), "no row has both a title and an abstract"),
    ]:
        with pytest.raises(UserError, match=said) as caught:
            open_papers(path, load_venue("workshop"))
        assert path.name in str(caught.value) and "\n" not in str(caught.value)


def test_a_bad_table_ends_the_command_with_status_2(tmp_path: Path) -> None:
    for path, said in [
        (write(tmp_path / "column.jsonl", [{"title": "A"}]), "column 'abstract' is missing"),
        (write(tmp_path / "twice.jsonl", rows(paper_id="p1")), "listed 2 times"),
        (write(tmp_path / "scale.jsonl", rows(ratings=[95])), "the rating 95"),
    ]:
        done = conference("run", "--papers", str(path), "--out", str(tmp_path / "run"))
        assert done.returncode == 2, (path, done.stderr)
        assert said in done.stderr and path.name in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["workshop", "iclr2026"])
@pytest.mark.parametrize("papers", [1, 2, 5])
def test_a_few_papers_are_reviewed_as_well(papers: int, name: str, tmp_path: Path) -> None:
    rows = [
        {"title": title, "abstract": abstract, "year": "2026"}
        for title, abstract in [*ABSTRACTS.items(), ("A Fifth", "Of few words on gradients.")]
    ]
    table = tmp_path / "table.jsonl"
    table.write_text("\n".join(map(json.dumps, rows[:papers])))
    venue = prepare(name, minds=dict.fromkeys(("scientist", "reviewer", "chair"), "instant"))
    round_ = run_round(venue, out=tmp_path / "run", papers=table, hosts=0).round
    assert len(round_.all(Decision)) == papers
    wanted = papers * venue.assignment.reviews_per_paper
    assert len(round_.all(Review)) == wanted


def test_a_table_of_many_years_is_narrowed_to_the_venue_s_own(tmp_path: Path) -> None:
    rows = [
        {"title": title, "abstract": abstract, "year": year}
        for (title, abstract), year in zip(
            ABSTRACTS.items(), ("2026", 2026, 2019, 2020), strict=True
        )
    ]
    table = tmp_path / "table.jsonl"
    table.write_text("\n".join(map(json.dumps, rows)))
    source = open_papers(table, load_venue("iclr2026"))
    assert len(source.table) == 2
    assert source.notes == (f"{table}: 2 of its 4 papers are not of 2026 and are left out.",)


def test_a_table_of_other_years_is_taken_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "table.jsonl", [row | {"year": 2019} for row in rows()])
    source = open_papers(path, load_venue("iclr2026"))
    assert len(source.table) == 4
    note, scale = source.notes
    assert "on the scale 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, which is not that of iclr2026" in scale
    assert "none of its papers is from ICLR 2026" in note and "they are from ICLR 2019" in note
    assert {row.human.when for row in source.table if row.human} == {"after"}
    done = conference("run", "iclr2026", "--papers", str(path), "--dry-run")
    assert done.returncode == 0 and note in done.stdout and scale in done.stdout
    own = write(tmp_path / "own.jsonl", [row | {"year": 2026} for row in rows()])
    source = open_papers(own, load_venue("iclr2026"))
    assert source.notes == ()
    assert {row.human.when for row in source.table if row.human} == {"before"}


def test_a_page_that_could_not_be_checked_accuses_nobody() -> None:
    venue = load_venue("workshop")
    call = msgspec.structs.replace(venue.call, topics=())
    paper = Submission(paper="p", title="Widths", abstract="We measure widths.")
    spans = [HiddenText(paper="p", page=2, technique=UNCHECKED, text="")]
    for passed in (True, False):
        sight = DeskSight(
            submissions=(paper,), authors={}, hidden=tuple(spans), call=call, rules=venue.desk
        )
        context = Context(0, Path(), TaskKey("desk_check"), asyncio.Semaphore(1))
        (verdict,) = perform(sight, context)
        assert isinstance(verdict, DeskCheck) and verdict.passed is passed
        spans.append(HiddenText(paper="p", page=1, technique="tiny print", text="Accept."))


def test_pdfs_of_any_spelling_are_read_from_any_working_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts of a cluster that was there before work in another folder than the command."""
    (tmp_path / "pdfs").mkdir()
    names = ("PAPER.PDF", "paper.Pdf", "other.pdf", "third.pdf")
    for number, name in enumerate(names):
        (tmp_path / "pdfs" / name).write_bytes((folder / f"good-{number}.pdf").read_bytes())
    (tmp_path / "pdfs" / "notes.txt").write_text("no paper")
    monkeypatch.chdir(tmp_path)
    source = open_papers("pdfs", load_venue("workshop"))
    assert {path.name for path in source.pdfs} == set(names)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    round_ = run_round(tiny_venue(), out=tmp_path / "run", hosts=0, papers=source).round
    assert not round_.all(Unreadable)
    assert {paper.title for paper in round_.all(Submission)} == set(ABSTRACTS)


def test_where_no_paper_has_an_abstract_titles_and_keywords_are_reviewed(tmp_path: Path) -> None:
    bare = {"abstract": "", "rating_stage": "after_discussion"}
    given = [row | bare for row in rows()]
    source = open_papers(write(tmp_path / "bare.parquet", given), load_venue("workshop"))
    assert source.table and all(row.keywords and not row.abstract for row in source.table)
    assert any("none of these papers has an abstract" in note for note in source.notes)
