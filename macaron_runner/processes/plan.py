"""From the configuration to the processes that must run: pure, for `run` and for a deploy alike.

How many workers each has is counted where it runs (capacity), not here: a plan may be made on another
machine.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from macaron_runner.configuration.brokers import known_kind
from macaron_runner.processes.process import Process, Role
from macaron_runner.processes.state import ENVIRONMENT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.configuration.model import Pool

WEB_RESERVE: Final = 5.0
"""Seconds beyond server.graceful_timeout that the web gets to stop, for gunicorn's own end."""
WORKER_RESERVE: Final = 5.0
"""Seconds beyond its pool's grace that a worker gets to end the tasks that still run, and to give them back."""
SCHEDULER_GRACE: Final = 10.0
BROKER_GRACE: Final = 30.0
"""Seconds for the broker to write what it holds."""
BROKER_NOISE: Final = ("Memory overcommit must be enabled", "Received SIGTERM", "is now ready to exit")
"""What Valkey and Redis print as warnings at every start and stop: the first is about data far larger than ours."""


class StatePaths(Protocol):
    """Where the processes' shared state is: a StateDirectory, or a deploy target's paths."""

    @property
    def path(self) -> Path:
        """The directory."""
        ...

    @property
    def broker_socket(self) -> Path:
        """The embedded broker's socket."""
        ...

    @property
    def health_directory(self) -> Path:
        """Where processes write their heartbeats."""
        ...


def plan(
    configuration: Configuration,
    *,
    python: str,
    state: StatePaths,
    only: Role | None = None,
    pool: str | None = None,
) -> tuple[Process, ...]:
    """Return the processes of a service in start order: broker, web, one worker a pool, scheduler.

    `python` is the interpreter. `only` leaves the processes of one role: `only="web"` never brings the
    embedded broker along, it runs elsewhere on the same state directory. `pool` leaves the workers of one pool.
    """
    builder = _Builder(configuration, python, state)
    wanted = (process for process in builder.all() if only in (None, process.role))
    return tuple(
        each for each in wanted if pool is None or each.role != "worker" or each.name == f"worker-{pool}"
    )


def has_embedded_broker(configuration: Configuration) -> bool:
    """Tell whether the service brings its own broker."""
    tasks = configuration.config.tasks
    return tasks is not None and known_kind(tasks) == "embedded"


def bind_addresses(configuration: Configuration) -> tuple[str, ...]:
    """Return what the web listens on, server.bind, as a tuple."""
    bind = configuration.config.server.bind
    return (bind,) if isinstance(bind, str) else bind


class _Builder:
    """What the processes of one service have in common."""

    def __init__(self, configuration: Configuration, python: str, paths: StatePaths) -> None:
        self._configuration = configuration
        self._python = python
        self._paths = paths
        self._environment = {
            **configuration.selection.environment_variables(),
            ENVIRONMENT_KEY: str(paths.path),
            "MACARON_VERSION": configuration.version,  # asked of git once, not by every process
            "PYTHONUNBUFFERED": "1",
        }

    def all(self) -> Iterator[Process]:
        """Yield every process in start order."""
        tasks = self._configuration.config.tasks
        if has_embedded_broker(self._configuration):
            yield self._broker()
        yield self._web()
        if tasks is not None:
            for name, pool in tasks.pools.items():
                yield self._worker(name, pool)
            if tasks.schedules:
                yield self._scheduler()

    def _broker(self) -> Process:
        return Process(
            name="broker",
            role="broker",
            argv=self._argv("broker"),
            grace=BROKER_GRACE,
            environment=self._environment,
            ready_socket=str(self._paths.broker_socket),
            quick_stop_signal=signal.SIGTERM,  # it always writes what it holds, which takes no time
            noise=BROKER_NOISE,
        )

    def _web(self) -> Process:
        graceful = self._configuration.config.server.graceful_timeout
        return Process(
            name="web",
            role="web",
            argv=self._argv("web"),
            grace=graceful + WEB_RESERVE,
            environment=self._environment,
            listeners=bind_addresses(self._configuration),
            orphan_grace=graceful,
        )

    def _worker(self, name: str, pool: Pool) -> Process:
        return Process(
            name=f"worker-{name}",
            role="worker",
            argv=self._argv("worker", "--pool", name),
            grace=pool.grace + WORKER_RESERVE,
            environment=self._environment,
            heartbeats=str(self._paths.health_directory),
            probe=self._probe("worker", "--pool", name),
            listeners=(pool.health_bind,) if pool.health_bind is not None else (),
        )

    def _scheduler(self) -> Process:
        return Process(
            name="scheduler",
            role="scheduler",
            argv=self._argv("scheduler"),
            grace=SCHEDULER_GRACE,
            environment=self._environment,
            quick_stop_signal=signal.SIGTERM,
        )

    def _argv(self, kind: str, *words: str) -> tuple[str, ...]:
        selection = self._configuration.selection.arguments()
        return self._module("entries", kind, *selection, *words)

    def _probe(self, kind: str, *words: str) -> tuple[str, ...]:
        file = Path(self._configuration.selection.file).absolute()
        return self._module("cli", "health", kind, str(file), *words)

    def _module(self, name: str, *words: str) -> tuple[str, ...]:
        # -P: what lies in the working directory is nobody's module; a service says where its code is (python_path).
        return (self._python, "-P", "-m", f"macaron_runner.{name}", *words)
