"""Back ends: what must run before models can be asked, such as vLLM's engines.

Rounds, benchmarks and probes start them with `running`. Most kinds of models need none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Protocol

import msgspec

from conference.core.progress import Progress, no_progress
from conference.models.makers import load_maker, parse_spec
from conference.models.records import ModelRules


class Cluster(msgspec.Struct, frozen=True):
    """The Ray cluster to join, or without an address one to start, with at least `hosts` cores."""

    address: str | None = None
    hosts: int = 1


class BackEnd(Protocol):
    """What the models of one kind need to run; the attribute `back_end` of the kind's maker."""

    def open(self, models: Mapping[str, ModelRules], cluster: Cluster) -> None:
        """Start what these models need, and return when they can be asked.

        Raises:
            UserError: a model cannot be started.
        """
        ...

    def close(self) -> None:
        """Stop what `open` started, even if `open` failed midway."""
        ...


@contextmanager
def running(
    models: Mapping[str, ModelRules],
    cluster: Cluster | None = None,
    progress: Progress = no_progress,
) -> Iterator[None]:
    """Keep the back ends of these models (by name, `vllm:MODEL`) running within the block.

    Raises:
        UserError: a model cannot be started.
    """
    by_kind: dict[str, dict[str, ModelRules]] = defaultdict(dict)
    for name, rules in models.items():
        by_kind[parse_spec(name).kind][name] = rules
    with ExitStack() as stack:
        for kind, wanted in by_kind.items():
            make: Callable[[], BackEnd] | None = getattr(load_maker(kind), "back_end", None)
            if make is None:
                continue
            step, back_end = f"start {' and '.join(wanted)}", make()
            progress(step, 0, 1)
            stack.callback(back_end.close)
            back_end.open(wanted, cluster or Cluster())
            progress(step, 1, 1)
        yield
