"""The processes of a running service by what they do, for tests that kill one of them."""

from collections.abc import Callable

from tests.support.processes import Running, descendants
from tests.support.service import RunningService


def tree(service: RunningService) -> list[Running]:
    return descendants(service.process.pid)


def mains(service: RunningService, entry: str) -> list[Running]:
    """Return the processes of an entry that are direct children of the supervisor."""
    return [
        process
        for process in tree(service)
        if process.parent == service.process.pid and f"macaron_runner.entries {entry}" in process.line
    ]


def children(service: RunningService, entry: str) -> list[Running]:
    """Return what the main processes of an entry have forked."""
    pids = {process.pid for process in mains(service, entry)}
    return [process for process in tree(service) if process.parent in pids]


def broker(service: RunningService) -> list[Running]:
    """Return the embedded broker."""
    named = ("valkey-server", "redis-server")
    return [process for process in tree(service) if any(name in process.line for name in named)]


VICTIMS: dict[str, Callable[[RunningService], list[Running]]] = {
    "a gunicorn worker": lambda service: children(service, "web"),
    "the gunicorn master": lambda service: mains(service, "web"),
    "a Celery child": lambda service: children(service, "worker"),
    "the Celery main process": lambda service: mains(service, "worker"),
    "the broker": broker,
    "the guardian": lambda service: [
        process for process in tree(service) if "macaron_runner.cli" in process.line
    ],
}
