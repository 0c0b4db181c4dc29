"""Starts a run's vLLM engines as Ray actors, finds them by name, and asks them.

The run's own process starts and owns the engines; hosts find them by name. Calls about one paper go
to one engine, so that the paper's prefix stays in that engine's cache. Ray restarts an engine that
dies, and its open calls are made again, fewer at a time after each death: so a conversation that
kills its engine every time is found without failing the others.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from conference.core.cluster import connect
from conference.core.errors import UserError
from conference.models.backends import Cluster
from conference.models.engine import CPU_SETTINGS, Engine
from conference.models.kept import model_place
from conference.models.placement import gpus_of, gpus_suffice
from conference.models.records import Message, ModelError, ModelRules, Refused, Reply, Sampling

# How many calls of a process may be open at an engine on the first attempt, the second and so on:
# after repeated deaths a few, in the end one alone.
ABREAST = (0, 0, 8, 1, 1)  # 0 is no limit
RESTART, POLL = 900.0, 2.0  # seconds that loading a model again may take; between checks
DEATHS = 3  # checks in a row that find an engine dead until it is given up
MORE = "For further information visit"  # the last line of vLLM's error for wrong settings


class Engines:
    """The back end of vLLM models: a run's engines, which end with `close` or the run's process.

    Engines that already run under the same names are used, and `close` leaves them running.
    """

    def __init__(self, kind: type[Engine] = Engine) -> None:
        self._kind = kind
        self._actors: list[Any] = []

    def open(self, models: Mapping[str, ModelRules], cluster: Cluster) -> None:
        """Start the engines of all models and wait until each has loaded.

        Raises:
            UserError: vLLM is not installed, or a model does not load.
        """
        import importlib.util

        import ray

        if importlib.util.find_spec("vllm") is None:
            raise UserError(
                f"model '{next(iter(models))}': vLLM is not installed; see the README, or use "
                "transformers:MODEL."
            )
        connect(cluster.address, cluster.hosts)
        wanted = {name: rules for name, rules in models.items() if not _running(_target(name))}
        nodes: list[Any] = ray.nodes()
        on_gpus = gpus_suffice(wanted, [node["Resources"] for node in nodes if node["Alive"]])
        for name, rules in wanted.items():
            target = _target(name)
            actor: Any = ray.remote(self._kind)
            settings: dict[str, Any] = {
                # Without GPUs vLLM runs on CPU cores; asking Ray for a GPU would wait forever.
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


class EngineModel:
    """Implements `Model` by calling the engines that its back end started."""

    back_end = Engines

    def __init__(self, target: str, rules: ModelRules) -> None:
        import ray

        self.name = f"vllm:{target}"
        self._gates: dict[Any, asyncio.Semaphore] = {}
        try:
            self._engines = [ray.get_actor(engine_name(target, n)) for n in range(rules.engines)]
            facts = _facts(self._engines)
        except (ValueError, ray.exceptions.RayError) as error:
            raise UserError(
                f"model 'vllm:{target}': its engine is not running ({error})."
            ) from error
        self.revision, self.context = facts
        from transformers import AutoTokenizer

        self._tokenizer: Any = AutoTokenizer.from_pretrained(
            rules.engine.get("tokenizer", model_place(target)),
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
        """Ask this group's engine, waiting if it is being restarted.

        If it cannot be restarted, ask the next engine.
        """
        at = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "little")
        for number in range(len(self._engines)):
            engine = self._engines[(at + number) % len(self._engines)]
            reply = await self._asked(engine, messages, schema, sampling)
            if reply is not None:
                return reply
        raise ModelError(f"{self.name}: none of its engines could be started again")

    async def _asked(self, engine: Any, *asked: object) -> Reply | None:
        """An engine's reply, or None if it has died for good."""
        import ray

        for number, width in enumerate(ABREAST):
            async with self._gate(engine, width):
                if number and not await _came_back(engine):
                    return None
                try:
                    reply: Reply = await engine.complete.remote(*asked)
                    return reply
                except ray.exceptions.RayActorError:
                    continue
                except ray.exceptions.RayTaskError as error:
                    raise Refused(f"{self.name}: {_last_line(error)}") from error
        raise Refused(
            f"{self.name}: its engine died {len(ABREAST)} times during this call, the last time "
            "with no other call of this process open"
        )

    def _gate(self, engine: Any, width: int) -> AbstractAsyncContextManager[Any]:
        """A semaphore that admits `width` calls to an engine at once; one per event loop."""
        if not width:
            return nullcontext()
        key = asyncio.get_running_loop(), engine, width
        if key not in self._gates:
            self._gates[key] = asyncio.Semaphore(width)
        return self._gates[key]


def _facts(engines: list[Any]) -> tuple[str, int]:
    """The facts of the first engine that is alive; all engines have the same."""
    import ray

    for engine in engines[:-1]:
        try:
            found: tuple[str, int] = ray.get(engine.facts.remote())
            return found
        except ray.exceptions.RayActorError:
            continue
    last: tuple[str, int] = ray.get(engines[-1].facts.remote())
    return last


async def _came_back(engine: Any) -> bool:
    """Wait for a dead engine to be restarted; return whether it answers again."""
    import ray

    deaths = 0
    for _ in range(int(RESTART / POLL)):
        try:
            await engine.facts.remote()
            return True
        except ray.exceptions.ActorDiedError:
            deaths += 1
        except ray.exceptions.RayActorError:
            deaths = 0
        # Ray does not retry an actor that failed while starting: then it stays dead.
        if deaths == DEATHS:
            break
        await asyncio.sleep(POLL)
    return False


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


def _last_line(error: BaseException | None) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(MORE)]
    return lines[-1][:300] if lines else "no reason given"
