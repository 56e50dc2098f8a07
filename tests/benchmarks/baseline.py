"""The stored counts of instructions, by Python's minor version, and what has become worse than they are.

What is compared are ratios to Flask, counted in the same run: they outlive another processor, and another patch version
of Python. There are two references, so that a new version of one of them does not look like a regression of ours.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from tests.benchmarks.results import Results

FILE: Final = Path(__file__).with_name("baseline.json")
PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"

OURS: Final = {"macaron": ("W1", "W2", "W3", "W4", "W5"), "macaron-hooks": ("W1", "W2")}
REFERENCES: Final = {"flask": "W2", "flask-pydantic": "W2"}
COUNTED: Final = {**OURS, **{name: (workload,) for name, workload in REFERENCES.items()}}
"""What a baseline is made of."""

TOLERANCE: Final = 1.10

Counts: TypeAlias = Mapping[str, Mapping[str, float]]
"""Instructions a request, by who and by workload."""


def counts_of(results: Results) -> Counts:
    """Return results as they are stored."""
    return {
        name: {cell[1]: round(results.median(cell)) for cell in results.rounds if cell[0] == name}
        for name in results.names()
    }


def stored(python: str = PYTHON) -> Counts | None:
    """Return the stored counts, None where there are none of this Python."""
    found: Counts | None = json.loads(FILE.read_text()).get(python)
    return found


def store(counts: Counts) -> None:
    """Make these the counts of this Python."""
    everything = {**json.loads(FILE.read_text()), PYTHON: counts} if FILE.exists() else {PYTHON: counts}
    FILE.write_text(json.dumps(everything, indent=2, sort_keys=True) + "\n")


def changes(now: Counts, then: Counts) -> Iterator[tuple[str, float]]:
    """Yield, for each of our workloads, how many times the baseline it takes, by the reference that changed less.

    Nothing where a reference was not counted.
    """
    if not all(workload in now.get(name, ()) for name, workload in REFERENCES.items()):
        return
    for name in OURS:
        for workload in now.get(name, {}).keys() & then.get(name, {}).keys():
            factors = [
                now[name][workload] / then[name][workload] * then[reference][at] / now[reference][at]
                for reference, at in REFERENCES.items()
            ]
            yield f"{name} {workload}", min(factors, key=lambda factor: abs(factor - 1))


def regressions(now: Counts, then: Counts) -> list[str]:
    """Return a line for each workload that takes more than a tenth more than the baseline."""
    return sorted(
        f"{what}: {factor:.2f} times the baseline"
        for what, factor in changes(now, then)
        if factor > TOLERANCE
    )
