"""The Ray actor that runs one vLLM engine, on GPUs or on CPU cores."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import os
from pathlib import Path
from typing import Any

from conference.models.kept import model_place
from conference.models.records import (
    CUT,
    Message,
    ModelRules,
    Place,
    Reply,
    Sampling,
    place_of,
)
from conference.models.templating import templated
from conference.models.thinking import marked, thinking_of

# vLLM kills an engine whose step takes longer than 300 s, but on a busy CPU it is only slow.
CPU_SETTINGS = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS": "3600"}

SPINS = 20_000  # times that a waiting thread checks before it sleeps: under a millisecond


def in_one_process(rules: ModelRules) -> bool:
    """Whether an engine on CPU cores computes in one process, with one thread per core.

    vLLM's separate worker process leaves a core to an idle scheduler and imports everything again.
    But it can bind itself to one of several NUMA nodes, so it is kept on machines that have
    several, and for users who name the cores.
    """
    nodes = list(Path("/sys/devices/system/node").glob("node[0-9]*"))
    named = os.environ.get("VLLM_CPU_OMP_THREADS_BIND")
    return len(nodes) == 1 and not named and rules.tensor_parallel == 1


def one_process(engines: int) -> dict[str, str]:
    """The environment that makes vLLM do so, on this engine's share of the cores."""
    threads = max(1, len(os.sched_getaffinity(0)) // engines)
    # Ray limits its actors to one thread; this overrides it. A waiting thread spins for a moment
    # before it sleeps: on an idle machine sleeping at once takes half as long again. On a busy
    # machine sleeping is faster, so a user's OMP_WAIT_POLICY is respected.
    waiting = {} if "OMP_WAIT_POLICY" in os.environ else {"GOMP_SPINCOUNT": str(SPINS)}
    return {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "OMP_NUM_THREADS": str(threads)} | waiting


class Engine:
    """The Ray actor: one AsyncLLM with its tokenizer and chat template."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")  # Nothing is sent from a user's machine.
        import torch

        if not torch.cuda.is_available():
            for name, value in CPU_SETTINGS.items():
                os.environ.setdefault(name, value)
            if in_one_process(rules):
                os.environ |= one_process(rules.engines)
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        settings: dict[str, Any] = {
            "model": model_place(target),
            "tensor_parallel_size": rules.tensor_parallel,
            "enable_prefix_caching": True,
            "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
        }
        if not torch.cuda.is_available():
            # A seeded request with chunked prefill rewinds its generator, which vLLM cannot do on
            # CPU, so chunked prefill is off there.
            settings |= {
                "dtype": "float32",
                "enforce_eager": True,
                "enable_chunked_prefill": False,
            }
            if in_one_process(rules):
                settings["distributed_executor_backend"] = "uni"
        elif rules.gpu_share < 1:
            settings["gpu_memory_utilization"] = 0.9 * rules.gpu_share
        if rules.reasoning_parser:
            settings["structured_outputs_config"]["reasoning_parser"] = rules.reasoning_parser
            settings["reasoning_config"] = {"reasoning_parser": rules.reasoning_parser}
        self._rules = rules
        if rules.context:
            settings["max_model_len"] = rules.context
        self.engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**(settings | rules.engine)))
        self._tokenizer: Any = None
        self._facts: asyncio.Task[tuple[str, int]] | None = None
        self._number = 0

    async def facts(self) -> tuple[str, int]:
        """The model's revision (its commit, or a hash of a local model's files) and context.

        Computed once, in a thread: hashing a large model's files takes minutes.
        """
        if self._facts is None:
            self._facts = asyncio.create_task(asyncio.to_thread(self._find_facts))
        return await self._facts

    def _find_facts(self) -> tuple[str, int]:
        config = self.engine.model_config
        found = getattr(config.hf_config, "_commit_hash", None) or folder_hash(config.model)
        return str(found), int(config.max_model_len)

    async def tokens(self, messages: tuple[Message, ...]) -> list[int]:
        """The token ids of a conversation."""
        return await self._templated(messages, tokenize=True)  # type: ignore[no-any-return]

    async def _templated(self, messages: tuple[Message, ...], tokenize: bool) -> Any:
        if self._tokenizer is None:
            found = self.engine.get_tokenizer()  # A coroutine in some versions of vLLM.
            self._tokenizer = await found if inspect.isawaitable(found) else found
        return templated(self._tokenizer, messages, tokenize, self._rules.reasoning_parser)

    async def complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling
    ) -> Reply:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
        from vllm.v1.engine.exceptions import EngineDeadError

        images = [_picture(image) for message in messages for image in message.images]
        # vLLM replaces the template's image placeholders by image tokens. It must not add special
        # tokens, because the template has written them.
        as_written = {"tokenization_kwargs": {"add_special_tokens": False}} if images else {}
        prompt: dict[str, Any] = (
            {
                "prompt": await self._templated(messages, tokenize=False),
                "multi_modal_data": {"image": images},
            }
            if images
            else {"prompt_token_ids": await self.tokens(messages)}
        )
        self._number += 1
        settings = SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            frequency_penalty=sampling.frequency_penalty,
            max_tokens=sampling.max_tokens,
            seed=sampling.seed,
            logprobs=sampling.logprobs or None,
            thinking_token_budget=self._rules.thinking_tokens or None,
            structured_outputs=StructuredOutputsParams(json=schema),
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        final: Any = None
        try:
            async for output in self.engine.generate(
                prompt,
                settings,
                f"call-{self._number}",
                **as_written,
            ):
                final = output
        except EngineDeadError:
            os._exit(1)  # Ray restarts this actor with a new engine.
        answer, parser = final.outputs[0], self._rules.reasoning_parser
        text = answer.text
        if parser:
            text = marked(text, answer.token_ids, self._tokenizer, parser)
        return Reply(
            text,
            len(final.prompt_token_ids or ()),
            final.num_cached_tokens or 0,
            len(answer.token_ids),
            CUT if answer.finish_reason == "length" else "",
            thinking=thinking_of(self._tokenizer, parser),
            places=_places(answer),
        )


def _places(answer: Any) -> tuple[Place, ...]:
    """The answer's places if logprobs were asked for; guided decoding has already masked them."""
    if answer.logprobs is None:
        return ()
    return tuple(
        place_of(
            likeliest[token].decoded_token or "",
            ((each.decoded_token or "", each.logprob) for each in likeliest.values()),
        )
        for token, likeliest in zip(answer.token_ids, answer.logprobs, strict=True)
    )


def _picture(image: str) -> Any:
    import base64
    import io

    from PIL import Image

    return Image.open(io.BytesIO(base64.b64decode(image)))


def folder_hash(path: str) -> str:
    """A SHA-256 over the files of a local model; just the name if it is not a folder."""
    from pathlib import Path

    folder = Path(path)
    if not folder.is_dir():
        return path
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.is_file():
            digest.update(file.name.encode())
            with file.open("rb") as handle:
                digest.update(hashlib.file_digest(handle, "sha256").digest())
    return f"sha256:{digest.hexdigest()[:24]}"
