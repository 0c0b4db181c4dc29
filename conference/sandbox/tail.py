"""Keeps the end of a program's output."""

from __future__ import annotations

from collections import deque

from conference.core.clean import clean

KEPT = 64 << 10  # bytes


class Tail:
    """The last `KEPT` bytes of a stream, and the total number of bytes."""

    def __init__(self) -> None:
        self.total = 0
        self._kept: deque[bytes] = deque()
        self._held = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        self._kept.append(data)
        self._held += len(data)
        while self._held - len(self._kept[0]) >= KEPT:
            self._held -= len(self._kept.popleft())

    def text(self) -> str:
        return clean(b"".join(self._kept)[-KEPT:])
