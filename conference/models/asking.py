"""Asks a model for a typed object: seeds, validation, retries, and a record of every call."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Collection, Iterable
from typing import TypeVar

import msgspec

from conference.core.seeds import seed_of
from conference.core.tasks import TaskFailed, TaskKey
from conference.models.records import (
    Call,
    Message,
    Model,
    ModelError,
    ModelRules,
    Reply,
    Sampling,
    own_words,
)
from conference.models.repair import repaired
from conference.models.shapes import Shape, bare_object

T = TypeVar("T")
AGAIN = (
    "That answer cannot be used: {problem}. Answer again with the whole object, corrected, and "
    "nothing else. {shape}"
)
# The content of a fenced paper, thread or table of data in a prompt.
FENCED = re.compile(r"(<(paper|thread|data)\b[^>]*>).*?(</\2>)", flags=re.DOTALL)
SHOWN = 8000  # characters of an unusable answer that the model is shown when it is asked again


class Asker:
    """One task's access to its model. `calls` collects its calls for the ledger.

    `spoiled` are seeds whose answers could not be used in earlier tries of the task. They are
    skipped, because a deterministic model would give the same answers again.
    """

    def __init__(
        self,
        model: Model,
        rules: ModelRules,
        preset: str,
        seed: int,
        key: TaskKey,
        spoiled: Collection[int] = (),
    ) -> None:
        self.model = model
        self.rules = rules
        self.preset = preset
        self.calls: list[Call] = []
        self._seed = seed
        self._key = key
        self._spoiled = spoiled

    async def ask(
        self,
        messages: tuple[Message, ...],
        shape: Shape[T],
        purpose: str,
        *,
        temperature: float | None = None,
        member: int = 0,
    ) -> T:
        """The model's answer as an object of the shape.

        An answer that does not fit is sent back with its fault. If the next one has the same fault,
        the question is asked again from the start. There is no default.

        Raises:
            TaskFailed: the model did not answer, or gave no valid answer in `attempts` tries.
        """
        answer, _ = await self.ask_with_reply(
            messages, shape, purpose, temperature=temperature, member=member
        )
        return answer

    async def ask_with_reply(
        self,
        messages: tuple[Message, ...],
        shape: Shape[T],
        purpose: str,
        *,
        temperature: float | None = None,
        member: int = 0,
        logprobs: int = 0,
    ) -> tuple[T, Reply]:
        """Like `ask`, and also returns the reply, whose places hold `logprobs` tokens each."""
        schema, problem, before = shape.bounded(self.rules.longest_text), "", ""
        messages = said = _asking_for(shape.asked, messages)
        asked = shape.asked or f"Its JSON schema is {json.dumps(schema)}"
        group = self._key.paper or str(self._key)
        for attempt in range(self.rules.attempts):
            first = seed_of(self._seed, self._key, purpose, member, attempt) % 2**31
            sampling = self._sampling(first, temperature, logprobs)
            start = time.perf_counter()
            try:
                reply = await self.model.complete(said, schema, sampling, group)
            except ModelError as error:
                self._note(purpose, said, sampling, first, None, start, str(error))
                raise TaskFailed(f"{purpose}: {error}") from error
            text, repairs = repaired(bare_object(reply.text), shape.code)
            reply = msgspec.structs.replace(reply, repairs=(*reply.repairs, *repairs))
            try:
                answer = shape.read(text)
            except (ValueError, OverflowError, RecursionError) as error:
                problem = f"{reply.ended}; {error}" if reply.ended else str(error)
                self._note(purpose, said, sampling, first, reply, start, problem)
                # Small models copy the wrong answer that they are shown: then start again.
                copied = problem == before and sampling.temperature > 0
                before = "" if copied else problem
                said = messages if copied else _corrected(messages, reply, problem, asked)
                continue
            self._note(purpose, said, sampling, first, reply, start, "")
            return answer, reply
        raise TaskFailed(
            f"{purpose}: {self.model.name} gave no valid answer in {self.rules.attempts} attempts; "
            f"the last one: {problem}"
        )

    def _sampling(self, first: int, temperature: float | None, logprobs: int) -> Sampling:
        """How the answer is drawn; the seed is `first` or the next one that is not spoiled."""
        seed = first
        while seed in self._spoiled:
            seed = seed_of(seed, "again") % 2**31
        return Sampling(
            temperature=self.rules.temperature if temperature is None else temperature,
            top_p=self.rules.top_p,
            max_tokens=self.rules.max_tokens,
            seed=seed,
            frequency_penalty=self.rules.frequency_penalty,
            logprobs=logprobs,
        )

    def _note(
        self,
        purpose: str,
        messages: tuple[Message, ...],
        sampling: Sampling,
        first: int,
        reply: Reply | None,
        start: float,
        problem: str,
    ) -> None:
        counted = reply or Reply("", 0, 0, 0)
        self.calls.append(
            Call(
                purpose=purpose,
                model=self.model.name,
                revision=self.model.revision,
                prompt_sha256=prompt_hash(messages),
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=sampling.max_tokens,
                frequency_penalty=sampling.frequency_penalty,
                seed=sampling.seed,
                first_seed=first if first != sampling.seed else 0,
                tokens_in=counted.tokens_in,
                tokens_cached=counted.tokens_cached,
                tokens_out=counted.tokens_out,
                seconds=round(time.perf_counter() - start, 4),
                cost=price(self.rules, counted),
                answer=counted.text,
                problem=problem,
                frame_sha256=frame_hash(messages),
                unsent=counted.unsent,
                ended=counted.ended,
                repairs=counted.repairs,
                thinking=counted.thinking,
                places=counted.places,
            )
        )


async def together(asked: Iterable[Awaitable[T]]) -> list[T]:
    """Await all at once and return their results in order; if some fail, raise the first failure.

    It is raised only when all have ended, so that the ledger gets every call.
    """
    found = await asyncio.gather(*asked, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return found  # type: ignore[return-value]


def _corrected(
    messages: tuple[Message, ...], reply: Reply, problem: str, shape: str
) -> tuple[Message, ...]:
    """The conversation extended by an unusable answer and what is wrong with it."""
    again = AGAIN.format(problem=problem, shape=shape)
    wrong = own_words(reply.text[:SHOWN] or "(nothing)")
    return (*messages, wrong, Message("user", again))


def _asking_for(shape: str, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation with a description of the answer's shape at its end."""
    if not shape:
        return messages
    last = msgspec.structs.replace(messages[-1], text=f"{messages[-1].text}\n\n{shape}")
    return (*messages[:-1], last)


def prompt_hash(messages: tuple[Message, ...]) -> str:
    """SHA-256 of a conversation."""
    return hashlib.sha256(msgspec.json.encode(messages)).hexdigest()


def frame_hash(messages: tuple[Message, ...]) -> str:
    """Like `prompt_hash`, ignoring what is between fences, such as how a paper was cut to fit."""
    return prompt_hash(
        tuple(Message(each.role, FENCED.sub(r"\1\3", each.text), each.images) for each in messages)
    )


def price(rules: ModelRules, reply: Reply) -> float:
    """What a reply costs by the user's price table, in the table's currency."""
    fresh = reply.tokens_in - reply.tokens_cached
    cached = rules.price_in if rules.price_cached is None else rules.price_cached
    cost = fresh * rules.price_in + reply.tokens_cached * cached
    return (cost + reply.tokens_out * rules.price_out) / 1e6
