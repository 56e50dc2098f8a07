"""Attention: whether a process that was started is ready, and whether it still does its work. Not for what follows.

What is not there cannot be waited for: it is looked for, at the member's `due`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from macaron_runner.processes.member import Member, State

if TYPE_CHECKING:
    from macaron_runner.processes.hands import Hands

READY_TIMEOUT: Final = 30.0
"""Seconds in which a process with a ready_socket must accept connections."""
SOCKET_CHECK: Final = 5.0
"""Seconds between two looks whether a ready_socket still accepts connections."""
HEALTH_CHECK: Final = 10.0
"""Seconds between two looks at the heartbeats of a process."""
SURE: Final = 2
"""So many looks in a row must find a process deaf: one alone may come right after the machine has slept."""

_FIRST_LOOK, _LAST_LOOK = 0.005, 0.25


class Attention:
    """Looks at processes by means of `hands`."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    def begin(self, member: Member, now: float) -> None:
        """Note what state a process that was just started is in, and when to look at it, if ever."""
        if member.process.ready_socket:
            member.state, member.due, member.pause = State.STARTING, now + _FIRST_LOOK, _FIRST_LOOK
        else:
            due = now + HEALTH_CHECK if member.process.heartbeats else None
            member.state, member.due, member.was_ready = State.RUNNING, due, True

    def fault(self, member: Member, now: float) -> str:
        """Return why a process must be killed, "" where it need not be; then it is looked at again when due."""
        if member.state is State.STARTING:
            return self._not_ready(member, now)
        return self._deaf(member, now) if member.process.heartbeats else self._unreachable(member, now)

    def _not_ready(self, member: Member, now: float) -> str:
        """See whether it is ready, ever more rarely."""
        limit = member.since + READY_TIMEOUT
        if self._hands.accepts(member.process.ready_socket):
            member.state, member.due, member.was_ready = State.RUNNING, now + SOCKET_CHECK, True
            self._hands.say(f"{member.name} is ready")
        elif now >= limit:
            return f"was not ready within {READY_TIMEOUT:g} s"
        else:
            member.pause = min(member.pause * 1.5, _LAST_LOOK)
            member.due = min(now + member.pause, limit)
        return ""

    def _unreachable(self, member: Member, now: float) -> str:
        """See whether it can still be reached: whoever tidies up temporary files may have removed its socket."""
        if not self._hands.accepts(member.process.ready_socket):
            return "cannot be reached at its socket any more"
        member.due = now + SOCKET_CHECK
        return ""

    def _deaf(self, member: Member, now: float) -> str:
        """See whether its work gets done."""
        fault = self._hands.fault(member.process, member.pid)
        member.faults = member.faults + 1 if fault else 0
        if member.faults >= SURE:
            return f"is deaf ({fault})"
        member.due = now + HEALTH_CHECK
        return ""
