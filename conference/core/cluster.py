"""Joining a Ray cluster, or starting a small one on this machine."""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from conference.core.errors import UserError

_KNOCK_SECONDS = 10.0
_STARTS = 3  # Ray gives a starting cluster 30 seconds, which a crowded machine can exceed.


def connect(address: str | None, hosts: int) -> None:
    """Join the cluster at `address`, or start one with a core for each host, unless that is done.

    Raises:
        UserError: no cluster answers at the address, or none can be started here.
    """
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address:
        _use_token()
        _join(address, quiet)
        return
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if not ray.is_initialized():
        _start(max(hosts, os.cpu_count() or 1), quiet)


def _start(cores: int, quiet: dict[str, Any]) -> None:
    """Start a cluster on this machine, again where its processes were not up in time."""
    import ray

    before = _children()
    for attempt in range(1, _STARTS + 1):
        try:
            # Without "local" Ray would join any cluster it finds, and refuse the number of cores.
            ray.init("local", num_cpus=cores, include_dashboard=False, **quiet)
            return
        except Exception as error:
            ray.shutdown()
            for process in _children() - before:  # Ray leaves those of a failed start behind.
                with suppress(psutil.Error):
                    if any("/ray/" in word for word in process.cmdline()):
                        process.kill()
            if attempt == _STARTS:
                raise UserError(
                    f"Ray could not be started on this machine ({_reason(error)}); give it more "
                    "memory and less other work, or use no Ray with --hosts 0."
                ) from error


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _join(address: str, quiet: dict[str, Any]) -> None:
    import ray

    if ray.is_initialized():
        return
    try:
        _knock(address)
        ray.init(address=address, **quiet)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise UserError(
            f"--address {address}: no Ray cluster answers there ({_reason(error)}); start one with "
            "'ray start --head' or leave --address out."
        ) from error


def _reason(error: BaseException) -> str:
    return re.sub(r"\s+", " ", str(error)).rstrip(".")[:200]


def _knock(address: str) -> None:
    """Fail soon where nobody listens: Ray itself would try for minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK_SECONDS).close()


def _use_token() -> None:
    """Show the cluster the user's token where there is one.

    Ray makes one for each user, and clusters then ask for it; but of its own accord it shows it to
    clusters that it has found itself only. It reads the mode when it is first imported: set later,
    only the processes that it starts would read it, and ask this one for a token in vain.
    """
    if "ray" in sys.modules:
        return
    if "RAY_AUTH_TOKEN" in os.environ or (Path.home() / ".ray" / "auth_token").exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")
