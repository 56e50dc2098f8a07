"""What Google Cloud Run takes: how much CPU with how much memory, and how long its names may be. Pure.

https://cloud.google.com/run/docs/configuring/services/cpu, …/memory-limits and …/run/quotas say so. Not for Google's
names in general (deployment_values), nor for rendering (deploy.cloud_run).
"""

from __future__ import annotations

from typing import Final

MIB: Final = 2**20
GIB: Final = 2**30

LONGEST_SERVICE: Final = 42
"""A service's name and the tag of a revision share 46 characters: they are one label of its address."""
LONGEST_REQUEST: Final = 3600.0
"""Seconds that a request may take."""
MOST_RELEASES: Final = 50
"""What is noted of each takes some kilobytes of the 256 KiB that annotations may have."""
RESERVED_VARIABLES: Final = frozenset({"K_SERVICE", "K_REVISION", "K_CONFIGURATION"})
"""Variables that Cloud Run sets itself, and refuses to be told."""

_MEMORY: Final = {
    1: (128 * MIB, 4 * GIB),
    2: (128 * MIB, 8 * GIB),
    4: (2 * GIB, 16 * GIB),
    6: (4 * GIB, 24 * GIB),
    8: (4 * GIB, 32 * GIB),
}
"""Whole cores: the least and the most memory that go with them."""
_LEAST_CPU: Final = 0.08
_LEAST_OF_A_WORKER: Final = 512 * MIB


def misfit(cpu: float, memory: int) -> str:
    """Return why an instance of a service cannot have so many cores and bytes, in words; "" where it can."""
    if cpu < 1:
        return _less_than_one(cpu, memory)
    if cpu not in _MEMORY:
        return "there are 1, 2, 4, 6 or 8 cores, or a part of one"
    least, most = _MEMORY[int(cpu)]
    if not least <= memory <= most:
        return (
            f"{_cores(cpu)} {'goes' if cpu == 1 else 'go'} with {_shown(least)} to {_shown(most)} of memory"
        )
    return ""


def misfit_of_worker(cpu: float, memory: int) -> str:
    """Return why an instance of a worker pool cannot have so many cores and bytes, in words; "" where it can."""
    if cpu < 1:
        return "an instance of a worker pool has a whole core at least"
    if memory < _LEAST_OF_A_WORKER:
        return f"an instance of a worker pool has {_shown(_LEAST_OF_A_WORKER)} of memory at least"
    return misfit(cpu, memory)


def _less_than_one(cpu: float, memory: int) -> str:
    if cpu < _LEAST_CPU:
        return f"the least is {_LEAST_CPU} of a core"
    least, most = 128 * MIB, 512 * MIB if cpu < 0.5 else GIB
    if not least <= memory <= most:
        return f"{_cores(cpu)} goes with {_shown(least)} to {_shown(most)} of memory"
    return ""


def _cores(cpu: float) -> str:
    return f"{cpu:g} of a core" if cpu < 1 else f"{cpu:g} core{'' if cpu == 1 else 's'}"


def _shown(memory: int) -> str:
    return f"{memory // GIB}GiB" if memory % GIB == 0 else f"{memory // MIB}MiB"
