"""Settings for all tests, the Ray cluster that they share, and which of them are slow."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from conference.core.cluster import connect

# Engines share the cores with other tests: a thread that waits leaves its core to them.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# No test asserts a wall-clock time: machines are noisy, and a slow example is not a wrong one.
settings.register_profile("conference", deadline=None)
settings.load_profile("conference")

TESTS = Path(__file__).parent

# Files and folders whose tests start an engine, Ray, a browser, a sandbox or processes to kill, or
# train or play for long: marked `slow`, left out by `make check`. They begin in this order, the
# longest first, so that all workers end together.
SLOW = (
    "models/test_kinds.py",
    "models/test_seeing.py",
    "models/test_small_model.py",
    "models/test_vllm.py",
    "models/test_openai_server.py",
    "venues/test_cluster.py",
    "venues/test_hosts.py",
    "models/test_engines.py",
    "benchmarks/studies/test_language_studies.py",
    "sandbox",
    "models/test_scientist.py",
    "models/test_round.py",
    "venues/test_address.py",
    "venues/test_round.py",
    "models/test_injection.py",
    "models/test_faults.py",
    "scientists",
    "benchmarks",
    "templates",
    "app",
    "models/test_benchmark.py",
    "venues/test_cli.py",
    "venues/test_papers.py",
    "venues/test_embedded_round.py",
    "reviewers/test_fitted.py",
    "reviewers/test_train.py",
    "models/test_thinking.py",
    "papers/test_ways.py",
    "papers/test_real_pages.py",
    "venues/test_flow.py",
    "venues/test_reuse.py",
    "venues/test_rounds.py",
    "models/test_treatments.py",
    "statistics/test_bootstrap.py",
    "data/test_every_source.py",
    "models/test_rogue.py",
    "venues/test_panels.py",
    "papers/test_unreadable.py",
    "papers/test_hidden.py",
    "models/test_server.py",
    "models/test_behaviours.py",
    "reviewers/test_quality.py",
    "models/test_plugins.py",
    "data/test_reader.py",
)


LAST_FAILED = "cache/lastfailed"
GROUP = re.compile(r"@[\w/.-]+$")


@pytest.fixture(scope="session")
def cluster() -> None:
    """The Ray cluster of this process's tests."""
    connect(None, 4)


@pytest.fixture(scope="session", autouse=True)
def _no_ray_left() -> Iterator[None]:
    """End a cluster that any test started, as a worker of pytest-xdist ends without clean-up."""
    yield
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()


@pytest.hookimpl(trylast=True)  # after the failed tests are noted
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Note failed tests without the group that pytest-xdist puts behind their names, by which
    --last-failed would not find them again."""
    cache = session.config.cache
    if cache is not None and (failed := cache.get(LAST_FAILED, {})):
        cache.set(LAST_FAILED, {GROUP.sub("", name): why for name, why in failed.items()})


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark slow tests, group those that share what they ask, and put the longest first."""
    order = {}
    for item in items:
        file = item.path.relative_to(TESTS).as_posix()
        rank = next((at for at, path in enumerate(SLOW) if file.startswith(path)), len(SLOW))
        slow = rank < len(SLOW)
        if slow or "engine" in item.fixturenames:
            item.add_marker(pytest.mark.slow)
        if "engine" in item.fixturenames or item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("engine"))
        elif not (slow and _stands_alone(item)):
            item.add_marker(pytest.mark.xdist_group(file))
        order[item] = rank
    items.sort(key=order.__getitem__)


def _stands_alone(item: pytest.Item) -> bool:
    """Whether no fixture of a test is made once for its file."""
    given = item._fixtureinfo.name2fixturedefs.values()
    return not any(found[-1].scope == "module" for found in given if found)
