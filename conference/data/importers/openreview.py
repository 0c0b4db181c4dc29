"""OpenReview, API versions 1 and 2, through openreview-py.

Pages of answers are kept in the store's cache, reduced to the fields that are read and without
names of authors and reviewers. So an interrupted import goes on where it stopped, and a finished
one sends no request again. There is a pause between two requests.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from conference.core.errors import UserError
from conference.data.gather import gather
from conference.data.importers.importer import Options
from conference.data.importers.openreview_notes import KINDS, TOPICS, Reading, kind_of, read_note
from conference.data.scales import scale_of
from conference.data.tables import Damage, Dataset, HumanReview, Paper
from conference.data.values import Damaged

Api = Literal[1, 2]
VERSIONS: dict[str, Api] = {"1": 1, "2": 2}
URLS: dict[Api, str] = {1: "https://api.openreview.net", 2: "https://api2.openreview.net"}
PAGE = 200
PAUSE = 1.0
MAIN_TRACK = "conference"
# The fields of a submission that are kept; a reply is kept whole, because it is the review.
_SUBMISSION = ("title", "abstract", "keywords", "venue", "venueid", "decision", *TOPICS)
# (invitation, offset) -> one page of notes as plain JSON.
Fetch = Callable[[str, int], list[dict[str, Any]]]


def read_venue(
    venue_id: str,
    *,
    api: Api | None = None,
    cache: Path,
    scale: tuple[float, ...] = (),
    url: str | None = None,
    pause: float = PAUSE,
    fresh: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[Dataset]:
    """All submissions of a venue such as "ICLR.cc/2024/Conference" with their reviews.

    Without `api`, the version is the one that holds the venue's year. With `fresh`, cached pages
    are fetched again. Raises `UserError` if the venue id has no year, the scale is unknown, nothing
    is there, or OpenReview refuses.
    """
    found = re.search(r"(?P<venue>[A-Za-z]+)[^/]*/(?P<year>\d{4})/(?P<track>.+)", venue_id)
    if not found:
        raise UserError(f"{venue_id}: give a venue id such as ICLR.cc/2024/Conference.")
    venue, year, track = found["venue"], int(found["year"]), found["track"].strip("/").lower()
    main = track == MAIN_TRACK
    known, stage = scale_of(venue, year) if main else ((), "unknown")
    allowed = scale or known
    place = place_of(venue_id, venue, year, track, api)
    if place.rated and not allowed:
        named = f"{venue} {year}" if main else f"{venue} {year}, {track},"
        raise UserError(f"{venue_id}: the rating scale of {named} is unknown; give --scale.")
    about = Reading(venue_id, venue, year, allowed, stage, place.api)
    folder = cache / "openreview" / venue_id.replace("/", "_")
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    fetch = _fetcher(place.api, url or URLS[place.api])
    notes = {
        invitation: _notes(fetch, invitation, folder / _ending(invitation), pause)
        for invitation in place.invitations
    }
    papers, reviews, damaged = _read_notes(notes, about, progress)
    if not papers and not damaged:
        shutil.rmtree(folder)  # The empty pages must not be cached: they may be filled later.
        raise UserError(
            f"{venue_id}: in API {place.api}, OpenReview has no submission under "
            f"{', '.join(place.invitations)}; check the venue id, which is case-sensitive."
        )
    name = f"{venue.lower()}{year}" + ("" if main else f"-{re.sub(r'[^a-z0-9]+', '-', track)}")
    unrated = [] if place.rated else ["its reviews have no ratings: only its decisions are read"]
    source = f"OpenReview {venue_id}, API {place.api}"
    return [gather(name, papers, reviews, damaged, source=source, notes=unrated)]


def _ending(invitation: str) -> str:
    return invitation.rsplit("/", 1)[-1]


def _read_notes(
    notes: Mapping[str, Iterable[dict[str, Any]]],
    about: Reading,
    progress: Callable[[int], None] | None,
) -> tuple[list[Paper], list[HumanReview], list[Damage]]:
    """The papers, reviews and damaged records in the notes of each invitation."""
    papers: list[Paper] = []
    reviews: list[HumanReview] = []
    damaged: list[Damage] = []
    for invitation, each in notes.items():
        for note in each:
            try:
                paper, said, faults = read_note(note, _ending(invitation), about)
            except Damaged as fault:
                damaged.append(Damage(f"paper {note.get('id')}", str(fault)))
                continue
            papers.append(paper)
            reviews += said
            damaged += faults
            if progress:
                progress(len(papers))
    return papers, reviews, damaged


class Place(msgspec.Struct, frozen=True):
    """Where a venue-year's submissions are; `rated` says whether its reviews have ratings."""

    api: Api
    invitations: tuple[str, ...]
    rated: bool = True


