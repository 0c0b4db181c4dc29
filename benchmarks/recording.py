"""An engine that notes what it is asked; apart from the benchmark so that Ray can load it."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from conference.models import Message, ModelRules, Reply, Sampling
from conference.models.engine import Engine

BLOCK = 16  # tokens; the engine shares whole blocks of a prefix


class Asked(msgspec.Struct, frozen=True):
    """One call as it was made, so that it can be made again."""

    messages: tuple[Message, ...]
    schema: dict[str, Any]
    sampling: Sampling


class RecordingEngine(Engine):
    """An engine that can note what it is asked and forget what it has cached."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        super().__init__(target, rules)
        self._asked: list[Asked] | None = None
        self._spans: list[tuple[float, float]] = []

    async def record(self, on: bool) -> None:
        self._asked = [] if on else None

    async def recorded(self) -> list[Asked]:
        return list(self._asked or ())

    async def spans(self) -> list[tuple[float, float]]:
        """From when to when, in seconds, each call was in the engine since `forget`."""
        return self._spans

    async def forget(self) -> None:
        self._spans = []
        await self.engine.reset_prefix_cache()

    async def complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling
    ) -> Reply:
        if self._asked is not None:
            self._asked.append(Asked(messages, schema, sampling))
        start = time.perf_counter()
        try:
            return await super().complete(messages, schema, sampling)
        finally:
            self._spans.append((start, time.perf_counter()))

    async def sharable(self, conversations: list[tuple[Message, ...]]) -> float:
        """The share of prompt tokens in blocks that an earlier prompt had too, at its start."""
        seen: set[tuple[int, ...]] = set()
        shared = total = 0
        for messages in conversations:
            ids = await self.tokens(messages)
            total += len(ids)
            for end in range(BLOCK, len(ids), BLOCK):
                prefix = (hash(tuple(ids[:end])), end)
                shared += BLOCK if prefix in seen else 0
                seen.add(prefix)
        return shared / total
