"""`python -m tests.benchmarks`: macaron and its peers side by side. See README.md beside this file."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from tests.benchmarks import in_process, instructions
from tests.benchmarks.peers import PEERS, VARIANTS, Peer
from tests.benchmarks.report import explained, table
from tests.benchmarks.workloads import WORKLOADS

EVERYONE: Final = PEERS | VARIANTS
PARTS: Final = ("in-process", "instructions")


def main(words: Sequence[str]) -> int:
    """Measure what is asked for, and print it."""
    arguments = read(words)
    peers = list(installed(arguments.peers))
    rounds, seconds = (15, 0.5) if arguments.thorough else (5, 0.1)
    print(explained(arguments.workloads))
    titles = {peer.name: peer.title for peer in EVERYONE.values()}
    if "in-process" in arguments.parts:
        heading(f"In process: CPU microseconds a request, medians of {rounds} rounds")
        results = in_process.measure(peers, arguments.workloads, rounds, seconds)
        print(*table(results, titles, "macaron"), sep="\n")
    if "instructions" in arguments.parts and shutil.which("valgrind") is None:
        print("\nvalgrind is not installed: no instructions are counted")
    elif "instructions" in arguments.parts:
        heading("In process: instructions a request")
        print(*table(instructions.count(peers, arguments.workloads), titles, "macaron"), sep="\n")
    return 0


def read(words: Sequence[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--peers", type=chosen(EVERYONE), default=list(PEERS), help=", ".join(EVERYONE))
    parser.add_argument(
        "--workloads", type=chosen(WORKLOADS), default=list(WORKLOADS), help=", ".join(WORKLOADS)
    )
    parser.add_argument("--parts", type=chosen(PARTS), default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--thorough", action="store_true", help="more and longer rounds")
    return parser.parse_args(words)


def chosen(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what reads names from a comma-separated list, in the order of all that are known."""

    def names(text: str) -> list[str]:
        wanted = text.split(",")
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"not known: {', '.join(unknown)}")
        return [name for name in known if name in wanted]

    return names


def installed(names: Iterable[str]) -> Iterable[Peer]:
    """Yield the peers that can be measured, and say who is left out."""
    for peer in (EVERYONE[name] for name in names):
        if peer.missing:
            print(f"left out: {peer.title} ({', '.join(peer.missing)} not installed)", file=sys.stderr)
        else:
            yield peer


def heading(text: str) -> None:
    """Print what comes next."""
    print(f"\n{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
