"""What can be known before a round's work is said before it, by a run and by a dry run."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from conference.core.errors import UserError
from conference.sandbox import Protections
from tests.benchmarks.made import conference, refused
from tests.venues.tiny import table, tiny_venue
from venues.checks import check_before
from venues.round import prepare
from venues.state import Options
from venues.venue import Venue

INSTANT = ["--scientist", "instant", "--reviewer", "instant", "--chair", "instant"]


def changed(venue: Venue, part: str, **values: object) -> Venue:
    """The venue with other values in one of its tables."""
    rules = msgspec.structs.replace(getattr(venue, part), **values)
    return msgspec.structs.replace(venue, **{part: rules})


def before(venue: Venue, tmp_path: Path, **options: object) -> list[str]:
    return check_before(venue, None, Options(**options), 0, tmp_path / "run")


@pytest.mark.parametrize("dry", [["--dry-run"], ["--hosts", "0"]])
def test_a_chair_with_a_conflict_is_said_before_any_experiment(
    dry: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    sentence = refused("run", "--chairs", "1", *INSTANT, *dry, "--out", out)
    assert "would have no area chair, paper-001 the first" in sentence
    assert "1 of 1 area chairs have a conflict of interest" in sentence and "--chairs" in sentence
    assert not out.exists()


def test_reviewers_of_one_lab_cannot_review_each_other(tmp_path: Path) -> None:
    venue = changed(tiny_venue(), "population", labs=1)
    with pytest.raises(UserError, match=r"4 of 4 papers .*no area chair.*population\.labs"):
        before(venue, tmp_path)


def test_papers_that_will_lack_reviews_are_named(tmp_path: Path) -> None:
    venue = changed(tiny_venue(reviewers=4), "population", labs=2, reviewers=4, coauthor_rate=0.0)
    venue = changed(venue, "assignment", max_load=4)
    notes = before(venue, tmp_path)
    assert "4 papers can have fewer than 3 reviews, such as paper-001 with 2" in notes[-1]


def test_a_round_that_can_be_played_says_its_disk_and_what_holds_experiments(
    tmp_path: Path,
) -> None:
    disk, sandbox = before(prepare("workshop"), tmp_path)
    assert "GiB are free" in disk
    assert "that the kernel holds" in sandbox and "only sampled" in sandbox
    assert len(check_before(tiny_venue(), table(8), Options(), 0, tmp_path / "run")) == 1
    assert not (tmp_path / "run").exists()


def test_without_a_sandbox_no_experiment_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Protections(method="process", available=("process",), watch=False, on=(), off=())
    monkeypatch.setattr("venues.checks.protections", lambda: bare)
    with pytest.raises(UserError, match=r"No sandbox is available .* --unsafe"):
        before(prepare("workshop"), tmp_path)
    before(prepare("workshop"), tmp_path, unsafe=True)
    before(tiny_venue(), tmp_path)


@pytest.mark.parametrize(
    ("part", "values", "said"),
    [
        ("call", {"templates": ()}, "call.templates is empty"),
        ("call", {"templates": ("nothing",)}, "nothing"),
        ("panel", {"like": "iclr1999"}, "panel.like"),
        ("population", {"scientists": 0}, "nothing to review"),
        ("assignment", {"max_load": 1}, "assignment.max_load"),
        ("minds", {"reviewer": "human"}, "'human' replays"),
        ("minds", {"reviewer": "openai:m@http://localhost:1/v1#ai_scientist"}, "example review"),
    ],
)
def test_rules_that_end_a_round_are_said_first(
    part: str, values: dict[str, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        before(changed(prepare("workshop"), part, **values), tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "latex"], "pdflatex"),
        (["--literature", "local:nowhere.bib"], "nowhere.bib"),
        (["--calibration", "nowhere.parquet"], "nowhere.parquet"),
        (
            ["--max-cost", "1", "--reviewer", "openai:m@http://localhost:1/v1"],
            "--max-cost 1 limits nothing",
        ),
    ],
)
def test_a_dry_run_says_what_a_run_would_lack(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert said in refused("run", "--dry-run", "--scientist", "instant", *words)


def test_a_folder_that_cannot_be_written_is_said_before_papers_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for dry in ([], ["--dry-run"]):
        out = tmp_path / "file" / "run"
        assert "cannot be written" in refused("run", "--papers", "nowhere", "--out", out, *dry)


def test_files_that_are_no_pdfs_are_named_before_the_round(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_text("<html>sign in</html>")
    assert "none of the files is a PDF, such as page.pdf" in refused(
        "run", "--papers", tmp_path, "--dry-run"
    )
    (tmp_path / "true.pdf").write_bytes(b"%PDF-1.7\n")
    status, said, _ = conference("run", "--papers", tmp_path, "--dry-run")
    assert status == 0 and "1 file(s) are named .pdf and hold no PDF, such as page.pdf" in said
