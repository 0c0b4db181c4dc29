"""`vllm:MODEL`: vLLM engines, each in a Ray actor of its own, on GPUs or on CPU cores.

The run's own process starts the engines (`start_engines`) and owns them; hosts find them by name.
Calls about one paper go to one engine, so that the paper's prefix stays in that engine's cache. An
engine that dies is started again by Ray, and the calls it had open are asked again.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import os
from collections.abc import Mapping
from typing import Any

from conference.errors import UserError
from conference.models.placement import gpus_of, gpus_suffice
from conference.models.records import CUT, Message, ModelError, ModelRules, Reply, Sampling
from conference.models.templating import templated

TRIES = 5
RESTART, POLL = 900.0, 2.0  # seconds that loading a model again may take; between looks
CPU_SETTINGS = {"VLLM_CPU_KVCACHE_SPACE": "1"}


class Engine:
    """The Ray actor: one AsyncLLM with its tokenizer and chat template."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        import torch

        if not torch.cuda.is_available():
            for name, value in CPU_SETTINGS.items():
                os.environ.setdefault(name, value)
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        settings: dict[str, Any] = {
            "model": target,
            "tensor_parallel_size": rules.tensor_parallel,
            "enable_prefix_caching": True,
            "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
        }
        if not torch.cuda.is_available():
            # A seeded request whose prompt is read in chunks rewinds its generator, which vLLM
            # cannot do on CPU; so prompts are read whole there.
            settings |= {
                "dtype": "float32",
                "enforce_eager": True,
                "enable_chunked_prefill": False,
            }
        elif rules.gpu_share < 1:
            settings["gpu_memory_utilization"] = 0.9 * rules.gpu_share
        if rules.context:
            settings["max_model_len"] = rules.context
        self.engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**(settings | rules.engine)))
        self._tokenizer: Any = None
        self._facts: asyncio.Task[tuple[str, int]] | None = None
        self._number = 0

    async def facts(self) -> tuple[str, int]:
        """The model's revision (its commit, or a hash of a local one's files) and context.

        Found once, beside the engine's work: a large model's files take minutes to hash.
        """
        if self._facts is None:
            self._facts = asyncio.create_task(asyncio.to_thread(self._find_facts))
        return await self._facts

    def _find_facts(self) -> tuple[str, int]:
        config = self.engine.model_config
        found = getattr(config.hf_config, "_commit_hash", None) or folder_hash(config.model)
        return str(found), int(config.max_model_len)

    async def tokens(self, messages: tuple[Message, ...]) -> list[int]:
        """A conversation as the tokens that the engine reads."""
        return await self._templated(messages, tokenize=True)  # type: ignore[no-any-return]

    async def _templated(self, messages: tuple[Message, ...], tokenize: bool) -> Any:
        if self._tokenizer is None:
            found = self.engine.get_tokenizer()  # A coroutine in some versions of vLLM.
            self._tokenizer = await found if inspect.isawaitable(found) else found
        return templated(self._tokenizer, messages, tokenize)

    async def complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling
    ) -> Reply:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
        from vllm.v1.engine.exceptions import EngineDeadError

        images = [_picture(image) for message in messages for image in message.images]
        # The engine itself puts an image's tokens where the template left its mark; what begins a
        # text, the template has written.
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
            max_tokens=sampling.max_tokens,
            seed=sampling.seed,
            structured_outputs=StructuredOutputsParams(json=schema),
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        final: Any = None
        try:
            async for output in self.engine.generate(
                prompt,  # type: ignore[arg-type]
                settings,
                f"call-{self._number}",
                **as_written,  # type: ignore[arg-type]
            ):
                final = output
        except EngineDeadError:
            os._exit(1)  # Ray starts this actor again, with a new engine.
        answer = final.outputs[0]
        return Reply(
            answer.text,
            len(final.prompt_token_ids or ()),
            final.num_cached_tokens or 0,
            len(answer.token_ids),
            CUT if answer.finish_reason == "length" else "",
        )


