"""`openai:MODEL@URL`: any server that speaks the OpenAI protocol.

A server that is busy, broken or silent is asked again, each time after a longer wait or after the
wait that it names. A parameter that it does not take is left out from then on. Once an answer is
cut off on its way, for instance by a proxy that closes silent connections after a minute, all
further answers are requested as streams. If there is still no answer, the error is one sentence.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from typing import Any

import msgspec

from conference.core.clean import clean
from conference.core.errors import UserError
from conference.models.records import Message, ModelError, ModelRules, Refused, Reply, Sampling
from conference.models.refusals import UNFIT, asked_wait, help_with, is_too_long, said_by
from conference.models.replies import Fault, read_reply
from conference.models.streaming import CutShort
from conference.models.wire import not_taken, request_body, unsent

CHARACTERS_A_TOKEN = 3.5  # a cautious estimate, as the server's tokenizer is unknown
IN_A_ROW = 5  # failed calls until the server is given up
FIRST_TRIES = 3  # of a server that never answered: its address is probably wrong
BUSY = (408, 409, 425, 429)  # and all from 500
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds; doubled from one to the other
OBEYED_WAIT = 600.0  # seconds that a server may ask us to wait
LATE = 2  # time-outs until a call is given up: each cost the whole `timeout`
GATEWAY_TIMEOUT = (504, 524)
SOON = 0.5  # seconds; a connection that ends sooner was not cut for taking too long
SHORTEST_KEY = 8  # characters of a key; shorter ones are placeholders such as "none" and "EMPTY"
LONGEST_REFUSAL = 20_000  # characters of a refusal that are read
HIDDEN = b"(key)"
CLOSED = "ended the connection"
CUT_OFF = (
    "{how} after {seconds:.0f} s, before its answer was complete{streamed}: if a proxy in front of "
    "it does that, raise the proxy's time limit (nginx: proxy_read_timeout), or ask for shorter "
    "answers with max_tokens in [models]"
)


class _Again(Exception):
    """The call must be made again. `wait` are the seconds that the server asks for (0: none),
    `late` says that the call timed out, `absent` that nothing answered at the address."""

    def __init__(
        self, problem: str, wait: float = 0.0, late: bool = False, absent: bool = False
    ) -> None:
        super().__init__(problem)
        self.wait, self.late, self.absent = wait, late, absent


class ServerModel:
    """Implements `Model` over HTTP. This process has at most `at_once` calls open."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        name, url = _name_and_address(target)
        key = os.environ.get(rules.key_variable) or "none"
        if not (key.isascii() and key.isprintable()):
            raise UserError(
                f"{rules.key_variable}: it has a character that no key can have, such as a "
                "typographic quote or an end of line; set it again."
            )
        self.name = f"openai:{target}"
        self.revision = "as served"
        self.context = rules.context or 32_768
        self._model, self._rules = name, rules
        self._key = key if len(key) >= SHORTEST_KEY else ""
        self._settings: dict[str, Any] = {
            "base_url": url,
            "api_key": key,
            "timeout": rules.timeout,
            "max_retries": 0,
        }
        self._clients: dict[int, tuple[Any, asyncio.Semaphore]] = {}
        self._without: set[str] = set()
        self._streamed = self._met = False
        self._failed = 0

    def count(self, text: str) -> int:
        """An estimate."""
        return int(len(text) / CHARACTERS_A_TOKEN) + 1

    async def complete(
        self,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sampling: Sampling,
        group: str,
    ) -> Reply:
        client, slots = self._client()
        async with slots:
            if self._failed >= IN_A_ROW:
                raise ModelError(
                    f"{self.name} failed {IN_A_ROW} times in a row and is not asked again"
                )
            reply = await self._patiently(client, messages, schema, sampling)
        self._failed, self._met = 0, True
        return reply

    def _client(self) -> tuple[Any, asyncio.Semaphore]:
        """A client for this event loop: its connections belong to one."""
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        loop = id(asyncio.get_running_loop())
        if loop not in self._clients:
            # Redirects are not followed: papers go only to the server that the user named.
            http = DefaultAsyncHttpxClient(follow_redirects=False)
            self._clients[loop] = (
                AsyncOpenAI(**self._settings, http_client=http),
                asyncio.Semaphore(self._rules.at_once),
            )
        return self._clients[loop]

    async def _patiently(
        self,
        client: Any,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sampling: Sampling,
    ) -> Reply:
        """Ask until there is an answer, at most `retries` more times."""
        tries, late = 0, 0
        while True:
            without = frozenset(self._without)
            body = request_body(self._model, messages, schema, sampling, without, self._streamed)
            try:
                reply = await self._once(client, body, messages, sampling.max_tokens)
                return msgspec.structs.replace(reply, unsent=unsent(without))
            except _Again as again:
                tries, late = tries + 1, late + again.late
                self._met = self._met or not again.absent
                most = self._rules.retries + 1
                most = most if self._met else min(most, FIRST_TRIES)
                if again.wait > OBEYED_WAIT or tries >= most or late == LATE:
                    self._failed += 1
                    raise ModelError(f"{self.name} {again}") from again
                wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
                await asyncio.sleep(again.wait or wait * random.uniform(0.75, 1.0))
            except _NotTaken as spared:
                if spared.name in without:
                    raise ModelError(f"{self.name} {spared}") from spared
                self._without.add(spared.name)

    async def _once(
        self, client: Any, body: dict[str, Any], messages: tuple[Message, ...], limit: int
    ) -> Reply:
        """One try. The response is read as bytes and not trusted."""
        import httpx
        import openai

        start = time.monotonic()
        try:
            async with asyncio.timeout(self._rules.timeout):
                response = await client.post("/chat/completions", body=body, cast_to=httpx.Response)
        except openai.APIStatusError as error:
            if error.status_code in GATEWAY_TIMEOUT:
                raise self._cut_off(f"answered {error.status_code}", start, body) from error
            raise self._refused(error) from error
        except (openai.APITimeoutError, TimeoutError) as error:
            problem = f"did not answer within {self._rules.timeout:g} s"
            raise _Again(problem, late=True) from error
        except (openai.APIConnectionError, httpx.HTTPError) as error:
            if time.monotonic() - start > SOON and not _unconnected(error):
                raise self._cut_off(CLOSED, start, body) from error
            said = f"cannot be reached: {self._line(error.__cause__ or error)}"
            raise _Again(said, absent=_unconnected(error)) from error
        asked = "\n".join(message.text for message in messages)
        content = (
            response.content.replace(self._key.encode(), HIDDEN) if self._key else response.content
        )
        try:
            reply, revision = read_reply(content, asked, self.count, limit)
        except Fault as error:
            raise _Again(f"failed: {self._line(error)}") from error
        except CutShort as error:
            raise self._cut_off(CLOSED, start, body) from error
        except (ValueError, RecursionError) as error:
            raise _Again(f"does not speak the OpenAI protocol: {self._line(error)}") from error
        self.revision = revision or self.revision
        return reply

    def _cut_off(self, how: str, start: float, body: dict[str, Any]) -> _Again:
        """Note an answer that was cut off; later ones are requested as streams. A stream that was
        cut off counts as late, because the next one would take as long."""
        self._streamed, streamed = True, "stream" in body
        said = CUT_OFF.format(
            how=how,
            seconds=time.monotonic() - start,
            streamed=" although it was streamed" if streamed else "",
        )
        return _Again(said, late=streamed)

    def _refused(self, error: Any) -> Exception:
        """The exception for a refusing status: ask again, leave a parameter out, or give up."""
        status, headers = error.status_code, error.response.headers
        body = error.response.text[:LONGEST_REFUSAL]
        helps = help_with(status, body, headers, self._rules.key_variable, self.context)
        said = self._hidden(f"answered {said_by(status, body)}{helps}")
        if is_too_long(status, body):
            return Refused(f"{self.name} {said}")
        if status in BUSY or status >= 500:
            wait = asked_wait(headers)
            patient = f" and asks for a pause of {wait:,.0f} s" if wait > OBEYED_WAIT else ""
            return _Again(f"{said}{patient}", wait=wait)
        name = not_taken(body) if status in (400, 422) else ""
        if name:
            return _NotTaken(name, said)
        return (Refused if status in UNFIT else ModelError)(f"{self.name} {said}")

    def _hidden(self, text: str) -> str:
        """A server's words without the user's key, which some servers repeat."""
        return text.replace(self._key, HIDDEN.decode()) if self._key else text

    def _line(self, error: BaseException) -> str:
        return self._hidden(" ".join(clean(str(error) or type(error).__name__).split()))[:200]


class _NotTaken(Exception):
    """The server does not take a parameter."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(said)
        self.name = name


def _name_and_address(target: str) -> tuple[str, str]:
    """The model and the address in MODEL@URL; both may contain an @.

    Raises:
        UserError: one is missing, or the address is not valid.
    """
    import httpx

    name, _, rest = target.partition("@http")
    try:
        parsed = httpx.URL(f"http{rest}")
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if not name or parsed.scheme not in ("http", "https") or not parsed.host:
        raise UserError(
            f"model 'openai:{target}': give the model's name and after an @ the server's address, "
            "such as openai:MODEL@http://localhost:8000/v1."
        )
    return name, f"http{rest}"


def _unconnected(error: Exception) -> bool:
    """Whether no connection was made, so that no answer could have been cut off.

    It looks at the name of the cause, because openai imports its HTTP library under several names.
    """
    return type(error.__cause__ or error).__name__ in ("ConnectError", "ConnectTimeout")
