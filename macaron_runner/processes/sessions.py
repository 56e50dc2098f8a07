"""Sessions: which processes descend from one we started, and how all of them are signalled.

Every process we start leads a session of its own (setsid(2)). A descendant may move to another process group
(a shell does so with its jobs) and still is in the session. Not for deciding when to signal (lifecycle,
guardian).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC: Final = Path("/proc")
_HAS_PROC: Final = Path("/proc/self/stat").exists()
_DEAD: Final = frozenset((b"Z", b"X"))


class Entry(NamedTuple):
    """One line of the process table."""

    pid: int
    parent: int
    group: int
    session: int


def groups_of(session: int) -> frozenset[int]:
    """Return the process groups that living processes of the session are in; empty once it is gone.

    Zombies do not count: they run no code, and who must reap them may never do so. Without /proc the answer
    is the leader's own group, as far as kill(2) knows it.
    """
    if _HAS_PROC:
        return frozenset(entry.group for entry in _table() if entry.session == session)
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return frozenset()
    except PermissionError:  # macOS says so for a group of zombies
        return frozenset()
    return frozenset((session,))


def session_alive(session: int) -> bool:
    """Tell whether anything of the session still lives."""
    return bool(groups_of(session))


def signal_session(session: int, signum: int) -> bool:
    """Send a signal to every process of the session; return whether there was one."""
    groups = groups_of(session)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signum)
    return bool(groups)


def children_of(parent: int) -> tuple[int, ...]:
    """Return the living children of a process; empty where there is no /proc to tell."""
    return tuple(entry.pid for entry in _table() if entry.parent == parent) if _HAS_PROC else ()


def _table() -> Iterator[Entry]:
    """Yield every living process there is to be seen (proc(5), /proc/PID/stat)."""
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            # A process may end while we look at it.
            with contextlib.suppress(OSError):
                if entry := _parse(int(folder.name), (folder / "stat").read_bytes()):
                    yield entry


def _parse(pid: int, stat: bytes) -> Entry | None:
    """Read `PID (command) state parent group session …`; the command may hold spaces and parentheses."""
    state, parent, group, session = stat[stat.rindex(b")") + 2 :].split(maxsplit=4)[:4]
    return None if state in _DEAD else Entry(pid, int(parent), int(group), int(session))
