"""The service whose tasks `macaron tasks` is asked about, and its broker. Not for what is asked (tasks_views, …)."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from macaron_runner.cli.selection import selection_of
from macaron_runner.cli.terminal import load_sound
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Tasks
from macaron_runner.entries.prepared import Prepared, assembled
from macaron_runner.errors import DependencyMissing, UsageError
from macaron_runner.processes.state import StateDirectory
from macaron_runner.tasks.brokers.guarantee import WORKER_PATIENCE
from macaron_runner.tasks.brokers.kinds import POWERS, broker_kind
from macaron_runner.tasks.celery_app import ServiceCelery, create_celery
from macaron_runner.tasks.monitoring.reach import obstacle
from macaron_runner.tasks.sending.connecting import connected
from macaron_runner.tasks.sending.keeper import AWAY


class Asked(NamedTuple):
    """A service with `tasks:`: its configuration, that section, its state, its Celery application."""

    configuration: Configuration
    section: Tasks
    state: StateDirectory
    celery: ServiceCelery


def asked(arguments: argparse.Namespace) -> Asked:
    """Return the service that a command is about; none of its code is imported. Raises UsageError without `tasks:`."""
    configuration, state = _load(arguments)
    section = configuration.config.tasks
    if section is None:
        raise UsageError(f"{configuration.selection.file} has no tasks: key")
    return Asked(
        configuration,
        section,
        state,
        create_celery(configuration.config, state.broker_socket, WORKER_PATIENCE),
    )


def asked_with_code(arguments: argparse.Namespace) -> Prepared:
    """Return the service with its tasks, their modules imported, ready to queue."""
    configuration, state = _load(arguments)
    return assembled(configuration, state, keeping=False)


def _load(arguments: argparse.Namespace) -> tuple[Configuration, StateDirectory]:
    logging.getLogger("macaron").addHandler(
        logging.NullHandler()
    )  # what goes wrong is told by the command itself
    selection = selection_of(arguments)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    return load_sound(selection, secret_keeper=state.secret), state


@contextmanager
def broker_of(service: Asked) -> Iterator[Any]:
    """Give a connection to the service's broker. Raises DependencyMissing where it is away, or goes away."""
    with met(service.configuration), connected(service.celery) as connection:
        yield connection


@contextmanager
def met(configuration: Configuration) -> Iterator[None]:
    """Have an error of a broker that is away be a DependencyMissing that says so."""
    try:
        yield
    except AWAY as error:
        reason = obstacle(configuration) or _excuse(configuration, error)
        raise DependencyMissing(reason) from None


def _excuse(configuration: Configuration, error: BaseException) -> str:
    section = configuration.config.tasks
    if section is not None and broker_kind(section) == "embedded":
        return "the embedded broker does not run here; macaron run starts it with the service"
    return f"the broker cannot be used: {error}"


def refuse_deaf(service: Asked) -> None:
    """Raise UsageError where workers can be neither asked nor told over this broker."""
    if not POWERS[broker_kind(service.section)].control:
        raise UsageError(
            "over SQS workers can be neither asked nor told anything; queued, failed and retry work"
        )
