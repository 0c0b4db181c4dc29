"""Fetches one JSON answer within a fixed time, whatever the server does."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from conference.core.seeds import generator

T = TypeVar("T")
MOST_BYTES = 8 << 20
AGENT = "conference-simulator"


class Unanswered(Exception):
    """No valid answer came; the message says why in a few words."""


class _Transient(Exception):
    """A fault that may be temporary; `after` are the seconds that the server asks to wait."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often a server is asked, in seconds and requests.

    Between two requests the wait doubles from `wait` up to `longest`, minus a random part of up to
    half, so that many clients that were refused together do not retry together.
    """

    total: float = 30.0
    requests: int = 5
    wait: float = 1.0
    longest: float = 10.0
    silence: float = 8.0


def fetch(
    url: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    read: Callable[[Any], T],
    patience: Patience,
) -> T:
    """The server's JSON answer as converted by `read`.

    It retries after 429, 5xx, silence, broken connections and unreadable answers. Requests run in a
    separate thread, which is abandoned when the time is over: no library's timeout covers a slow
    name lookup, a chain of redirects, or headers that come letter by letter.

    Raises:
        Unanswered: the server refused for good, or the time or the number of requests ran out.
    """
    answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put((_patiently(url, parameters, headers, read, patience), None))
        except BaseException as error:  # noqa: BLE001 (raised by who waits)
            answers.put((None, error))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer, error = answers.get(timeout=patience.total)
    except queue.Empty:
        raise Unanswered(f"no whole answer in {patience.total:g} s") from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]


def _patiently(
    url: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    read: Callable[[Any], T],
    patience: Patience,
) -> T:
    import httpx

    end = time.monotonic() + patience.total
    rng = generator(0, "literature", url, *parameters.values())
    reason = "no time was given"
    for number in range(patience.requests):
        if time.monotonic() >= end:
            break
        try:
            return _once(url, parameters, headers, read, end, patience.silence)
        except _Transient as error:
            reason, after = str(error), error.after
        except httpx.InvalidURL as error:
            raise Unanswered(f"not a valid address: {error}") from error
        except httpx.HTTPError as error:
            reason, after = f"{type(error).__name__}: {error}"[:200], 0.0
        usual = min(patience.longest, patience.wait * 2**number) * (1 - rng.random() / 2)
        pause = max(usual, min(after, patience.longest))
        if number + 1 == patience.requests or time.monotonic() + pause >= end:
            break
        time.sleep(pause)
    raise Unanswered(reason)


def _once(
    url: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    read: Callable[[Any], T],
    end: float,
    silence: float,
) -> T:
    import httpx

    left = max(0.05, min(silence, end - time.monotonic()))
    body = bytearray()
    with httpx.stream(
        "GET", url, params=dict(parameters), headers={"User-Agent": AGENT, **headers},
        timeout=left, follow_redirects=True,
    ) as response:  # fmt: skip
        status = response.status_code
        if status == 429 or status >= 500:
            raise _Transient(f"status {status}", _seconds(response.headers.get("retry-after")))
        if status >= 400:
            raise Unanswered(f"status {status}")
        for part in response.iter_bytes():
            body += part
            # httpx restarts its timeout with every part; this limit holds for the whole answer.
            if time.monotonic() >= end:
                raise _Transient("the answer came too slowly")
            if len(body) > MOST_BYTES:
                raise Unanswered("the answer is too large")
    try:
        return read(msgspec.json.decode(bytes(body)))
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError, IndexError) as error:
        raise _Transient("the answer cannot be read") from error


def _seconds(header: str | None) -> float:
    """The wait in seconds that a server asks for; 0 for none and for dates."""
    return float(header) if header is not None and header.isdigit() else 0.0
