"""vLLM's own OpenAI server, really run with a tiny random model: what we send it, it takes."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from conference.core.records import Decision, Failure, Review
from conference.core.tasks import TaskKey
from conference.models import Asker, Message, ModelRules, form_shape, make_model, parse_spec
from conference.models.server import ServerModel
from tests.models.checkpoint import make_checkpoint
from tests.venues.tiny import table, tiny_venue
from venues.round import run_round
from venues.venue_file import load_venue

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("engine")]
SERVER = "vllm.entrypoints.openai.api_server"
PATIENCE = 600  # seconds until it is up, on a machine that is busy with other tests
FORM = load_venue("workshop").form
SHAPE = form_shape(FORM)
RULES = ModelRules(max_tokens=1500, longest_text=24, attempts=5, retries=1)
MESSAGES = (Message("user", "Fill in the form."),)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The spec of a model behind the running server."""
    if importlib.util.find_spec("vllm") is None or importlib.util.find_spec(SERVER) is None:
        pytest.skip("vLLM's OpenAI server is not installed on this machine")
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A seeded request whose prompt is read in chunks ends the engine on a processor.
    words = [
        "--model", make_checkpoint(folder / "tiny"), "--served-model-name", "tiny",
        "--host", "127.0.0.1", "--port", port, "--dtype", "float32", "--enforce-eager",
        "--no-enable-chunked-prefill", "--max-num-batched-tokens", 16_384,
        "--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}',
    ]  # fmt: skip
    own = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", SERVER, *map(str, words)],
            env=os.environ | own, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process, folder / "log")
            yield f"openai:tiny@http://127.0.0.1:{port}/v1"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(PATIENCE):
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(1)
    pytest.fail(f"the server is not up: {log.read_text()[-3000:]}")


def asker_of(spec: str, seed: int = 1) -> Asker:
    return Asker(make_model(parse_spec(spec), RULES), RULES, "default", seed, TaskKey("t"))


def test_its_answers_fit_the_form_and_follow_the_seed(server: str) -> None:
    askers = [asker_of(server, seed) for seed in (1, 1, 2)]
    found = [asyncio.run(asker.ask(MESSAGES, SHAPE, "review")) for asker in askers]
    assert found[0] == found[1] != found[2]
    for call in (asker.calls[-1] for asker in askers):
        assert call.unsent == () and call.revision.startswith("tiny") and not call.problem
        assert json.loads(call.answer).keys() == SHAPE.schema["properties"].keys()
        assert call.tokens_in > 10 and call.tokens_out > 10


def test_an_answer_that_comes_as_a_stream_is_the_same(server: str) -> None:
    """As is asked for after a proxy has cut an answer."""
    found = []
    for streamed in (False, True):
        model = ServerModel(server.removeprefix("openai:"), RULES)
        model._streamed = streamed
        asker = Asker(model, RULES, "default", 1, TaskKey("t"))
        answer = asyncio.run(asker.ask(MESSAGES, SHAPE, "review"))
        found.append((answer, asker.calls[-1].tokens_out))
    assert found[0] == found[1]


def test_a_round_is_held_through_it_with_soft_ratings(server: str, tmp_path: Path) -> None:
    tiny = tiny_venue(3)
    minds = msgspec.structs.replace(tiny.minds, reviewer=f"{server}#soft", chair=server)
    rules = msgspec.structs.replace(
        tiny, minds=minds, models={server: RULES},
        assignment=msgspec.structs.replace(tiny.assignment, reviews_per_paper=2),
    )  # fmt: skip
    round_ = run_round(rules, out=tmp_path, hosts=0, papers=table(2)).round
    assert not round_.all(Failure) and len(round_.all(Decision)) == 2
    assert len(round_.all(Review)) == 4
    scale = round_.venue.form[round_.venue.form.rating].values
    for review in round_.all(Review):
        assert review.soft_rating is not None and review.soft_spread is not None
        assert scale[0] <= review.soft_rating <= scale[-1] and review.soft_spread >= 0