class EngineModel:
    """Fulfils `Model` by calling engines that the run has started."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        import ray

        self.name = f"vllm:{target}"
        try:
            self._engines = [ray.get_actor(engine_name(target, n)) for n in range(rules.engines)]
            facts: Any = ray.get(self._engines[0].facts.remote())
        except (ValueError, ray.exceptions.RayError) as error:
            raise UserError(
                f"model 'vllm:{target}': its engine is not running ({error})."
            ) from error
        self.revision, self.context = facts
        from transformers import AutoTokenizer

        self._tokenizer: Any = AutoTokenizer.from_pretrained(
            rules.engine.get("tokenizer", target),
            trust_remote_code=bool(rules.engine.get("trust_remote_code")),
        )

    def count(self, text: str) -> int:
        return len(self._tokenizer(text)["input_ids"])

    async def complete(
        self,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sampling: Sampling,
        group: str,
    ) -> Reply:
        """Ask the engine of this group; wait for it when it is being started again."""
        import ray

        at = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "little")
        engine = self._engines[at % len(self._engines)]
        for _ in range(TRIES):
            try:
                reply: Reply = await engine.complete.remote(messages, schema, sampling)
                return reply
            except ray.exceptions.RayActorError:
                await self._again(engine)
            except ray.exceptions.RayTaskError as error:
                raise ModelError(f"{self.name}: {_last_line(error)}") from error
        raise ModelError(f"{self.name}: its engine died {TRIES} times during this call")

    async def _again(self, engine: Any) -> None:
        """Wait until a dead engine has been started again and answers."""
        import ray

        for _ in range(int(RESTART / POLL)):
            try:
                await engine.facts.remote()
                return
            except ray.exceptions.RayActorError:
                await asyncio.sleep(POLL)
        raise ModelError(f"{self.name}: its engine did not come back within {RESTART:.0f} s")


class Engines:
    """The engines of a run; they end with `close` or with the run's process.

    Engines that run already under their names are used and left alone.
    """

    def __init__(self, kind: type[Engine] = Engine) -> None:
        self._kind = kind
        self._actors: list[Any] = []

    def start(self, models: Mapping[str, ModelRules]) -> None:
        """Start the engines of all `vllm:` models and wait until each has loaded.

        Raises:
            UserError: vLLM is not installed, or a model does not load.
        """
        import importlib.util

        import ray

        wanted = {name: rules for name, rules in models.items() if name.startswith("vllm:")}
        if wanted and importlib.util.find_spec("vllm") is None:
            raise UserError(
                f"model '{next(iter(wanted))}': vLLM is not installed; see the README, or use "
                "transformers:MODEL."
            )
        wanted = {name: rules for name, rules in wanted.items() if not _running(_target(name))}
        nodes: list[Any] = ray.nodes()  # type: ignore[no-untyped-call]
        on_gpus = gpus_suffice(wanted, [node["Resources"] for node in nodes if node["Alive"]])
        for name, rules in wanted.items():
            target = _target(name)
            actor: Any = ray.remote(self._kind)
            settings: dict[str, Any] = {
                # Without GPUs vLLM runs on CPU cores; asking Ray for one would wait for ever.
                "num_gpus": gpus_of(rules) if on_gpus else 0,
                "num_cpus": 0,
                "max_restarts": -1,
                "max_task_retries": 0,
                "max_concurrency": 1000,
                "runtime_env": {"env_vars": {} if on_gpus else _cpu_settings()},
            }
            engines = [
                actor.options(name=engine_name(target, number), **settings).remote(target, rules)
                for number in range(rules.engines)
            ]
            self._actors += engines
            try:
                ray.get([engine.facts.remote() for engine in engines])
            except ray.exceptions.RayError as error:
                raise UserError(
                    f"model '{name}': vLLM cannot load it: {_last_line(error)}"
                ) from error

    def close(self) -> None:
        import ray

        for actor in self._actors:
            ray.kill(actor)
        self._actors = []


def _running(target: str) -> bool:
    import ray

    try:
        ray.get_actor(engine_name(target, 0))
    except ValueError:
        return False
    return True


def engine_name(target: str, number: int) -> str:
    """The Ray name of a model's engine."""
    return f"engine {number} of {target}"


def _cpu_settings() -> dict[str, str]:
    return {name: os.environ.get(name, value) for name, value in CPU_SETTINGS.items()}


def _target(name: str) -> str:
    return name.partition(":")[2]


def _picture(image: str) -> Any:
    import base64
    import io

    from PIL import Image

    return Image.open(io.BytesIO(base64.b64decode(image)))


def folder_hash(path: str) -> str:
    """SHA-256 over a local model's files; the name alone for a model that is no folder."""
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


def _last_line(error: BaseException | None) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no reason given"
