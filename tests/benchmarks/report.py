"""Results as tables for people, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tests.benchmarks.results import Results
from tests.benchmarks.workloads import WORKLOADS


def table(results: Results, titles: Mapping[str, str], measured_against: str) -> Iterator[str]:
    """Yield lines: a row for each who was measured; in brackets, how many times the figure of `measured_against`."""
    workloads = [name for name in WORKLOADS if any(cell[1] == name for cell in results.rounds)]
    yield f"{'':36}" + "".join(f"{name:>18}" for name in workloads)
    for name in results.names():
        cells = (_cell(results, name, workload, measured_against) for workload in workloads)
        yield f"{titles[name]:36}" + "".join(f"{cell:>18}" for cell in cells)


def _cell(results: Results, name: str, workload: str, measured_against: str) -> str:
    if (name, workload) not in results:
        return "-"
    figure = shown(results.median((name, workload)))
    if name == measured_against or (measured_against, workload) not in results:
        return f"{figure}{'':9}"
    return f"{figure} ({results.ratio((name, workload), (measured_against, workload)):5.2f}x)"


def shown(figure: float) -> str:
    """Return a figure with three digits or more: shown(5.678) == "5.68", shown(12345) == "12 345"."""
    decimals = 2 if figure < 10 else 1 if figure < 100 else 0
    return f"{figure:,.{decimals}f}".replace(",", " ")


def explained(workloads: Iterable[str]) -> str:
    """Return what the workloads are, in a line."""
    return ", ".join(f"{name} {WORKLOADS[name].title}" for name in workloads)
