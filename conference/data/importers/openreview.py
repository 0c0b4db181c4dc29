"""OpenReview, API versions 1 and 2, through openreview-py.

Pages of answers are kept in the store's cache as they come, without names of authors and
reviewers, so that an interrupted import goes on where it stopped and a finished one asks nothing
again. Between two requests there is a pause.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from conference.data.gather import gather
from conference.data.importers.openreview_notes import Reading, read_note
from conference.data.scales import scale_of
from conference.data.tables import Damage, Dataset, HumanReview, Paper
from conference.data.values import Damaged
from conference.errors import UserError

Api = Literal[1, 2]
URLS: dict[Api, str] = {1: "https://api.openreview.net", 2: "https://api2.openreview.net"}
INVITATIONS: dict[Api, tuple[str, ...]] = {
    1: ("Blind_Submission", "Withdrawn_Submission", "Desk_Rejected_Submission"),
    2: ("Submission",),
}
PAGE = 200
PAUSE = 1.0
_NAMES = ("authors", "authorids", "_bibtex", "paperhash", "reviewer", "reviewers")
# (invitation, offset) -> one page of notes as plain JSON.
Fetch = Callable[[str, int], list[dict[str, Any]]]


def read_venue(
    venue_id: str,
    *,
    api: Api,
    cache: Path,
    scale: tuple[float, ...] = (),
    url: str | None = None,
    pause: float = PAUSE,
    progress: Callable[[int], None] | None = None,
) -> list[Dataset]:
    """All submissions of a venue such as "ICLR.cc/2024/Conference" with their reviews.

    Raises `UserError` when the venue id has no year, the scale is unknown, or OpenReview refuses.
    """
    found = re.search(r"(?P<venue>[A-Za-z]+)[^/]*/(?P<year>\d{4})/", f"{venue_id}/")
    if not found:
        raise UserError(f"{venue_id}: give a venue id such as ICLR.cc/2024/Conference.")
    venue, year = found["venue"], int(found["year"])
    known, stage = scale_of(venue, year)
    allowed = scale or known
    if not allowed:
        raise UserError(f"{venue_id}: the rating scale of {venue} {year} is unknown; give --scale.")
    fetch = _fetcher(api, url or URLS[api])
    papers: list[Paper] = []
    reviews: list[HumanReview] = []
    damaged: list[Damage] = []
    about = Reading(venue_id, venue, year, allowed, stage, api)
    folder = cache / "openreview" / venue_id.replace("/", "_")
    for kind in INVITATIONS[api]:
        for note in _notes(fetch, f"{venue_id}/-/{kind}", folder / kind, pause):
            try:
                paper, said, faults = read_note(note, kind, about)
            except Damaged as fault:
                damaged.append(Damage(f"paper {note.get('id')}", str(fault)))
                continue
            papers.append(paper)
            reviews += said
            damaged += faults
            if progress:
                progress(len(papers))
    name = f"{venue.lower()}{year}"
    return [gather(name, papers, reviews, damaged, source=f"OpenReview {venue_id}, API {api}")]


def _notes(fetch: Fetch, invitation: str, folder: Path, pause: float) -> Iterator[dict[str, Any]]:
    """Notes page by page, from the cache where a page is there."""
    folder.mkdir(parents=True, exist_ok=True)
    offset = 0
    while True:
        path = folder / f"{offset:07d}.json"
        if path.is_file():
            page = json.loads(path.read_text(encoding="utf-8"))
        else:
            page = [_without_names(note) for note in fetch(invitation, offset)]
            part = path.with_suffix(".part")
            part.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
            part.replace(path)
            time.sleep(pause)
        yield from page
        if len(page) < PAGE:
            return
        offset += PAGE


def _without_names(note: dict[str, Any]) -> dict[str, Any]:
    """The note and its replies without authors, and with reviewers' signatures cut."""
    content = {k: v for k, v in (note.get("content") or {}).items() if k not in _NAMES}
    kept = {k: note.get(k) for k in ("id", "cdate", "tcdate", "invitation", "invitations")}
    replies = (note.get("details") or {}).get("replies") or (note.get("details") or {}).get(
        "directReplies"
    )
    return kept | {
        "content": content,
        "replies": [_without_names(reply) for reply in replies or []],
    }


def _fetcher(api: Api, url: str) -> Fetch:
    try:
        import openreview
    except ImportError as error:
        raise UserError(
            "importing from OpenReview needs openreview-py; install it with "
            "`pip install 'conference-simulator[openreview]'`."
        ) from error
    client = openreview.Client(url) if api == 1 else openreview.api.OpenReviewClient(url)

    def fetch(invitation: str, offset: int) -> list[dict[str, Any]]:
        import requests

        try:
            notes = client.get_notes(
                invitation=invitation, details="replies", offset=offset, limit=PAGE, sort="number"
            )
        except (openreview.OpenReviewException, requests.RequestException) as error:
            raise UserError(
                f"OpenReview refused {invitation} at {offset} ({error}); pages fetched so far are "
                "kept: run the same command again later."
            ) from error
        return [{**note.to_json(), "details": note.details} for note in notes]

    return fetch
