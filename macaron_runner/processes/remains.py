"""What a process leaves behind that died under its own children: they may finish what they are at, then they go.

Orphaned gunicorn workers still answer requests. Not for the process itself (lifecycle).
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from macaron_runner.processes.hands import Hands
    from macaron_runner.processes.member import Member


class Remains:
    """Ends sessions whose leader died, by means of `hands`; they are noted at their members."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._something_ended = False

    def note_end(self) -> None:
        """Hear that some process ended: it may have been the last one of a session."""
        self._something_ended = True

    def leave(self, member: Member, limit: float, now: float) -> None:
        """Ask what a member that has just died left to end by a time, if any of it is left."""
        session = member.pid
        if not self._hands.session_alive(session):
            self._hands.session_gone(session)
            return
        if limit > now:
            self._hands.signal_session(session, signal.SIGTERM)
        member.remains[session] = limit

    def hasten(self, member: Member, limit: float) -> None:
        """Have what a member left end by this time at the latest."""
        member.remains = {session: min(due, limit) for session, due in member.remains.items()}

    def end(self, members: Iterable[Member], now: float) -> None:
        """Forget sessions that are gone, kill those whose time is up. We look only when something ended."""
        for member in members:
            for session, limit in tuple(member.remains.items()):
                if now >= limit:
                    self._hands.signal_session(session, signal.SIGKILL)
                elif not self._something_ended or self._hands.session_alive(session):
                    continue
                del member.remains[session]
                self._hands.session_gone(session)
        self._something_ended = False
