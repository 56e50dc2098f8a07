"""A process's own words (argv), as every user of the machine sees them (proc(5), /proc/PID/cmdline; ps).

Not for the words of the processes that we start (plan): there are no secrets among those.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_ARGUMENTS_BEGIN: Final = 45
"""Where arg_start stands in /proc/PID/stat, counted from the word after the command's name (proc(5): field 48)."""


def hide_values(words: Iterable[str]) -> None:
    """Overwrite what stands behind "=" in these words of ours with asterisks, as others see them.

    They were to be seen until now. Where there is no /proc, or it does not tell where our words are, nothing happens.
    """
    try:
        begin, end = _range(Path("/proc/self/stat").read_bytes())
        line = Path("/proc/self/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if not begin or end - begin != len(line):
        return
    for word in map(os.fsencode, words):
        offset = word.find(b"=") + 1
        at = line.find(word + b"\0")
        while offset and at >= 0:
            ctypes.memset(begin + at + offset, ord("*"), len(word) - offset)
            at = line.find(word + b"\0", at + 1)


def _range(stat: bytes) -> tuple[int, int]:
    """Return where our words begin and end in our memory."""
    fields = stat[stat.rindex(b")") + 2 :].split()
    return int(fields[_ARGUMENTS_BEGIN]), int(fields[_ARGUMENTS_BEGIN + 1])
