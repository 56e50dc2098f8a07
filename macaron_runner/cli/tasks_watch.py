"""`macaron tasks watch`: what happens to calls, as it happens; on a terminal with a bar for each that runs."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from typing import Final

from macaron_runner.cli.tasks_service import asked, broker_of, refuse_deaf
from macaron_runner.display import columns, printable
from macaron_runner.tasks.monitoring.watching import OVER, Happening
from macaron_runner.tasks.monitoring.watching import watch as happenings

_BAR: Final = 20


def watch(arguments: argparse.Namespace) -> int:
    """Print what happens until a signal ends it: a line each on stdout, JSON with --format json."""
    service = asked(arguments)
    refuse_deaf(service)
    bars = sys.stdout.isatty() and arguments.format == "text"
    screen = Screen()
    with broker_of(service) as connection:
        for happening in happenings(service.celery, connection):
            if happening is None:
                continue
            if arguments.format == "json":
                print(json.dumps(happening.to_json(), ensure_ascii=False), flush=True)
            elif bars:
                print(screen.show(happening, shutil.get_terminal_size().columns), end="", flush=True)
            else:
                print(line(happening), flush=True)
    return 0


def line(happening: Happening) -> str:
    """Return what happened as a line."""
    words = [happening.at, happening.task or "-", happening.id, happening.kind]
    if happening.fraction is not None:
        words.append(f"{happening.fraction:.0%}")
    return printable(" ".join([*words, *filter(None, (happening.note, happening.error))]))


class Screen:
    """A terminal on which the calls that run have the last lines, a bar each; what is over moves up above them."""

    def __init__(self) -> None:
        self._running: dict[str, Happening] = {}
        self._drawn = 0

    def show(self, happening: Happening, width: int) -> str:
        """Return what a terminal of this width must be sent to show what happened."""
        above = ""
        if happening.kind in OVER:
            self._running.pop(happening.id, None)
            above = _cut(line(happening), width) + "\n"
        else:
            before = self._running.get(happening.id)
            keeps = happening.fraction is None and before is not None
            self._running[happening.id] = before if keeps and before is not None else happening
        erased = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        self._drawn = len(self._running)
        return (
            erased + above + "".join(_cut(each, width) + "\n" for each in map(_bar, self._running.values()))
        )

    @property
    def running(self) -> Mapping[str, Happening]:
        """The calls that run, by id, each with the last that was told of it."""
        return self._running


def _bar(happening: Happening) -> str:
    done = happening.fraction or 0.0
    full = round(done * _BAR)
    told = f"{done:4.0%}" if happening.fraction is not None else "    "
    return printable(
        f"{'█' * full}{'░' * (_BAR - full)} {told} {happening.task} {happening.id} {happening.note}".rstrip()
    )


def _cut(text: str, width: int) -> str:
    """Return a line that a terminal does not break: bars that take two lines could not be drawn over."""
    while columns(text) >= width:
        text = text[:-1]
    return text
