"""What a round's assignment reports of its affinities: nothing that was not measured."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.app.site import write_site
from conference.core.records import Assignment, AssignmentReport
from tests.venues.tiny import table, tiny_venue
from venues.papers import PaperSource
from venues.round import run_round
from venues.state import Round
from venues.venue import Venue


def worst_first(**changes: object) -> Venue:
    venue = tiny_venue(reviewers=12)
    rules = msgspec.structs.replace(venue.assignment, objective="worst", **changes)
    desk = msgspec.structs.replace(venue.desk, topic=False)
    return msgspec.structs.replace(venue, assignment=rules, desk=desk)


def report_of(round_: Round) -> AssignmentReport:
    return next(row for row in round_.all(AssignmentReport) if row.step == "assign")


def totals(round_: Round) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in round_.all(Assignment):
        if row.role == "reviewer" and not row.emergency:
            found[row.paper] = found.get(row.paper, 0.0) + row.affinity
    return found


def test_an_empty_submission_is_not_taken_for_the_worst_off_paper(tmp_path: Path) -> None:
    rows = list(table(8).table)
    rows[5] = msgspec.structs.replace(rows[5], title="1", abstract="1", topic="")
    source = PaperSource("table", "made", "empty", table=tuple(rows))
    round_ = run_round(worst_first(), out=tmp_path, hosts=0, papers=source).round
    report, given = report_of(round_), totals(round_)
    assert report.untold == ("p005",) and given.pop("p005") == 0
    assert report.worst == round(min(given.values()), 4) > 0
    assert report.total == round(sum(given.values()), 4)
    page = write_site(tmp_path).read_text()
    assert "1 paper(s), such as p005, share no words with any reviewer" in page


def test_reviewers_beyond_the_candidates_are_not_counted_as_measured(tmp_path: Path) -> None:
    venue = worst_first(candidates=3)
    round_ = run_round(venue, out=tmp_path, hosts=0, papers=table(8)).round
    report = report_of(round_)
    assert not report.short and 0 < report.unmeasured < 8 * venue.assignment.reviews_per_paper
    page = write_site(tmp_path).read_text()
    assert f"{report.unmeasured} of these reviews went to reviewers outside" in page
