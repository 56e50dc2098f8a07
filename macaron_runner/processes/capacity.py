"""How much of the machine we may use, and how many processes that makes. Each count can explain its sum.

Not for settings that say a number themselves: they win over anything counted here.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB: Final = 2**20
WORKER_MEMORY: Final = 128 * MIB
"""What one worker process is taken to need: Flask, the models and the service's own code."""
MOST_WORKERS: Final = 12
MOST_POOL: Final = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What this process and its children may use: `cpus` in cores (may be a fraction), `memory` in bytes."""

    cpus: float
    memory: int


@dataclass(frozen=True, slots=True)
class Count:
    """A number of processes, and in words why: "2 cpus x 2 + 1 = 5, memory 512 MiB / 128 MiB = 4 -> 4"."""

    number: int
    reason: str

    def __int__(self) -> int:
        return self.number

    def __str__(self) -> str:
        return self.reason


def web_workers(limits: Limits, *, share: float = 1.0) -> Count:
    """Return how many web workers suit: two a core and one, as gunicorn advises, as far as memory reaches.

    At least two where memory allows it, so that one answers while the other is replaced; at most
    MOST_WORKERS. `share` is the part of the memory that the web may take.
    """
    asked = int(limits.cpus * 2) + 1
    floor = "" if asked >= 2 else ", at least 2"
    return _bounded(max(asked, 2), f"{_cpus(limits)} x 2 + 1 = {asked}{floor}", limits, share, MOST_WORKERS)


def pool_concurrency(limits: Limits, *, share: float = 1.0) -> Count:
    """Return how many worker processes suit a pool of tasks: one a core, as far as memory reaches."""
    wanted = max(1, math.ceil(limits.cpus))
    return _bounded(wanted, f"{_cpus(limits)} = {wanted}", limits, share, MOST_POOL)


def memory_share(pools: int) -> float:
    """Return the part of the memory that the web and each pool get when so many pools run: equal ones."""
    return 1.0 / (1 + pools)


def read_limits(root: Path = Path("/"), usable_cpus: Callable[[], int] | None = None) -> Limits:
    """Return the least of what the host has, the CPU affinity allows and control groups (v1, v2) allow.

    `root` is where proc and sys are found. Nothing is raised: what cannot be read does not limit.
    """
    cpus = [float((usable_cpus or _usable_cpus)()), *_group_cpus(root)]
    memory = [_host_memory(root), *_group_memory(root)]
    return Limits(min(cpus), min(memory))


def _bounded(wanted: int, why: str, limits: Limits, share: float, most: int) -> Count:
    room = int(limits.memory * share)
    fitting = room // WORKER_MEMORY
    number = max(1, min(wanted, fitting, most))
    shared = "" if share == 1 else f" / {1 / share:g}"
    parts = f"memory {limits.memory // MIB} MiB{shared} / {WORKER_MEMORY // MIB} MiB = {fitting}"
    if fitting < 1:
        parts += ", at least 1"
    elif min(wanted, fitting) > most:
        parts += f", at most {most}"
    return Count(number, f"{why}, {parts} -> {number}")


def _cpus(limits: Limits) -> str:
    return f"{limits.cpus:g} cpu{'' if limits.cpus == 1 else 's'}"


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _host_memory(root: Path) -> int:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _group_cpus(root: Path) -> Iterator[float]:
    for folder in _folders(root, "cpu", ("cpu", "cpu,cpuacct")):
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal() and int(period):
            yield int(quota) / int(period)


def _group_memory(root: Path) -> Iterator[int]:
    for folder in _folders(root, "memory", ("memory",)):
        for name in ("memory.max", "memory.limit_in_bytes"):
            if (limit := _read(folder / name)).isdecimal():
                yield int(limit)


def _folders(root: Path, controller: str, mounts: tuple[str, ...]) -> Iterator[Path]:
    """Yield our control group and all above it (each limits us), of version 2 and of a version 1 controller.

    In a container the mount often shows our own group as its root while /proc/self/cgroup still tells the
    host's path (cgroup_namespaces(7)): the mount's root is always looked at.
    """
    top = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0":
            trees = [top, top / "unified"]
        elif controller in controllers.split(","):
            trees = [top / mount for mount in mounts]
        else:
            continue
        inside = PurePosixPath(path.lstrip("/"))
        if ".." in inside.parts:
            inside = PurePosixPath()
        for tree in trees:
            yield from (tree / folder for folder in (inside, *inside.parents))


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace").strip()
    except OSError:
        return ""
