"""The proceedings of a round that stopped: before each of its steps."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.app.site import write_site
from conference.core.tasks import StopRound
from tests.venues.tiny import table, tiny_venue
from venues.phases import steps_of
from venues.round import run_round


def test_the_site_can_be_written_wherever_the_round_stopped(tmp_path: Path) -> None:
    """One round goes on from stop to stop. Statistical minds, so that reviewers are calibrated."""
    tiny = tiny_venue()
    minds = msgspec.structs.replace(tiny.minds, reviewer="embedded", chair="embedded")
    venue = msgspec.structs.replace(tiny, minds=minds)
    stops = set[str]()

    def stop(step: str, done: int, tasks: int) -> None:
        if done < tasks and step not in stops:
            stops.add(step)
            raise StopRound(step)

    for _ in range(100):
        try:
            run_round(venue, out=tmp_path, hosts=0, papers=table(4), progress=stop)
            break
        except StopRound:
            if len(stops) > 1:  # Before the first step there is no round to show.
                assert write_site(tmp_path).is_file()
    assert {"calibrate", "calibrate.fit", "review", "decide"} <= stops
    assert stops <= {step.name for step in steps_of(venue)}
    assert write_site(tmp_path).is_file()
