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
    """Join the cluster at `address`, or start one here, unless this process already has one.

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
    """Start a cluster on this machine; try again if its processes are not up in time."""
    import ray

    before = _children()
    for attempt in range(1, _STARTS + 1):
        try:
            # Without "local" Ray would join any cluster that it finds, and then reject `num_cpus`.
            ray.init("local", num_cpus=cores, include_dashboard=False, **quiet)
            return
        except Exception as error:
            ray.shutdown()
            for process in _children() - before:  # Ray leaves the processes of a failed start.
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
    """Fail quickly if nobody listens there: Ray itself would try for minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK_SECONDS).close()


def _use_token() -> None:
    """Make Ray send the user's token to the cluster, if there is a token.

    Clusters may require it, but by default Ray sends it only to clusters that it discovered
    itself. Ray reads RAY_AUTH_MODE when it is first imported. If it were set later, only Ray's
    child processes would read it, and they would wait for a token that this process never sends.
    """
    if "ray" in sys.modules:
        return
    if "RAY_AUTH_TOKEN" in os.environ or (Path.home() / ".ray" / "auth_token").exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")
