"""The OpenAI protocol's bodies: what is sent, and what comes back, read without trust."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from conference.core.clean import clean
from conference.core.mentions import mentions
from conference.models.records import CUT, Message, Place, Reply, Sampling, place_of
from conference.models.repair import whole_escapes
from conference.models.streaming import STREAM, is_stream, whole_body
from conference.models.thinking import Thinking

# What servers call a parameter that they do not take, and those that a call can do without.
NOT_TAKEN = re.compile(
    r"unsupported|not (?:\w+ )?support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed"
    r"|extra (?:inputs|fields)|does not accept",
    flags=re.IGNORECASE,
)
SPARED = (
    "response_format", "json_schema", "seed", "top_p", "temperature", "frequency_penalty",
    "max_completion_tokens", "top_logprobs", "logprobs", "stream_options", "stream",
)  # fmt: skip
NO_LACK = {"max_completion_tokens", "stream_options", "stream"}  # the answer is none the worse
TOO_MANY = re.compile(
    r"logprobs.*(?:greater|less|at most|maximum|must be|between|exceed)", re.IGNORECASE | re.DOTALL
)
FEW = 5  # tokens told of a place by servers that tell no more
ONLY_THOUGHTS = (
    "the server put the whole answer into its reasoning and none into its content: start it "
    "without a reasoning parser (vllm serve without --reasoning-parser), switch the model's "
    "thinking off, or raise max_tokens in [models]"
)
ENDED = {
    "length": CUT,
    "content_filter": "the server's filter withheld it",
    "tool_calls": "it calls a tool and there is none",
    "function_call": "it calls a tool and there is none",
}


class _Said(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Token(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Token] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Body(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Any = None
    model: str | None = None
    system_fingerprint: str | None = None
    error: Any = None


def not_taken(said: str) -> str:
    """Which parameter a refused call can do without, from the server's own words; "" for none."""
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
    """One call as the server reads it; a schema that it takes no other way is put into words."""
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
    """What calls lack that are made without these: a limit with another name is no lack."""
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


def read_reply(content: bytes, asked: str, count: Callable[[str], int]) -> tuple[Reply, str]:
    """The reply in a response, and the revision of the model that the server names ("" for none).

    Tokens that the server does not count are estimated by `count` over `asked` and the answer.

    Raises:
        CutShort: it is a stream that ended before its answer did.
        ValueError: the response does not follow the protocol.
    """
    sent, repairs = whole_escapes(content.decode())
    whole = whole_body(sent) if is_stream(sent) else sent
    body = msgspec.json.decode(whole, type=_Body)
    if not body.choices:
        said = f": {clean(str(body.error))[:200]}" if body.error else ""
        raise ValueError(f"the response has no choices{said}")
    choice = body.choices[0]
    message, ended = choice.message, ENDED.get(choice.finish_reason or "", "")
    text, thoughts = _text(message.content), message.reasoning or message.reasoning_content or ""
    if message.refusal:
        text, ended = text or message.refusal, "the model refuses to answer"
    elif thoughts.strip() and not text.strip():
        # With its parser on, a server takes all for thoughts where no mark ends them.
        text, ended = thoughts, "; ".join(part for part in (ended, ONLY_THOUGHTS) if part)
        repairs = (*repairs, "read from the server's reasoning, as its content is empty")
    usage = body.usage if isinstance(body.usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    given = _tokens(usage, "prompt_tokens") or count(asked)
    cached = _tokens(details if isinstance(details, dict) else {}, "cached_tokens")
    made = _tokens(usage, "completion_tokens") or count(text)
    revision = clean(" ".join(part for part in (body.model, body.system_fingerprint) if part))
    thinking: Thinking = "on" if thoughts else ""
    reply = Reply(
        text, given, min(cached, given), made, ended, repairs=repairs, thinking=thinking,
        places=_places(choice.logprobs),
    )  # fmt: skip
    return reply, revision


def _places(told: _Logprobs | None) -> tuple[Place, ...]:
    """The answer's tokens with what else could stand there; nothing where only they are told."""
    tokens = (told.content if told else None) or []
    if not any(each.top_logprobs for each in tokens):
        return ()
    return tuple(
        place_of(each.token, ((other.token, other.logprob) for other in each.top_logprobs or ()))
        for each in tokens
    )


def _text(content: str | list[dict[str, Any]] | None) -> str:
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content)
    return content or ""


def _tokens(counts: dict[str, Any], name: str) -> int:
    value = counts.get(name)
    return value if type(value) is int and value >= 0 else 0
