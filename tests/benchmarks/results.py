"""What was measured: figures of rounds, and what they say when they are compared.

Sides take turns in every round, so what the machine does besides meets them all alike: ratios are made within a
round, and the median of them counts.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

Cell: TypeAlias = tuple[str, str]
"""Who, at which workload: ("macaron", "W2")."""


@dataclass(slots=True)
class Results:
    """Figures a cell, one a round. `unit` is what they are in: "CPU us" or "instructions"."""

    unit: str
    rounds: dict[Cell, list[float]] = field(default_factory=dict)

    def add(self, cell: Cell, figure: float) -> None:
        """Note the figure of one round."""
        self.rounds.setdefault(cell, []).append(figure)

    def __contains__(self, cell: Cell) -> bool:
        return cell in self.rounds

    def median(self, cell: Cell) -> float:
        """Return the figure of a cell."""
        return statistics.median(self.rounds[cell])

    def ratio(self, cell: Cell, other: Cell) -> float:
        """Return how many times the other's figure a cell's is."""
        pairs = zip(self.rounds[cell], self.rounds[other], strict=True)
        return statistics.median(one / two for one, two in pairs)

    def names(self) -> Iterable[str]:
        """Return who was measured, in order."""
        return dict.fromkeys(name for name, _ in self.rounds)
