"""Whether the addresses that a service listens on are free on this machine, now; and who holds those that are not.

Not for opening them (processes.listeners).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from macaron_runner.configuration.address import check_address, listened_on
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Severity
from macaron_runner.processes.addresses import parse_address
from macaron_runner.processes.holders import Holder, holders_of
from macaron_runner.processes.listeners import obstacles


def check_ports(configuration: Configuration) -> Iterator[Diagnostic]:
    """Yield a warning for each address of the service that could not be listened on (MAC256).

    An address that the service itself holds, because it is running, is as it should be. Only a warning: it is about
    this machine and this moment, not about the files.
    """
    places = {text: path for path, text in listened_on(configuration.config) if _is_address(text)}
    for address, obstacle in obstacles(places).items():
        holders = holders_of(parse_address(address))
        if any(holder.runs(Path(configuration.selection.file).absolute()) for holder in holders):
            continue
        yield Diagnostic(
            "MAC256",
            obstacle,
            configuration.locate(*places[address]),
            label=_named(holders),
            help="check --no-ports does not look at this machine's ports",
            severity=Severity.WARNING,
        )


def _is_address(text: str) -> bool:
    try:
        check_address(text)
    except ValueError:  # told by macaron.yaml's own checks (MAC211)
        return False
    return True


def _named(holders: tuple[Holder, ...]) -> str:
    """Return who holds an address: "held by nginx (process 812)"; "" where that is not known."""
    if not holders:
        return ""
    first = holders[0]
    return f"held by {first.program or 'a program'} (process {first.pid})"
