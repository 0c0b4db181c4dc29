"""Explains a server's refusal in the server's words and adds what may help."""

from __future__ import annotations

import email.utils
import json
import re
import time
from http import HTTPStatus
from typing import Any

from conference.models.replies import fault_in

SHOWN = 300  # characters of a server's own words
UNFIT = (400, 413, 422)  # This conversation is refused; another may be accepted.
REDIRECTS = range(300, 400)
# What servers say if a conversation is too long, and below where some name the largest size:
# OpenAI, vLLM, OpenRouter; llama.cpp; Anthropic; llama-cpp-python; LM Studio.
TOO_LONG = re.compile(
    r"context[_ ](?:length|size|window|limit|overflow)|maximum context|prompt is too long"
    r"|too many (?:input |prompt )?tokens|input is too long|exceeds? the (?:model's )?context",
    flags=re.IGNORECASE,
)
SIZE = re.compile(
    r"maximum context length (?:is|of) (\d+)|\"n_ctx\": ?(\d+)|tokens > (\d+) maximum"
    r"|context limit: \d+ \+ \d+ > (\d+)|context (?:window|length|size) of (?:only )?(\d+)",
    flags=re.IGNORECASE,
)
MODEL = re.compile(r"\bmodels?\b", flags=re.IGNORECASE)
PHRASES = {status.value: status.phrase for status in HTTPStatus}
TITLE = re.compile(r"<title>([^<]{1,200})</title>", flags=re.IGNORECASE)


def said_by(status: int, body: str) -> str:
    """A refusal in one line, as `404 Not Found: the server's words`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = {"error": title[1] if (title := TITLE.search(body)) else ""}
    said = fault_in(found if isinstance(found, dict) else {"error": found})[:SHOWN]
    named = f"{status} {PHRASES.get(status, '')}".strip()
    said = said.rstrip(" .")
    return f"{named}: {said}" if said and said.lower() not in named.lower() else named


def is_too_long(status: int, body: str) -> bool:
    """Whether a conversation was refused because it is longer than the model's context."""
    return status in (*UNFIT, 500) and TOO_LONG.search(body) is not None


def help_with(status: int, body: str, headers: Any, key: str, context: int) -> str:
    """Advice to append to a refusal; "" for none.

    `key` is the variable that holds the key, `context` the assumed context in tokens.
    """
    if is_too_long(status, body):
        size = next(filter(None, found.groups()), "") if (found := SIZE.search(body)) else ""
        own = f"context = {size}" if size else "the server's own, as context = N"
        if size and int(size) >= context:
            own = f"a lower one than that, because tokens are estimated, such as {context * 3 // 4}"
        return (
            f"; its context was taken to be {context:,} tokens: give {own}, in the model's table "
            "of [models]"
        )
    if status in REDIRECTS:
        place = str(headers.get("location", "")).partition("?")[0]
        place = place.removesuffix("/chat/completions")
        return f"; redirects are not followed: name {place or 'the new address'} yourself"
    if status in (401, 403):
        return f"; check the key in the environment variable {key} (key_variable in [models])"
    if status in (404, 405) and not MODEL.search(body):
        return "; check the address: most servers' addresses end in /v1"
    return ""


def asked_wait(headers: Any) -> float:
    """The seconds to wait by a server's Retry-After, a number or a date; 0 without one."""
    said = headers.get("retry-after", "")
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(said).timestamp() - time.time()
        except (ValueError, OverflowError):
            return 0.0
    return max(0.0, seconds) if seconds == seconds else 0.0
