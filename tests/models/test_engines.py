"""Engines in Ray actors when one dies for good: its papers go to another."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

from conference.models import Message, ModelRules, Reply, Sampling
from conference.models.backends import Cluster
from conference.models.engines import EngineModel, Engines
from tests.models.checkpoint import make_checkpoint

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        importlib.util.find_spec("vllm") is None, reason="vLLM is not installed on this machine"
    ),
]


class Mortal:
    """An engine that the word "die" ends once; whatever is started after that finds no memory."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        self._mark = Path(target) / "died"
        if self._mark.exists():
            raise RuntimeError("no memory is left")

    async def facts(self) -> tuple[str, int]:
        return "1", 1000

    async def complete(self, messages: tuple[Message, ...], *_: Any) -> Reply:
        if messages[0].text == "die" and not self._mark.exists():
            self._mark.touch()
            os._exit(1)
        return Reply(str(os.getpid()), 1, 0, 1)


def test_papers_of_an_engine_that_cannot_be_started_again_go_to_another(tmp_path: Path) -> None:
    import ray

    folder = make_checkpoint(tmp_path / "tiny")
    rules, sampling = ModelRules(engines=2), Sampling(temperature=0, top_p=1, max_tokens=1, seed=1)
    engines = Engines(Mortal)  # type: ignore[arg-type]
    try:
        engines.open({f"vllm:{folder}": rules}, Cluster())
        model = EngineModel(str(folder), rules)

        def ask(words: str, paper: str) -> str:
            message = (Message("user", words),)
            return asyncio.run(model.complete(message, {}, sampling, paper)).text

        papers = [f"paper-{number}" for number in range(8)]
        before = {paper: ask("live", paper) for paper in papers}
        assert len(set(before.values())) == 2
        after = ask("die", papers[0])
        assert after in before.values() and after != before[papers[0]]
        assert {ask("live", paper) for paper in papers} == {after}
        again = EngineModel(str(folder), rules)  # as a host makes it that starts later
        assert (again.revision, again.context) == ("1", 1000)
    finally:
        engines.close()
        ray.shutdown()