def place_of(venue_id: str, venue: str, year: int, track: str, api: Api | None) -> Place:
    """The invitations of a venue-year's submissions, from openreview.toml.

    Raises `UserError` for a track that OpenReview is known to lack.
    """
    rules = tomllib.loads((Path(__file__).parent / "openreview.toml").read_text(encoding="utf-8"))
    last = {name.lower(): year for name, year in rules["last_year_of_api_1"].items()}
    version: Api = api or (1 if year <= last.get(venue.lower(), last["others"]) else 2)
    early = (rule for rule in rules["early"] if rule["venue"].lower() == venue.lower())
    rule = next((rule for rule in early if year in rule["years"]), None)
    if rule is None or version == 2:
        names = rules["invitations"][str(version)]
        return Place(version, tuple(f"{venue_id}/-/{name}" for name in names))
    if "missing" in rule and (track == MAIN_TRACK or "invitations" not in rule):
        raise UserError(f"{venue_id}: {rule['missing']}; take another year, or a table of it.")
    group = venue_id.strip("/")[: -len(track)] + track
    return Place(1, tuple(f"{group}/-/{name}" for name in rule["invitations"]), rule["ratings"])


def _notes(fetch: Fetch, invitation: str, folder: Path, pause: float) -> Iterator[dict[str, Any]]:
    """Notes page by page, from the cache if it has the page."""
    folder.mkdir(parents=True, exist_ok=True)
    offset = 0
    while True:
        path = folder / f"{offset:07d}.json"
        if path.is_file():
            page = _kept(path)
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


def _kept(path: Path) -> list[dict[str, Any]]:
    try:
        page: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: cannot be read ({error}); import again with --fresh.") from error
    return page


def _without_names(note: dict[str, Any]) -> dict[str, Any]:
    """The submission with its reviews and decisions, without names."""
    content = {k: v for k, v in (note.get("content") or {}).items() if k in _SUBMISSION}
    details = note.get("details") or {}
    replies = details.get("replies") or details.get("directReplies") or []
    return _outline(note) | {
        "content": content,
        "replies": [_reply(reply, note.get("id")) for reply in replies if kind_of(reply) in KINDS],
    }


def _reply(reply: dict[str, Any], paper: Any) -> dict[str, Any]:
    """A reply whose reviewer is replaced by a digest that differs between papers."""
    signed = f"{paper}\x1f{reply.get('signatures')}" if reply.get("signatures") else ""
    who = hashlib.sha256(signed.encode()).hexdigest()[:16] if signed else ""
    return _outline(reply) | {"content": reply.get("content") or {}, "who": who}


def _outline(note: dict[str, Any]) -> dict[str, Any]:
    return {k: note.get(k) for k in ("id", "cdate", "tcdate", "ddate", "invitation", "invitations")}


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


def read(source: str, options: Options) -> list[Dataset]:
    """A venue by its id, from OpenReview's API."""
    return read_venue(
        source, api=VERSIONS[options.api] if options.api else None, cache=options.cache,
        scale=options.scale, url=options.url, pause=options.pause, fresh=options.fresh,
        progress=lambda done: options.progress("papers", done, None),
    )  # fmt: skip
