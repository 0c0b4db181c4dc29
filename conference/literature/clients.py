"""Clients of Semantic Scholar and OpenAlex, with pauses between requests and a time limit.

Interfaces: https://api.semanticscholar.org/api-docs/graph (paper/search) and
https://docs.openalex.org (works?search=).
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.core.files import keep_as
from conference.core.records import Work
from conference.literature.fetch import Patience, Unanswered, fetch


class Unreachable(UserError):
    """An index of the literature did not answer."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One public index: its address, how to build a request, and how to read the answer.

    `interval` is the shortest time in seconds between two requests of one process. `key` names the
    environment variable with the user's key, if the user has one.
    """

    name: str
    url: str
    key: str
    interval: float
    request: Callable[[str, int, str], tuple[dict[str, str], dict[str, str]]]
    read: Callable[[Any], list[Work]]


_turns: dict[str, float] = {}  # when this process may ask each server next
_taking = threading.Lock()


def _take_turn(url: str, interval: float) -> None:
    """Wait until this process may ask a server again."""
    with _taking:
        now = time.monotonic()
        turn = max(now, _turns.get(url, now))
        _turns[url] = turn + interval
    time.sleep(turn - now)


class Client:
    """A client of a public index. Answers are cached in the folder `cache`."""

    def __init__(
        self, service: Service, cache: Path, *, url: str = "", patience: Patience | None = None
    ) -> None:
        self._service = service
        self._url = url.rstrip("/") or service.url
        self._cache = cache
        self._patience = patience or Patience()

    def search(self, query: str, limit: int) -> tuple[Work, ...]:
        """The first `limit` works that the index returns for the query.

        Raises:
            Unreachable: no valid answer came within the total time.
        """
        query = " ".join(query.split())[:300]
        if not query:
            return ()
        name = hashlib.sha256(f"{self._url}\x1f{query}\x1f{limit}".encode()).hexdigest()[:32]
        path = self._cache / f"{name}.json"
        if path.is_file():
            return tuple(msgspec.json.decode(path.read_bytes(), type=list[Work]))
        works = tuple(self._ask(query, limit)[:limit])
        keep_as(path, msgspec.json.encode(works))
        return works

    def _ask(self, query: str, limit: int) -> list[Work]:
        service = self._service
        parameters, headers = service.request(query, limit, os.environ.get(service.key, ""))
        _take_turn(self._url, service.interval)
        try:
            return fetch(self._url, parameters, headers, service.read, self._patience)
        except Unanswered as error:
            raise Unreachable(
                f"--literature: {service.name} at {self._url} gave no answer ({error}); try again "
                "later, use local:PATH, or leave --literature out."
            ) from error


def _ask_semantic_scholar(
    query: str, limit: int, key: str
) -> tuple[dict[str, str], dict[str, str]]:
    fields = "title,authors,year,venue,abstract,externalIds,url"
    headers = {"x-api-key": key} if key else {}
    return {"query": query, "limit": str(limit), "fields": fields}, headers


def _read_semantic_scholar(answer: Any) -> list[Work]:
    return [
        Work(
            title=row["title"],
            key=row["paperId"],
            authors=tuple(author["name"] for author in row.get("authors") or ()),
            year=row.get("year"),
            venue=row.get("venue") or "",
            abstract=row.get("abstract") or "",
            doi=(row.get("externalIds") or {}).get("DOI") or "",
            url=row.get("url") or "",
        )
        for row in answer.get("data") or ()
        if row.get("title")
    ]


def _ask_openalex(query: str, limit: int, key: str) -> tuple[dict[str, str], dict[str, str]]:
    # These characters have a meaning in the service's query language.
    words = query.translate({ord(sign): " " for sign in "?*,|!:\"'()"})
    asked = {"search": " ".join(words.split()), "per-page": str(limit)}
    return asked | ({"api_key": key} if key else {}), {}


def _read_openalex(answer: Any) -> list[Work]:
    return [
        Work(
            title=row["title"],
            key=row["id"].rsplit("/", 1)[-1],
            authors=tuple(
                one["author"]["display_name"]
                for one in row.get("authorships") or ()
                if one["author"].get("display_name")
            ),
            year=row.get("publication_year"),
            venue=((row.get("primary_location") or {}).get("source") or {}).get("display_name")
            or "",
            abstract=_in_order(row.get("abstract_inverted_index") or {}),
            doi=(row.get("doi") or "").removeprefix("https://doi.org/"),
            url=row["id"],
        )
        for row in answer["results"]
        if row.get("title")
    ]


def _in_order(places: dict[str, list[int]]) -> str:
    """The text of an inverted index: its words in their order."""
    pairs = [(place, word) for word, at in places.items() for place in at]
    return " ".join(word for _, word in sorted(pairs))


CLIENTS = {
    "semanticscholar": Service(
        name="Semantic Scholar",
        url="https://api.semanticscholar.org/graph/v1/paper/search",
        key="SEMANTIC_SCHOLAR_API_KEY",
        interval=1.0,
        request=_ask_semantic_scholar,
        read=_read_semantic_scholar,
    ),
    "openalex": Service(
        name="OpenAlex",
        url="https://api.openalex.org/works",
        key="OPENALEX_API_KEY",
        interval=0.2,
        request=_ask_openalex,
        read=_read_openalex,
    ),
}
