"""Engines in Ray actors: they live as long as they are asked, and papers of a dead one move on."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conference.models import Message, ModelRules, Reply, Sampling
from conference.models.backends import Cluster
from conference.models.engines import EngineModel, Engines, engine_name
from conference.models.records import Refused
from tests.benchmarks.made import conference, venue_year
from tests.models.checkpoint import make_checkpoint
from tests.models.scripted import fill
from tests.venues.test_papers import rows, write

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


class Killed:
    """An engine that the word "kill" ends each time, with all that it was asked beside."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        return

    async def facts(self) -> tuple[str, int]:
        return "1", 1000

    async def complete(self, messages: tuple[Message, ...], *_: Any) -> Reply:
        await asyncio.sleep(0.05)
        if messages[0].text == "kill":
            os._exit(1)
        await asyncio.sleep(0.2)
        return Reply("lived", 1, 0, 1)


class Obedient:
    """An engine that fills whatever form it is asked to."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        return

    async def facts(self) -> tuple[str, int]:
        return "1", 16_000

    async def complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling
    ) -> Reply:
        return Reply(json.dumps(fill(schema, random.Random(sampling.seed))), 10, 0, 5)


@pytest.mark.parametrize("command", ["run", "benchmark", "probe"])
def test_a_command_s_engines_live_as_long_as_it_asks_them_and_end_with_it(
    command: str, cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine whose owner is dropped ends at once."""
    import ray

    monkeypatch.setattr(EngineModel, "back_end", partial(Engines, Obedient))
    spec = f"vllm:{make_checkpoint(tmp_path / 'tiny')}"
    venue_year(tmp_path / "tables", papers=20)
    data = ["--data", f"iclr2026@{tmp_path / 'tables'}"]
    papers = ["--papers", write(tmp_path / "papers.jsonl", rows()), "--hosts", 1]
    words = {
        "run": ["run", *papers, "--reviewer", spec, "--chair", "instant"],
        "benchmark": ["benchmark", *data, "--reviewer", spec],
        "probe": ["benchmark", "probe", spec, *data],
    }
    status, shown, complaint = conference(*words[command], "--out", tmp_path / "out")
    assert status == 0, complaint
    assert f"start {spec}: 1 of 1" in shown + complaint
    with pytest.raises(ValueError):
        ray.get_actor(engine_name(spec.removeprefix("vllm:"), 0))


def test_papers_of_an_engine_that_cannot_be_started_again_go_to_another(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conference.models.engines.POLL", 0.2)
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


def test_a_conversation_that_kills_its_engine_each_time_takes_no_other_down(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conference.models.engines.POLL", 0.2)
    folder, rules = make_checkpoint(tmp_path / "tiny"), ModelRules()
    sampling = Sampling(temperature=0, top_p=1, max_tokens=1, seed=1)
    engines = Engines(Killed)  # type: ignore[arg-type]

    async def all_at_once() -> list[Any]:
        model = EngineModel(str(folder), rules)
        said = ["live", "kill", *["live"] * 20]
        calls = (model.complete((Message("user", word),), {}, sampling, "p") for word in said)
        return await asyncio.gather(*calls, return_exceptions=True)

    try:
        engines.open({f"vllm:{folder}": rules}, Cluster())
        found = asyncio.run(all_at_once())
    finally:
        engines.close()
    killer = found.pop(1)
    assert isinstance(killer, Refused) and "its engine died 5 times" in str(killer)
    assert [getattr(reply, "text", reply) for reply in found] == ["lived"] * 21
