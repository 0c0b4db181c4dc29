"""The Python interface: run a round and write its proceedings, or run a study."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from conference.app.site import write_rounds, write_site
from conference.app.site.pages import BESIDE, SITE
from conference.core.errors import UserError
from conference.core.progress import no_progress
from venues.round import load_round
from venues.round import run_round as play_round
from venues.rounds import run_rounds
from venues.state import Round
from venues.venue import Venue

R = TypeVar("R")


class Proceedings(msgspec.Struct, frozen=True):
    """A finished round: folder, front page of its site, records, number of tasks performed.

    After several rounds `folder` holds them all and `round` is the last.
    """

    folder: Path
    site: Path
    round: Round
    performed: int


def run_round(
    venue: str | Path | Venue = "workshop",
    *,
    out: str | Path = "runs/workshop",
    rounds: int = 1,
    **options: Any,
) -> Proceedings:
    """Run a venue round, or resume the one in `out`, and write its proceedings.

    Args:
        venue: a venue's name, a TOML file, or the rules themselves.
        out: the round's folder; with several rounds each has a folder in it.
        rounds: how many rounds, each learning from the last.
        options: `seed`, `papers`, `hosts`, `scientists` and all others of `venues.round.run_round`.

    Raises:
        UserError: bad input; the message is one sentence.
        StopRound: the round stopped cleanly before its end and can be resumed.
    """
    if _in_event_loop():
        return _outside_loop(partial(run_round, venue, out=out, rounds=rounds, **options))
    if rounds < 1:
        raise UserError(f"rounds is {rounds}; give at least 1.")
    if (hosts := options.get("hosts", 0)) < 0:
        raise UserError(f"hosts is {hosts}; give 0 (no Ray) or more.")
    out = Path(out)
    progress = options.get("progress") or no_progress
    if rounds == 1:
        result = play_round(venue, out=out, **options)
        _write_beside(out, [*map(load_round, options.get("reuse", ())), result.round])
        return Proceedings(out, write_site(out, progress), result.round, result.performed)
    results = run_rounds(venue, rounds=rounds, out=out, **options)
    for result in results:
        write_site(result.folder, progress)
    _write_beside(out, [result.round for result in results])
    page = write_rounds(out, [result.round for result in results])
    performed = sum(result.performed for result in results)
    return Proceedings(out, page, results[-1].round, performed)


def _write_beside(out: Path, rounds: Sequence[Round]) -> None:
    """Compare rounds on a page of the site in `out`, to which its front page links."""
    if len(rounds) > 1:
        from conference.app.compare import compare_rounds, short_names, write_page

        folders = [str(round_.folder) for round_ in rounds]
        write_page(compare_rounds(rounds, short_names(folders)), out / SITE / BESIDE)


def run_study(study: str | Path, *, out: str | Path, **options: Any) -> Any:
    """Run a study by its name or file, or resume the one in `out`; return a frame of outcomes.

    Its columns are arm, replicate, unit, outcome and value. The options are those of
    `benchmarks.studies.run.run_study`; the report is in `out`.

    Raises:
        UserError: bad input; the message is one sentence.
        StopRound: a budget is spent; the study can be resumed.
    """
    from benchmarks.studies.run import run_study as run
    from benchmarks.studies.study import load_study

    def play() -> Any:
        return run(load_study(study), out=out, **options)[0]

    return _outside_loop(play)


def _outside_loop(play: Callable[[], R]) -> R:
    """Call `play`, in another thread if the caller has an event loop, as a notebook has."""
    if not _in_event_loop():
        return play()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(play).result()


def _in_event_loop() -> bool:
    """Whether the caller runs in an event loop: then a round's own loop needs another thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
