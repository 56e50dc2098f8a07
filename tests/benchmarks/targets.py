"""What macaron's figures must stay below: ratios within one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.benchmarks.results import Cell, Results


@dataclass(frozen=True, slots=True)
class Target:
    """`cell` must take no more than `limit` times what `other` takes."""

    text: str
    limit: float
    cell: Cell
    other: Cell

    def measured(self, results: Results) -> float | None:
        """Return the ratio, None where one of the two was not measured."""
        if self.cell not in results or self.other not in results:
            return None
        return results.ratio(self.cell, self.other)


IN_PROCESS: Final = (
    Target("W2, validated in and out, against bare Flask without", 0.30, ("macaron", "W2"), ("flask", "W2")),
    Target("W3, a token seen before, against W2", 1.10, ("macaron", "W3"), ("macaron", "W2")),
    Target("W4, refused, against W2", 1.00, ("macaron", "W4"), ("macaron", "W2")),
    Target("W5, validated, against bare Flask without", 1.30, ("macaron", "W5"), ("flask", "W5")),
    Target("W2, 5 000 operations against 10", 1.10, ("macaron-5000", "W2"), ("macaron-10", "W2")),
    Target(
        "W1, hooks, an extension: against bare Flask with both",
        1.25,
        ("macaron-hooks", "W1"),
        ("flask-hooks", "W1"),
    ),
    Target("W2, the same", 1.25, ("macaron-hooks", "W2"), ("flask-hooks", "W2")),
)

END_TO_END: Final = (
    Target("W2 on gthread against bare Flask", 0.70, ("macaron-gthread", "W2"), ("flask", "W2")),
    Target("W2 against the bare WSGI callable on gthread", 0.35, ("macaron", "W2"), ("raw", "W2")),
    Target("W2 against BlackSheep on uvicorn", 1.00, ("macaron", "W2"), ("blacksheep", "W2")),
    Target("W5 against FastAPI on uvicorn", 0.50, ("macaron", "W5"), ("fastapi", "W5")),
)


def held_against(targets: Iterable[Target], results: Results) -> Iterator[str]:
    """Yield a line for each target that can be told from these results."""
    for target in targets:
        ratio = target.measured(results)
        if ratio is not None:
            verdict = "pass" if ratio <= target.limit else "FAIL"
            yield f"{verdict}  {target.text:56} {ratio:6.2f}x  (to beat: {target.limit:.2f}x)"
