"""`macaron tasks watch`: what happens to calls, as it happens; on a terminal with a bar for each that runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
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
    with broker_of(service) as connection, _shown(arguments) as show:
        for happening in happenings(service.celery, connection):
            if happening is not None:
                show(happening)
    return 0


@contextmanager
def _shown(arguments: argparse.Namespace) -> Iterator[Callable[[Happening], None]]:
    """Give what shows a happening: with bars where stdout is a terminal, none of which is left there at the end."""
    if arguments.format == "json":
        yield lambda happening: print(json.dumps(happening.to_json(), ensure_ascii=False), flush=True)
    elif not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda happening: print(line(happening), flush=True)
    else:
        screen = Screen()
        try:
            yield lambda happening: print(screen.show(happening, get_terminal_size()), end="", flush=True)
        finally:
            print(screen.clear(), end="", flush=True)


def line(happening: Happening) -> str:
    """Return what happened as a line."""
    words = [happening.at, happening.task or "-", happening.id, happening.kind]
    if happening.fraction is not None:
        words.append(f"{happening.fraction:.0%}")
    return printable(" ".join([*words, *filter(None, (happening.note, happening.error))]))


class Screen:
    """A terminal on which the calls that run have the last lines, a bar each; what is over moves up above them.

    Where they are more than it has lines, the newest are not shown but counted.
    """

    def __init__(self) -> None:
        self._running: dict[str, Happening] = {}
        self._drawn = 0

    def show(self, happening: Happening, size: os.terminal_size) -> str:
        """Return what a terminal of this size must be sent to show what happened."""
        above = []
        if happening.kind in OVER:
            self._running.pop(happening.id, None)
            above = [line(happening)]
        else:
            before = self._running.get(happening.id)
            keeps = happening.fraction is None and before is not None
            self._running[happening.id] = before if keeps and before is not None else happening
        erased, below = self.clear(), self._below(size.lines - 1)
        self._drawn = len(below)
        return erased + "".join(f"{_cut(each, size.columns)}\n" for each in (*above, *below))

    def clear(self) -> str:
        """Return what the terminal must be sent to have no bars any more."""
        drawn, self._drawn = self._drawn, 0
        return f"\x1b[{drawn}F\x1b[J" if drawn else ""

    def _below(self, room: int) -> list[str]:
        """Return the last lines, so few that the first of them does not leave the terminal."""
        bars = [*map(_bar, self._running.values())]
        more = len(bars) - room + 1
        return bars if more <= 1 else [*bars[:-more], f"… {more} more"]


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
