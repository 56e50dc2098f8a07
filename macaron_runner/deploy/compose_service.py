"""One workload as a service of a compose file, hardened, with its health check and its way to stop. Pure.

What every host that reads compose files is told alike. Not for what is around it there: ports, volumes, secrets and
order (compose.render, and whoever else writes such a file).

https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from macaron_runner.deploy.workloads import Workload

USER: Final = "10001:10001"
_CONNECT: Final = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
_HEALTH: Final = {"interval": "10s", "timeout": "10s", "retries": 3, "start_period": "60s"}
LOGGING: Final[Mapping[str, Any]] = {
    "driver": "json-file",
    "options": {"max-size": "10m", "max-file": "5"},
}
"""What a container says is kept, fifty megabytes of it: a log without limit fills the disk."""
LOCKED: Final[Mapping[str, Any]] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}
"""What no container of ours needs is taken from it."""


def compose_service(workload: Workload, image: str) -> dict[str, Any]:
    """Return the service that runs a workload of this image, in the order in which people read it."""
    process = workload.process
    service: dict[str, Any] = {
        "image": image,
        "command": list(workload.arguments),
        "environment": dict(sorted(workload.variables.items())),
        "user": USER,
        **LOCKED,
        "tmpfs": ["/tmp:mode=1777"],  # noqa: S108 - the container's own
        "stop_signal": process.stop_signal.name,
        "stop_grace_period": f"{math.ceil(process.grace)}s",
        "restart": "unless-stopped",
        "logging": LOGGING,
    }
    if workload.memory is not None:
        service["mem_limit"] = workload.memory
    if workload.cpu is not None:
        service["cpus"] = workload.cpu
    probe = health_words(workload)
    # The image has a check of its own, which asks a web: where there is none it would never be well.
    service["healthcheck"] = health_check("CMD", *probe) if probe else {"disable": True}
    return service


def health_words(workload: Workload) -> tuple[str, ...]:
    """Return the words that ask a workload, in its container, whether it gets its work done; () where nothing can."""
    process = workload.process
    if workload.port is not None:
        return web_probe(process.argv[0], workload.port)
    if process.ready_socket:
        return (process.argv[0], "-I", "-S", "-c", _CONNECT, process.ready_socket)
    return (*process.probe, "--ready") if process.probe else ()


def web_probe(python: str, port: int) -> tuple[str, ...]:
    """Return the words that ask a web at a port of loopback; no configuration is loaded for it."""
    return (python, "-P", "-m", "macaron_runner.cli", "health", "web", "--at", f"127.0.0.1:{port}", "--ready")


def health_check(*test: str, **other: Any) -> dict[str, Any]:
    """Return a health check that is quick to see a start and slow to see trouble."""
    return {"test": list(test), **_HEALTH, **other}


def escaped(value: Any) -> Any:
    """Return plain data in which `$` is doubled: a compose file reads `$NAME` as a variable of whoever starts it."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list | tuple) else value
