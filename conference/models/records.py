"""Conversations with models: messages, replies, and the calls that the ledger keeps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Protocol

import msgspec

from conference.models.defusing import unmarked
from conference.models.thinking import Thinking

Counted = Annotated[int, msgspec.Meta(ge=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class Spec(msgspec.Struct, frozen=True):
    """A model as the user names it: `vllm:MODEL`, `openai:MODEL@URL`, optionally with `#PRESET`.

    `text` is the name without the preset, which the rules and the ledger use.
    """

    kind: str
    target: str
    preset: str = "default"

    @property
    def text(self) -> str:
        return f"{self.kind}:{self.target}"


class ModelRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model is run and what it costs: a table of the venue's `[models]`.

    `frequency_penalty` is subtracted from a token's logit for each time that the answer has it
    already, so that small models repeat themselves less. A task fails after `attempts` unusable
    answers. `longest_text` limits each text field, in characters; 0 is no limit. `context` is in
    tokens; 0 is the model's own. `cutoff` is the model's training cutoff (ISO date), `examples` a
    dataset or file of example reviews.

    `reasoning_parser` is vLLM's name of the format of the model's thoughts ("qwen3", "deepseek_r1",
    …). With it the model thinks before each answer, using at most `thinking_tokens` of its
    `max_tokens` (0: no limit). Without it a reasoning model's thinking is switched off.

    `engines`, `tensor_parallel`, `gpu_share` (of one GPU, below 1 for small models that share one)
    and `engine` (further arguments) are for vLLM. `key_variable`, `timeout`, `retries` and
    `at_once` are for servers. Prices are per million tokens. `speed_in` and `speed_out` (tokens a
    second) are used only to estimate hours.
    """

    temperature: NotNegative = 0.7
    frequency_penalty: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.0
    top_p: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    max_tokens: Counted = 2048
    attempts: Counted = 3
    longest_text: Annotated[int, msgspec.Meta(ge=0, le=16_384)] = 0
    context: Annotated[int, msgspec.Meta(ge=0)] = 0
    sees_images: bool = False
    examples: str = ""
    cutoff: str = ""
    reasoning_parser: str = ""
    thinking_tokens: Annotated[int, msgspec.Meta(ge=0)] = 0
    engines: Counted = 1
    tensor_parallel: Counted = 1
    gpu_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    engine: dict[str, Any] = {}
    key_variable: str = "OPENAI_API_KEY"
    timeout: Positive = 600.0
    retries: Annotated[int, msgspec.Meta(ge=0)] = 8
    at_once: Counted = 64
    price_in: NotNegative = 0.0
    price_cached: NotNegative | None = None
    price_out: NotNegative = 0.0
    speed_in: Positive = 10_000.0
    speed_out: Positive = 2_000.0

    @property
    def priced(self) -> bool:
        return bool(self.price_in or self.price_out)


# Rules that may change when a round is resumed, because they affect only how calls are made, how
# long answers may be, how often the model is asked, and what it costs.
OPERATIONAL = (
    "max_tokens", "attempts", "engines", "tensor_parallel", "gpu_share", "key_variable", "timeout",
    "retries", "at_once", "price_in", "price_cached", "price_out", "speed_in", "speed_out",
)  # fmt: skip


CUT = "it was cut off at max_tokens; write less"


PAPER_END = "</paper>"


class Message(msgspec.Struct, frozen=True):
    """One turn. `images` are PNG files as base64, shown after the paper (see `around_images`)."""

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[str, ...] = ()

    def around_images(self) -> tuple[str, str]:
        """The text before the images and the text after them; they follow the paper, if any.

        So calls with and without images share the paper's prefix. House rules before the paper
        mention its closing tag too, so the last occurrence counts.
        """
        head, end, rest = self.text.rpartition(PAPER_END)
        return (head + end, rest) if end else ("", self.text)


def own_words(text: str) -> Message:
    """A model's answer as its turn in the continued conversation."""
    return Message("assistant", unmarked(text))


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How tokens are drawn; `logprobs` is how many likeliest tokens are returned per place."""

    temperature: float
    top_p: float
    max_tokens: int
    seed: int
    frequency_penalty: float = 0.0
    logprobs: int = 0


class Place(msgspec.Struct, frozen=True):
    """A token of an answer, and the natural log probabilities of the likeliest tokens there."""

    token: str
    logprobs: dict[str, float]


NEVER = -100.0  # Guided decoding gives forbidden tokens less: servers write -9999 and the like.


def place_of(token: str, likeliest: Iterable[tuple[str, float]]) -> Place:
    """A place from its likeliest tokens and their log probabilities; equal texts are added up."""
    found: dict[str, float] = {}
    for other, logprob in likeliest:
        if logprob > NEVER:
            known = math.exp(found[other]) if other in found else 0.0
            found[other] = math.log(known + math.exp(logprob))
    return Place(token, found)


class Reply(msgspec.Struct, frozen=True):
    """A model's answer as it came, with the engine's own count of tokens.

    `ended` says why the answer is incomplete (cut off, refused, …); "" if it is complete. `unsent`
    are parameters that were left out because the server does not take them. `repairs` says what
    was repaired in the text (see `repair`). `places` are its tokens if `logprobs` were asked for.
    """

    text: str
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    ended: str = ""
    unsent: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    thinking: Thinking = ""
    places: tuple[Place, ...] = ()


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call as the ledger keeps it. `problem` is empty for an answer that was used.

    `frame_sha256` is the hash of the conversation without the contents of its fences. `unsent`,
    `ended` and `places` are the reply's. `first_seed` is the seed that would have been used if an
    earlier try of the task had not spoiled it, else 0; a replay, in which nothing fails, asks with
    it. `answer` is as the model gave it; `repairs` says what was read differently. `reused` calls
    were made and paid in another round. `thinking` is "on" or "off" for a model that can think
    before it answers, "" if that is unknown.
    """

    purpose: str
    model: str
    revision: str
    prompt_sha256: str
    temperature: float
    top_p: float
    max_tokens: int
    seed: int
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    answer: str = ""
    problem: str = ""
    frame_sha256: str = ""
    unsent: tuple[str, ...] = ()
    ended: str = ""
    first_seed: int = 0
    repairs: tuple[str, ...] = ()
    reused: bool = False
    thinking: Thinking = ""
    frequency_penalty: float = 0.0
    places: tuple[Place, ...] = ()


class ModelError(Exception):
    """A model could not be reached or did not answer; the message is one sentence."""


class Refused(ModelError):
    """The model rejects this conversation, which may be too long, malformed or unwanted."""


class Model(Protocol):
    """Anything that answers a conversation with text that fits a JSON schema.

    `group` names what the conversation is about (a paper), so that calls about it can go where its
    prefix is cached. `count` gives or estimates the tokens of a text. `complete` raises
    `ModelError` if the model gives no answer, after the implementation's own retries.
    """

    name: str
    revision: str
    context: int

    async def complete(
        self,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sampling: Sampling,
        group: str,
    ) -> Reply: ...

    def count(self, text: str) -> int: ...


def calls_to_json(calls: list[Call]) -> bytes:
    """Calls as the ledger stores them."""
    return msgspec.json.encode(calls)


def calls_from_json(data: bytes) -> list[Call]:
    """Calls as the ledger stored them."""
    return msgspec.json.decode(data, type=list[Call])
