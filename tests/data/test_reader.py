"""One reader for round, benchmark and training, whatever wrote the data."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.data.reader import read, read_all, sample
from tests.benchmarks.made import conference, refused, venue_year
from venues.papers import open_papers
from venues.round import load_round
from venues.venue_file import load_venue

MINDS = ("--reviewer", "instant", "--chair", "instant", "--scientist", "instant", "--hosts", 0)


@given(names=st.sets(st.text(min_size=1), min_size=1), seed=st.integers(0, 9))
def test_a_smaller_sample_is_part_of_a_larger_one_in_any_order(names: set[str], seed: int) -> None:
    items = sorted(names)
    larger = items
    for size in range(len(items), 0, -1):
        drawn, said = sample(items, size, seed, str)
        assert len(drawn) == size and set(drawn) <= set(larger) and drawn == sorted(drawn)
        assert (said is None) == (size == len(items))
        assert set(sample(items[::-1], size, seed, str)[0]) == set(drawn)
        larger = drawn


def test_a_sample_is_said_in_output_report_and_plan(tmp_path: Path) -> None:
    venue_year(tmp_path / "t", papers=40)
    said = "a sample of 25 of 40 papers, drawn with seed 3"
    run = ("run", "iclr2026", "--papers", tmp_path / "t", "--out", tmp_path / "run", *MINDS)
    status, out, complaint = conference(*run, "--sample", 25, "--seed", 3)
    assert status == 0, complaint
    assert said in " ".join(out.split())
    round_ = load_round(tmp_path / "run")
    assert len(round_.papers()) == 25 and str(round_.sample) == said
    for page in ("index.html", "report.html"):
        assert said in (tmp_path / "run" / "site" / page).read_text()
    assert "sample.size = 25, not 24" in refused(*run, "--sample", 24, "--seed", 3)
    measure = ("--reviewer", "embedded", "--resamples", 0, "--seed", 3, "--out", tmp_path / "b")
    status, out, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", "--sample", 25, *measure
    )
    assert status == 0, complaint
    assert said in " ".join(out.split()) and said in (tmp_path / "b" / "report.html").read_text()
    drawn = open_papers(tmp_path / "t", load_venue("iclr2026"), 25, 3)
    assert {row.paper for row in drawn.table} == {paper.paper for paper in round_.papers()}
    assert "--papers" in refused("run", "--sample", 3)


def test_a_store_gives_whole_years_and_a_dataset_its_earlier_ones(tmp_path: Path) -> None:
    store = ("--store", tmp_path / "store")
    for year in (2024, 2025, 2026):
        venue_year(tmp_path / str(year), papers=25, year=year)
        for name in ("papers", "reviews"):
            change(tmp_path / str(year) / f"{name}.parquet", year)
        assert conference("data", "import", "table", tmp_path / str(year), *store)[0] == 0
    assert (
        conference("data", "import", "table", tmp_path / "2024", "--name", "mine", *store)[0] == 0
    )
    assert [d.name for d in read_all(tmp_path / "store")] == ["iclr2024", "iclr2025", "iclr2026"]
    dataset, earlier = read(tmp_path / "store" / "iclr2025")
    assert (dataset.name, [d.name for d in earlier]) == ("iclr2025", ["iclr2024"])
    assert read(tmp_path / "store", "iclr2025")[0] == dataset
    assert [d.name for d in read(tmp_path / "store", "mine")[1]] == []
    whole = open_papers(tmp_path / "store", load_venue("iclr2025"))
    assert len(whole) == 25 and len(whole.earlier) == 25
    with pytest.raises(UserError, match="no paper of ICLR 2019; the folder has iclr2024, iclr2025"):
        open_papers(tmp_path / "store", load_venue("iclr2019"))
    with pytest.raises(UserError, match="no such file or folder"):
        read_all(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"the folder has no papers\.parquet; name"):
        read_all(tmp_path / "empty")


def change(path: Path, year: int) -> None:
    """Make a table's rows those of another year."""
    import pandas as pd

    frame = pd.read_parquet(path).assign(year=year)
    frame.assign(paper_id=frame["paper_id"] + f"-{year}").to_parquet(path)


def test_a_dataset_is_read_from_any_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue_year(tmp_path / "t", papers=25)
    conference("data", "import", "table", tmp_path / "t", "--store", tmp_path)
    monkeypatch.chdir(tmp_path / "iclr2026")
    assert len(read(Path())[0].papers) == 25
    assert msgspec.structs.asdict(read(Path())[0]) == msgspec.structs.asdict(
        read(tmp_path, "iclr2026")[0]
    )
