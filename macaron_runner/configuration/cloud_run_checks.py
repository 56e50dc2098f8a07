"""What a target of type cloud_run asks for that Google Cloud Run does not have (MAC247), before anything is sent.

Not for what may be said of other targets as well (deployment_checks), nor for the limits themselves (cloud_run_rules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from macaron_runner.configuration.cloud_run_rules import (
    LONGEST_REQUEST,
    LONGEST_SERVICE,
    MOST_RELEASES,
    RESERVED_VARIABLES,
    misfit,
    misfit_of_worker,
)
from macaron_runner.configuration.deployment import CloudRun, Scale
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.subject import Subject
from macaron_runner.diagnostics import Diagnostic

_CODE: Final = "MAC247"


def check_cloud_run(subject: Subject) -> Iterator[Diagnostic]:
    """Yield what the targets of this type get wrong."""
    deploy = subject.config.deploy
    for name, target in deploy.targets.items() if deploy is not None else ():
        if isinstance(target, CloudRun):
            for look in _LOOKS:
                yield from look(subject, ("deploy", "targets", name), target)


def _name(subject: Subject, path: Path, target: CloudRun) -> Iterator[Diagnostic]:
    name = target.service or subject.config.service.name
    if len(name) > LONGEST_SERVICE:
        place: Path = (*path, "service") if target.service else ("service", "name")
        message = f'"{name}" is too long for a service of Cloud Run: it may have {LONGEST_SERVICE} characters'
        hint = "a new revision gets an address of its own, with four more"
        yield subject.problem(
            _CODE, place, message, hint=hint if target.service else f"{hint}; write service: …"
        )


def _web(subject: Subject, path: Path, target: CloudRun) -> Iterator[Diagnostic]:
    if why := misfit(target.cpu, target.memory):
        place = _said(subject, path, "cpu", "memory")
        yield subject.problem(_CODE, place, f"Cloud Run has no such instance: {why}")
    elif target.cpu < 1 and target.concurrency > 1:
        message = "an instance with less than a core answers one request at a time"
        place = _said(subject, path, "concurrency", "cpu")
        yield subject.problem(_CODE, place, message, hint="write concurrency: 1, or cpu: 1")
    elif target.cpu < 1 and target.billing == "instances":
        message = "an instance with less than a core has it only while it answers"
        yield subject.problem(_CODE, (*path, "billing"), message, hint="write billing: requests, or cpu: 1")


def _pools(subject: Subject, path: Path, target: CloudRun) -> Iterator[Diagnostic]:
    tasks = subject.config.tasks
    for pool in tasks.pools if tasks is not None else ():
        own = target.pools.get(pool)
        cpu = own.cpu if own is not None and own.cpu is not None else target.cpu
        memory = own.memory if own is not None and own.memory is not None else target.memory
        told = (cpu, memory) == (target.cpu, target.memory) and misfit(cpu, memory)
        if (why := misfit_of_worker(cpu, memory)) and not told:
            place = _said(subject, (*path, "pools", pool), "cpu", "memory")
            if place == (*path, "pools", pool):
                place = _said(subject, path, "cpu", "memory")
            hint = f"say it for the pool: pools: {{{pool}: {{cpu: 1, memory: 512MiB}}}}"
            yield subject.problem(_CODE, place, f'the pool "{pool}" cannot be so: {why}', hint=hint)
        if own is not None and isinstance(own.replicas, Scale):
            message = (
                f'Cloud Run does not follow the load of a worker pool: "{pool}" has a range of instances'
            )
            hint = f"write a number: replicas: {own.replicas.max}"
            yield subject.problem(_CODE, (*path, "pools", pool, "replicas"), message, hint=hint)


def _times(subject: Subject, path: Path, target: CloudRun) -> Iterator[Diagnostic]:
    if target.request_timeout > LONGEST_REQUEST:
        message = "Cloud Run ends a request after an hour"
        yield subject.problem(_CODE, (*path, "request_timeout"), message, hint="write request_timeout: 1h")


def _releases(subject: Subject, path: Path, target: CloudRun) -> Iterator[Diagnostic]:
    if target.keep > MOST_RELEASES:
        message = f"Cloud Run has room for the notes of {MOST_RELEASES} releases"
        yield subject.problem(_CODE, (*path, "keep"), message)


def _variables(subject: Subject, path: Path, target: CloudRun) -> Iterator[Diagnostic]:
    for name in target.variables:
        if name in RESERVED_VARIABLES:
            message = f"Cloud Run sets {name} itself, and refuses to be told"
            yield subject.problem(_CODE, (*path, "variables", name), message, key=True)


_LOOKS: Final[tuple[Callable[[Subject, Path, CloudRun], Iterator[Diagnostic]], ...]] = (
    _name, _web, _pools, _times, _releases, _variables,
)  # fmt: skip


def _said(subject: Subject, path: Path, *keys: str) -> Path:
    """Return the path of the first of some keys that the file says; else that of the section."""
    return next(((*path, key) for key in keys if subject.says(*path, key)), path)
