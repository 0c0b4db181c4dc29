"""`replay:RUN`: gives the answers that an earlier round's ledger recorded."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from conference.core.errors import UserError
from conference.core.ledger import read_ledger
from conference.models.asking import frame_hash, prompt_hash
from conference.models.records import (
    Call,
    Message,
    ModelError,
    ModelRules,
    Reply,
    Sampling,
    calls_from_json,
)


class ReplayModel:
    """Implements `Model` from a ledger: the same conversation and seed get the recorded answer."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        folder = Path(target)
        if not folder.exists():
            raise UserError(f"replay:{target}: there is no such folder; name that of a round.")
        ledger = read_ledger(folder if folder.is_dir() else folder.parent)
        try:
            stored = [ledger.read_note("preflight") or b"[]", *ledger.calls()]
            calls = [call for part in stored for call in calls_from_json(part)]
        finally:
            ledger.close()
        # An answer may be empty; a call without an answer has no tokens.
        calls = [call for call in calls if call.answer or call.tokens_in]
        if not calls:
            raise UserError(f"replay:{target}: that round's ledger has no model calls.")
        self.name = f"replay:{target}"
        self.revision = f"{calls[0].model} ({calls[0].revision})"
        self.context = rules.context or 1_000_000
        self._exact = {(call.prompt_sha256, call.first_seed or call.seed): call for call in calls}
        # The paper was cut to the recorded model's context, which is unknown here. So the same
        # instruction about the same paper with the same seed counts as the same call.
        self._framed = {(call.frame_sha256, call.first_seed or call.seed): call for call in calls}
        self._any: dict[str, list[Call]] = defaultdict(list)
        for call in calls:
            self._any[call.prompt_sha256].append(call)

    def count(self, text: str) -> int:
        return len(text) // 4 + 1

    async def complete(
        self,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sampling: Sampling,
        group: str,
    ) -> Reply:
        """The answer recorded for this conversation and seed, else for this conversation."""
        prompt = prompt_hash(messages)
        found = self._exact.get((prompt, sampling.seed)) or self._framed.get(
            (frame_hash(messages), sampling.seed)
        )
        if found is None and self._any[prompt]:
            found = self._any[prompt][sampling.seed % len(self._any[prompt])]
        if found is None:
            raise ModelError(
                f"{self.name} has no answer to this conversation: a replay answers only for the "
                "same papers, seed, rules and roles; name the model itself to ask something new"
            )
        return Reply(
            found.answer,
            found.tokens_in,
            found.tokens_cached,
            found.tokens_out,
            found.ended,
            found.unsent,
            thinking=found.thinking,
            places=found.places,
        )
