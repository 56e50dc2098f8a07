"""`python -m tests.benchmarks`: macaron and its peers side by side. See README.md beside this file."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from tests.benchmarks import baseline, clients, end_to_end, in_process, instructions, tasks
from tests.benchmarks.load import find_load
from tests.benchmarks.peers import EVERYONE, Peer
from tests.benchmarks.publish import publish
from tests.benchmarks.report import explained, table
from tests.benchmarks.results import Results
from tests.benchmarks.servers import SERVERS, Server
from tests.benchmarks.targets import END_TO_END, IN_PROCESS, Target, held_against
from tests.benchmarks.workloads import WORKLOADS

Side = TypeVar("Side", Peer, Server)


def main(words: Sequence[str]) -> int:
    """Measure what is asked for, and print it."""
    arguments = read(words)
    print(explained(arguments.workloads))
    results = [SHOW[part](arguments) for part in arguments.parts]
    if arguments.update_baseline:
        baseline.store(baseline.counts_of(instructions.count(baseline.COUNTED)))
    if arguments.plot:
        publish(*(results[PARTS.index(part)] for part in ("in-process", "end-to-end", "tasks")))
    return 0


def read(words: Sequence[str]) -> argparse.Namespace:
    """Return what the command line asks for; `peers` is None where it names nobody."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)

    def add(option: str, known: Iterable[str], default: list[str] | None) -> None:
        parser.add_argument(
            option, type=chosen(known), default=default, metavar="NAME,…", help=", ".join(known)
        )

    add("--parts", PARTS, list(PARTS))
    add("--peers", {**EVERYONE, **SERVERS}, None)
    add("--workloads", WORKLOADS, list(WORKLOADS))
    parser.add_argument("--thorough", action="store_true", help="more and longer rounds")
    parser.add_argument("--update-baseline", action="store_true", help="store the counts of instructions")
    parser.add_argument(
        "--plot", action="store_true", help="of a whole run: draw result.svg, write the README's part"
    )
    arguments = parser.parse_args(words)
    if arguments.plot and arguments.parts != list(PARTS):
        parser.error("--plot needs all parts")
    return arguments


def chosen(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what reads names from a comma-separated list, in the order of all that are known."""

    def names(text: str) -> list[str]:
        wanted = text.split(",")
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"not known: {', '.join(unknown)}")
        return [name for name in known if name in wanted]

    return names


def show_in_process(arguments: argparse.Namespace) -> Results:
    """Print CPU time without a server."""
    rounds, seconds = (15, 0.4) if arguments.thorough else (5, 0.1)
    heading(f"In process: CPU microseconds a request, medians of {rounds} rounds")
    peers = present(EVERYONE, arguments.peers or EVERYONE)
    results = in_process.measure(peers, arguments.workloads, rounds, seconds)
    show(results, EVERYONE, IN_PROCESS)
    return results


def show_instructions(arguments: argparse.Namespace) -> Results:
    """Print counts of instructions. To count everyone would take an hour: without names, it is who the baseline has."""
    heading("In process: instructions a request")
    if shutil.which("valgrind") is None:
        print("left out: valgrind is not installed")
        return Results("instructions")
    peers = present(EVERYONE, arguments.peers or baseline.COUNTED)
    results = instructions.count({peer.name: arguments.workloads for peer in peers})
    show(results, EVERYONE, IN_PROCESS)
    changes = baseline.changes(baseline.counts_of(results), baseline.stored() or {})
    print(*(f"{what}: {factor:.2f} times the baseline" for what, factor in sorted(changes)), sep="\n")
    return results


def show_end_to_end(arguments: argparse.Namespace) -> Results:
    """Print CPU time of servers under load."""
    rounds, seconds = (9, 3.0) if arguments.thorough else (3, 1.0)
    load = find_load()
    heading(f"End to end: CPU microseconds a request, medians of {rounds} rounds, load by {load.__name__}")
    servers = present(SERVERS, arguments.peers or SERVERS)
    results = end_to_end.measure(servers, arguments.workloads, load, rounds, seconds)
    show(results, SERVERS, END_TO_END)
    return results


def show_tasks(arguments: argparse.Namespace) -> Results:
    """Print what tasks cost over each broker that can be started here; workloads and peers are others'."""
    rounds, calls = (7, 5_000) if arguments.thorough else (3, 1_500)
    results = Results("as told")
    for kind, broker in tasks.BROKERS.items():
        heading(
            f"Tasks over {kind}: macaron, plain Celery with the same settings; medians of {rounds} rounds"
        )
        if getattr(broker, "program", "") is None:
            print(f"left out: {kind} is not installed")
            continue
        tasks.measure(results, kind, rounds, calls)
        print(*tasks.table(results, kind), sep="\n")
    return results


def show_clients(arguments: argparse.Namespace) -> Results:
    """Print what a call of another service costs; workloads and peers are this part's own."""
    rounds, seconds = (15, 1.0) if arguments.thorough else (7, 0.3)
    heading(f"Clients: macaron, httpx2 by hand; CPU microseconds a call, medians of {rounds} rounds")
    if importlib.util.find_spec("httpx2") is None:
        print("left out: httpx2 is not installed")
        return Results("CPU us")
    results = clients.measure(rounds, seconds)
    print(*clients.table(results), sep="\n")
    return results


SHOW: Final[Mapping[str, Callable[[argparse.Namespace], Results]]] = {
    "in-process": show_in_process,
    "instructions": show_instructions,
    "end-to-end": show_end_to_end,
    "tasks": show_tasks,
    "clients": show_clients,
}
PARTS: Final = tuple(SHOW)


def present(known: Mapping[str, Side], names: Container[str]) -> list[Side]:
    """Return those of these names that can be measured here, and say who is left out."""
    sides = [side for name, side in known.items() if name in names]
    for side in sides:
        if side.missing:
            print(f"left out: {side.title} ({', '.join(side.missing)} not installed)")
    return [side for side in sides if not side.missing]


def show(
    results: Results, sides: Mapping[str, Peer] | Mapping[str, Server], targets: Iterable[Target]
) -> None:
    """Print a table, and what of it is a target."""
    titles = {name: side.title for name, side in sides.items()}
    print(*table(results, titles, "macaron"), "", *held_against(targets, results), sep="\n")


def heading(text: str) -> None:
    """Print what comes next."""
    print(f"\n{text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
