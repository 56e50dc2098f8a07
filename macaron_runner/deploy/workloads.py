"""What runs at a target, and how much of it: the Processes of `plan`, as a target's renderer is given them.

Pure. Secrets are references all the way: where the target has a secret is known here, its value is not. Not for what a
kind of target makes of it (its render module).
"""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from macaron_runner.configuration.address import port_of
from macaron_runner.configuration.deployment import (
    AnyTarget,
    Beanstalk,
    CloudRun,
    Compose,
    Kubernetes,
    Scale,
    Systemd,
)
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.selection import OVERRIDES_KEY, Selection
from macaron_runner.deploy.files import Files
from macaron_runner.processes.plan import plan
from macaron_runner.processes.process import Process

CONTAINER_FILE: Final = "/app/macaron.yaml"
CONTAINER_PYTHON: Final = "/opt/venv/bin/python"
CONTAINER_STATE: Final = "/var/lib/macaron"
CONTAINER_USER: Final = 10001
"""The user, and the group, of the image; any other works as well."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a registry: its `name` without tag, its `tag`, its `digest` ("sha256:…", "" where unknown)."""

    name: str
    tag: str
    digest: str = ""

    @property
    def reference(self) -> str:
        """What pulls exactly this image: by digest, where that is known."""
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are at the target: macaron.yaml, the Python that runs it, the state directory; absolute paths.

    It is a StatePaths of processes.plan: paths only, nothing is there yet.
    """

    file: str = CONTAINER_FILE
    python: str = CONTAINER_PYTHON
    state: str = CONTAINER_STATE

    @property
    def path(self) -> Path:
        """The state directory."""
        return Path(self.state)

    @property
    def broker_socket(self) -> Path:
        """The embedded broker's socket."""
        return self.path / "broker.sock"

    @property
    def health_directory(self) -> Path:
        """Where processes write their heartbeats."""
        return self.path / "health"

    def of(self, relative: str) -> str:
        """Return the absolute path there of what macaron.yaml, or its folder, names by `relative`."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.file), relative))


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A secret that a workload must be given: its `name` in macaron.yaml, and how the service reads it.

    `env` is the variable that holds it, or `file` the absolute path of the file; the other one is "". `source` is where
    the target's own store has it, "" where the target's type has a default for that.
    """

    name: str
    env: str
    file: str
    source: str


@dataclass(frozen=True, slots=True)
class Workload:
    """One Process, and how many of it run.

    `arguments` are the words after those of the image's entry point (`macaron run FILE`). `cpu` in cores and `memory`
    in bytes are what each may use, None where nothing is said. `port` is where the web listens, None of others.
    `variables` are in clear; `secrets` by reference.
    """

    process: Process
    arguments: tuple[str, ...]
    instances: int | Scale = 1
    cpu: float | None = None
    memory: int | None = None
    port: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[SecretUse, ...] = ()

    @property
    def name(self) -> str:
        """The process's name: "web", "worker-mail", "scheduler", "broker"."""
        return self.process.name

    @property
    def pool(self) -> str:
        """The name of a worker's pool, "" of anything else."""
        return self.name.removeprefix("worker-") if self.process.role == "worker" else ""


@dataclass(frozen=True, slots=True)
class Planned:
    """All that a renderer is given of one service at one target; a pure function of version and configuration.

    `configuration` is as the target sees it, with placeholders for secrets; `section` the target in it. `files` are
    macaron.yaml, its overlay and what they extend, at their absolute paths there.
    """

    service: str
    target: str
    section: AnyTarget
    image: Image
    version: str
    workloads: tuple[Workload, ...]
    files: Files
    configuration: Configuration = field(repr=False)
    places: Places = Places()

    @property
    def environment(self) -> str:
        """The environment whose overlay counts, or ""."""
        return self.configuration.environment

    def workload(self, name: str) -> Workload | None:
        """Return the workload of a name, where there is one."""
        return next((each for each in self.workloads if each.name == name), None)


def workloads(
    configuration: Configuration, section: AnyTarget, places: Places = Places()
) -> tuple[Workload, ...]:
    """Return what runs at a target, in start order, from the configuration as the target sees it."""
    there = replace(configuration, selection=Selection(places.file, configuration.environment))
    processes = plan(there, python=places.python, state=places)
    secrets = tuple(_secrets(configuration, section, places))
    return tuple(_workload(process, there, section, secrets) for process in processes)


def _workload(
    process: Process, there: Configuration, section: AnyTarget, secrets: tuple[SecretUse, ...]
) -> Workload:
    pool = process.name.removeprefix("worker-") if process.role == "worker" else ""
    words = ("--only", process.role, *(("--pool", pool) if pool else ()))
    cpu, memory = _size(section, pool)
    return Workload(
        process,
        (*words, *(("--env", there.environment) if there.environment else ())),
        _instances(section, process, pool),
        cpu,
        memory,
        port_of(process.listeners) if process.role == "web" else None,
        _variables(process, there.environment, section),
        secrets,
    )


def _variables(process: Process, environment: str, section: AnyTarget) -> dict[str, str]:
    ours = {name: value for name, value in process.environment.items() if name != OVERRIDES_KEY}
    if environment:
        ours["MACARON_ENV"] = environment
    return dict(sorted({**section.variables, **ours}.items()))


def _instances(section: AnyTarget, process: Process, pool: str) -> int | Scale:
    if process.role == "web" and isinstance(section, Kubernetes | CloudRun | Beanstalk):
        return section.replicas
    if pool and isinstance(section, Kubernetes | CloudRun) and pool in section.pools:
        return section.pools[pool].replicas
    return 1


def _size(section: AnyTarget, pool: str) -> tuple[float | None, int | None]:
    """Return the cores and the bytes that one instance may use."""
    if isinstance(section, Compose | Systemd):
        return None, section.memory
    if isinstance(section, Beanstalk):
        return None, None
    own = section.pools.get(pool)
    cpu = own.cpu if own is not None and own.cpu is not None else section.cpu
    memory = own.memory if own is not None and own.memory is not None else section.memory
    return cpu, memory


def _secrets(configuration: Configuration, section: AnyTarget, places: Places) -> Iterator[SecretUse]:
    for name, secret in configuration.config.secrets.items():
        if secret.env is not None or secret.file is not None:
            file = places.of(secret.file) if secret.file is not None else ""
            yield SecretUse(name, secret.env or "", file, section.secrets.get(name, ""))


def config_path(configuration: Configuration, file: Path, places: Places) -> str:
    """Return where one of the configuration's own files is at the target: as far from macaron.yaml as it is here."""
    return places.of(os.path.relpath(file, configuration.directory).replace(os.sep, "/"))
