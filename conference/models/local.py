"""`transformers:MODEL`: a model in this process, for machines where vLLM does not install."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import Any

from conference.core.errors import UserError
from conference.models.engine import folder_hash
from conference.models.kept import model_place
from conference.models.records import (
    CUT,
    Message,
    ModelRules,
    Place,
    Refused,
    Reply,
    Sampling,
    place_of,
)
from conference.models.templating import templated
from conference.models.thinking import thinking_of


class LocalModel:
    """Implements `Model`, one call at a time. Decoding is guided if xgrammar is installed."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM, AutoTokenizer

        place = model_place(target)
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(place)
            model: Any = AutoModelForCausalLM.from_pretrained(place)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise UserError(f"model 'transformers:{target}' cannot be loaded: {error}") from error
        self._model = model.to("cuda" if torch.cuda.is_available() else "cpu")
        config = self._model.config
        self.name = f"transformers:{target}"
        self.revision = str(getattr(config, "_commit_hash", None) or folder_hash(place))
        self.context = rules.context or int(getattr(config, "max_position_embeddings", 4096))
        self._lock = threading.Lock()
        self._compiler = _compiler(self._tokenizer, int(config.vocab_size))

    def count(self, text: str) -> int:
        return len(self._tokenizer(text)["input_ids"])

    async def complete(
        self,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sampling: Sampling,
        group: str,
    ) -> Reply:
        return await asyncio.to_thread(self._complete, messages, schema, sampling)

    def _complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling
    ) -> Reply:
        import torch

        try:
            ids = templated(self._tokenizer, messages, tokenize=True)
        except ValueError as error:
            raise Refused(f"{self.name}: {error}") from error
        if len(ids) + sampling.max_tokens > self.context:
            raise Refused(f"{self.name}: {len(ids)} tokens do not fit its {self.context}")
        drawn = sampling.temperature > 0
        settings: dict[str, Any] = {"do_sample": drawn, "max_new_tokens": sampling.max_tokens}
        if drawn:
            settings |= {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
        steps = []
        if sampling.frequency_penalty:
            steps.append(_less_of_the_same(len(ids), sampling.frequency_penalty))
        if self._compiler is not None:
            steps.append(_guide(self._compiler, schema))
        if steps:
            settings["logits_processor"] = steps
        try:
            with self._lock, torch.inference_mode():
                torch.manual_seed(sampling.seed)
                given = torch.tensor([ids], device=self._model.device)
                made = self._model.generate(
                    given,
                    attention_mask=torch.ones_like(given),
                    pad_token_id=self._tokenizer.eos_token_id,
                    return_dict_in_generate=True,
                    output_scores=bool(sampling.logprobs),
                    **settings,
                )
        except torch.OutOfMemoryError as error:
            raise Refused(f"{self.name}: {len(ids)} tokens do not fit its memory") from error
        out = made.sequences[0][len(ids) :]
        text = self._tokenizer.decode(out, skip_special_tokens=True)
        ended = CUT if len(out) >= sampling.max_tokens else ""
        thinking = thinking_of(self._tokenizer, "")
        places = self._places(out, made.scores or (), sampling.logprobs)
        return Reply(text, len(ids), 0, len(out), ended, thinking=thinking, places=places)

    def _places(self, out: Any, scores: Sequence[Any], most: int) -> tuple[Place, ...]:
        """The likeliest tokens at each place, by the scores after guided decoding's mask."""
        found = []
        for token, row in zip(out, scores, strict=False):
            logprobs, tokens = row[0].log_softmax(-1).topk(most)
            words = self._tokenizer.batch_decode(tokens[:, None])
            likeliest = zip(words, logprobs.tolist(), strict=True)
            found.append(place_of(self._tokenizer.decode(token), likeliest))
        return tuple(found)


def _compiler(tokenizer: Any, vocabulary: int) -> Any:
    try:
        import xgrammar
    except ImportError:
        return None
    info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocabulary)
    return xgrammar.GrammarCompiler(info)


def _less_of_the_same(begin: int, penalty: float) -> Any:
    """A logits processor that subtracts `penalty` for each time a token is in the answer already.

    The answer begins at token `begin`.
    """
    import torch

    def step(tokens: Any, logits: Any) -> Any:
        answered = tokens[:, begin:]
        counts = torch.zeros_like(logits).scatter_add_(
            1, answered, torch.ones_like(answered, dtype=logits.dtype)
        )
        return logits - penalty * counts

    return step


def _guide(compiler: Any, schema: dict[str, Any]) -> Any:
    import xgrammar

    grammar = compiler.compile_json_schema(json.dumps(schema), any_whitespace=False)
    return xgrammar.contrib.hf.LogitsProcessor(grammar)
