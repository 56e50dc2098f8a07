"""How the kubelet asks the containers of a service how they are: over HTTP where they answer that, else by a command.

Pure. Not for what the answers mean (server.health, cli.health).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.configuration.address import is_loopback, port_of

if TYPE_CHECKING:
    from macaron_runner.deploy.workloads import Workload

START: Final = 180
"""Seconds that a process may take to answer for the first time."""


def probes(workload: Workload, patience: float) -> dict[str, Any]:
    """Return the probes of a workload's container, {} for what cannot be asked (a scheduler).

    `patience` is how many seconds it may answer nobody before it is replaced: gunicorn replaces its own workers
    before that, so that only what even gunicorn cannot mend is killed.
    """
    port = probe_port(workload)
    if (
        port is not None
    ):  # a worker may start while its broker is away: it is not asked whether it is ready at first
        return _probes([_http(path) for path in ("live", "ready", "live")], patience, every=5)
    if workload.process.probe:
        ready, live = _command(workload, "--ready"), _command(workload)
        return _probes([live, ready, live], patience, every=15)  # each starts a Python
    return {}


def probe_port(workload: Workload) -> int | None:
    """Return the port on which a container answers the kubelet over HTTP, None where it does not."""
    if workload.port is not None:
        return workload.port
    return port_of(each for each in workload.process.listeners if not is_loopback(each))


def _probes(ways: list[dict[str, Any]], patience: float, *, every: int) -> dict[str, Any]:
    startup, ready, live = ways
    often = 2 if every == 5 else 5
    return {
        "startupProbe": startup | _pace(often, START // often),
        "readinessProbe": ready | _pace(every, 2),
        "livenessProbe": live | _pace(2 * every, max(3, math.ceil(patience / (2 * every)))),
    }


def _pace(period: int, failures: int) -> dict[str, int]:
    return {"periodSeconds": period, "timeoutSeconds": max(2, min(period, 10)), "failureThreshold": failures}


def _http(question: str) -> dict[str, Any]:
    return {"httpGet": {"path": f"/health/{question}", "port": "http", "scheme": "HTTP"}}


def _command(workload: Workload, *words: str) -> dict[str, Any]:
    return {"exec": {"command": [*workload.process.probe, *words]}}
