"""One vLLM engine for all tests that ask a real one."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from conference.models import Cluster, running
from conference.models.records import ModelRules
from tests.models.checkpoint import make_seeing_checkpoint


@pytest.fixture(scope="session")
def engine(cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The spec of a tiny random model that sees images; commands find its engine running."""
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("vLLM is not installed on this machine")
    folder = make_seeing_checkpoint(tmp_path_factory.mktemp("engine") / "seeing", context=16_384)
    spec = f"vllm:{folder}"
    with running({spec: ModelRules(max_tokens=40, sees_images=True)}, Cluster()):
        yield spec
