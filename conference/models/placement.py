"""Decides where engines run: on a cluster's GPUs or, if it has none, on CPU cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conference.core.errors import UserError
from conference.models.records import ModelRules


def gpus_suffice(models: Mapping[str, ModelRules], nodes: Sequence[Mapping[str, float]]) -> bool:
    """Whether engines run on the GPUs of these nodes (Ray's resources); False without GPUs.

    Raises:
        UserError: there are GPUs but too few for the engines: Ray would wait forever.
    """
    free = sorted((int(node.get("GPU", 0)) for node in nodes), reverse=True)
    have = sum(free)
    if not have:
        return False
    engines = [
        (gpus_of(rules), name) for name, rules in models.items() for _ in range(rules.engines)
    ]
    left = [float(each) for each in free]
    for need, name in sorted(engines, reverse=True):
        at = next((n for n, each in enumerate(left) if each >= need - 1e-9), None)
        if at is None:
            total = sum(each for each, _ in engines)
            raise UserError(
                f"model '{name}': an engine needs {need:g} GPU(s) of one machine, all engines "
                f"{total:g}, and there are {have} ({', '.join(map(str, free))} a machine); lower "
                "`engines` or `tensor_parallel`, or let small models share a GPU with `gpu_share`."
            )
        left[at] -= need
    return True


def gpus_of(rules: ModelRules) -> float:
    """The number of GPUs of one engine, all on one machine."""
    pipeline = int(rules.engine.get("pipeline_parallel_size", 1))
    whole = rules.tensor_parallel * pipeline
    return float(whole) if whole > 1 else rules.gpu_share
