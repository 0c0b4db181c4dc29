"""Several rounds of one venue: rejected papers come back revised, and the archive grows."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec

from conference.api import run_round
from conference.records import Decision, Submission
from conference.site.rounds import RoundRow
from tests.venues.tiny import tiny_venue
from venues.round import load_round
from venues.rounds import run_rounds


def test_rejected_papers_come_back_revised_and_the_archive_grows(tmp_path: Path) -> None:
    rounds = [result.round for result in run_rounds(tiny_venue(), rounds=3, out=tmp_path, hosts=0)]
    assert [len(round_.archive) for round_ in rounds] == [0, 4, 8]
    for before, after in pairwise(rounds):
        rejected = {row.paper for row in before.all(Decision) if not row.accepted}
        old = {paper.authors[0]: paper for paper in before.papers() if paper.paper in rejected}
        back = {paper.authors[0]: paper for paper in after.all(Submission) if paper.version > 1}
        assert old and set(back) == set(old)
        for author, paper in back.items():
            assert paper.version == old[author].version + 1
            assert paper.title == old[author].title
            assert paper.abstract.startswith(old[author].abstract)
            assert paper.abstract.endswith("Revised after 3 reviews.")
        author = after.agents("scientist")[0].id
        seen = after.archive_for(author)
        assert {past.title for past in seen} >= {paper.title for paper in before.papers()}
        assert all(past.rating_mean is None for past in seen if not past.own)
        assert any(past.own and past.accepted is not None for past in seen)


def test_the_report_over_rounds_has_a_row_for_each(tmp_path: Path) -> None:
    made = run_round(tiny_venue(), rounds=2, out=tmp_path, hosts=0)
    rows = msgspec.json.decode((made.site.parent / "rounds.json").read_bytes(), type=list[RoundRow])
    assert [row.number for row in rows] == [1, 2]
    rejected = [d for d in load_round(tmp_path / "round-1").all(Decision) if not d.accepted]
    assert [row.resubmitted for row in rows] == [0, len(rejected)]
    assert all(row.papers == 4 and row.rating is not None for row in rows)
    assert "round-2" in made.site.read_text()
