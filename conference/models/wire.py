"""Requests of the OpenAI protocol, without the parameters that a server does not take."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

import msgspec

from conference.core.mentions import mentions
from conference.models.records import Message, Sampling
from conference.models.streaming import STREAM

# How servers say that they do not take a parameter; below, the parameters that can be left out.
NOT_TAKEN = re.compile(
    r"unsupported|not (?:\w+ )?support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed"
    r"|extra (?:inputs|fields)|does not accept",
    flags=re.IGNORECASE,
)
SPARED = (
    "response_format", "json_schema", "seed", "top_p", "temperature", "frequency_penalty",
    "max_completion_tokens", "top_logprobs", "logprobs", "stream_options", "stream",
)  # fmt: skip
NO_LACK = {"max_completion_tokens", "stream_options", "stream"}  # They do not change the answer.
TOO_MANY = re.compile(
    r"logprobs.*(?:greater|less|at most|maximum|must be|between|exceed)", re.IGNORECASE | re.DOTALL
)
FEW = 5  # top_logprobs for servers that refuse more


def not_taken(said: str) -> str:
    """The parameter to leave out, by the words of the server's refusal; "" for none."""
    if not NOT_TAKEN.search(said):
        return "top_logprobs" if TOO_MANY.search(said) else ""
    if mentions(said, ("system role",)):
        return "system role"
    for name in SPARED:
        if mentions(said, (name,)):
            return "response_format" if name == "json_schema" else name
    return ""


def request_body(
    model: str,
    messages: tuple[Message, ...],
    schema: dict[str, Any],
    sampling: Sampling,
    without: Collection[str],
    streamed: bool = False,
) -> dict[str, Any]:
    """The body of one call; a server without `response_format` gets the schema in the prompt."""
    if "system role" in without and messages[0].role == "system":
        first, second, *rest = messages
        joined = msgspec.structs.replace(second, text=f"{first.text}\n\n{second.text}")
        messages = (joined, *rest)
    if "response_format" in without:
        said = f"Answer with one JSON object of this JSON schema: {json.dumps(schema)}"
        last = msgspec.structs.replace(messages[-1], text=f"{messages[-1].text}\n\n{said}")
        messages = (*messages[:-1], last)
    limit = "max_completion_tokens" if "max_completion_tokens" in without else "max_tokens"
    body: dict[str, Any] = {
        "model": model,
        "messages": [_wire(message) for message in messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        limit: sampling.max_tokens,
        "seed": sampling.seed,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": True},
        },
    }
    if sampling.frequency_penalty:
        body["frequency_penalty"] = sampling.frequency_penalty
    if sampling.logprobs:
        most = FEW if "top_logprobs" in without else sampling.logprobs
        body |= {"logprobs": True} | ({"top_logprobs": most} if "logprobs" not in without else {})
    if streamed and "stream" not in without:
        body |= STREAM
    kept = {limit, "top_logprobs"}
    return {name: value for name, value in body.items() if name in kept or name not in without}


def unsent(without: Collection[str]) -> tuple[str, ...]:
    """Those of the parameters left out that can change an answer, sorted."""
    return tuple(sorted(set(without) - NO_LACK))


def _wire(message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    before, after = message.around_images()
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
        for image in message.images
    ]
    first = [{"type": "text", "text": before}] if before else []
    return {"role": message.role, "content": [*first, *parts, {"type": "text", "text": after}]}
