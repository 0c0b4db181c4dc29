"""An engine that records its calls, in a module of its own so that Ray can load it."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from conference.models import Message, ModelRules, Reply, Sampling
from conference.models.engine import Engine

BLOCK = 16  # tokens; the engine shares whole blocks of a prefix


class Asked(msgspec.Struct, frozen=True):
    """One call, so that it can be repeated."""

    messages: tuple[Message, ...]
    schema: dict[str, Any]
    sampling: Sampling


class RecordingEngine(Engine):
    """An engine that can record its calls and clear its prefix cache."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        super().__init__(target, rules)
        self._asked: list[Asked] | None = None
        self._spans: list[tuple[float, float]] = []

    async def record(self, on: bool) -> None:
        self._asked = [] if on else None

    async def recorded(self) -> list[Asked]:
        return list(self._asked or ())

    async def spans(self) -> list[tuple[float, float]]:
        """Start and end in seconds of each call since `forget`."""
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
        """The share of prompt tokens in prefix blocks that an earlier prompt has too."""
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
