"""Decides what is started, restarted, stopped and killed, and when; Hands carry it out.

What happens comes in as calls (`exited`, `signalled`, `tick`), the time from a clock given to it, so that a
test replays any history. Not for the operating system (supervisor).

    waiting ──> starting ──> running ──> backing off ──> starting …
                   │            └────> renewing ──┘ │
                   └────────────┴─────────────┴─────┴──> stopping ──> stopped
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING, Final

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import CrashLoop, DependencyMissing, UsageError
from macaron_runner.processes.attention import Attention
from macaron_runner.processes.member import Member, State, Stop
from macaron_runner.processes.remains import Remains
from macaron_runner.processes.restarts import Failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from macaron_runner.processes.hands import Hands
    from macaron_runner.processes.process import Process, Role

RENEWAL_GRACE: Final = 5.0
"""Seconds that a process gets to stop gracefully before it begins anew; then it must be quick."""
QUICK_GRACE: Final = 5.0
"""Seconds that a quick stop allows each process."""
KILL_GRACE: Final = 5.0
"""Seconds after SIGKILL in which the kernel must have ended a process; one stuck in a broken disk is left."""
SAME_REQUEST: Final = 0.2
"""Seconds in which a second signal is the first one heard twice (a terminal and a wrapper both send it)."""

_ASKS: Final[Mapping[int, Stop]] = {
    signal.SIGTERM: Stop.GRACEFUL,
    signal.SIGINT: Stop.QUICK,
    signal.SIGQUIT: Stop.IMMEDIATE,
}
_SAYS: Final = {Stop.GRACEFUL: "stopping", Stop.QUICK: "stopping quickly", Stop.IMMEDIATE: "stopping at once"}

_STAGES: Final[Mapping[Stop, tuple[tuple[Role, ...], ...]]] = {
    # Requests under way may still queue tasks; the broker is needed until the last task is acknowledged.
    Stop.GRACEFUL: (("web",), ("scheduler",), ("worker",), ("broker",)),
    Stop.QUICK: (("web", "scheduler", "worker"), ("broker",)),
    Stop.IMMEDIATE: (("web", "scheduler", "worker", "broker"),),
}


class Lifecycle:
    """The lives of a service's processes, given in start order.

    Call `tick` to begin, after every other call, and when `deadline` has come; the service has ended when
    `finished` is true, `exit_code` then says how (0: it was told to stop), and `reason` why. A `patient` one ends for
    nothing else: what cannot run waits to be renewed.
    """

    def __init__(
        self,
        processes: Sequence[Process],
        hands: Hands,
        *,
        patient: bool = False,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.members = tuple(Member(process) for process in processes)
        self.exit_code = 0
        self.reason = ""
        self.stop = Stop.NOT
        self._hands = hands
        self._attention = Attention(hands)
        self._patient = patient
        self._clock = clock
        self._random = random
        self._asked = Stop.NOT
        self._asked_at = 0.0
        self._remains = Remains(hands)

    @property
    def finished(self) -> bool:
        """Whether everything was stopped."""
        return bool(self.stop) and not any(member.present for member in self.members)

    @property
    def deadline(self) -> float | None:
        """When `tick` must be called next, on the clock; None: only after something else happened."""
        return min((due for member in self.members for due in member.deadlines), default=None)

    # What happens.

    def tick(self) -> None:
        """Do whatever is due now."""
        now = self._clock()
        self._remains.end(self.members, now)
        for member in self.members:
            if member.due is not None and now >= member.due:
                self._take_step(member, now)
        if not self.stop:
            self._start_waiting(now)
        if self.stop:
            self._stop_next(now)

    def exited(self, pid: int, status: int) -> None:
        """Hear that a child ended, with its wait(2) status; an unknown one is an orphan that came to us."""
        self._remains.note_end()
        for member in self.members:
            if member.pid == pid:
                self._leader_exited(member, os.waitstatus_to_exitcode(status), self._clock())

    def signalled(self, signum: int) -> None:
        """Hear a signal: TERM, INT and QUIT stop ever harder, and each further one stops a step harder."""
        if signum not in _ASKS:
            self._hands.say(
                f"{signal.Signals(signum).name}: no signal reloads in this version, nothing was done"
            )
            return
        now = self._clock()
        asked = _ASKS[signum]
        if self._asked and now - self._asked_at >= SAME_REQUEST:
            asked = max(asked, Stop(min(self._asked + 1, Stop.IMMEDIATE)))
        self._asked, self._asked_at = max(asked, self._asked), now
        self._begin_stop(self._asked)

    def renew(self, processes: Iterable[Process]) -> None:
        """Have these take the place of those of the same names: each of them stops, and begins anew."""
        now = self._clock()
        renewed = {} if self.stop else {process.name: process for process in processes}
        for member in self.members:
            if member.name in renewed and member.state is not State.WAITING:
                member.process, member.failures = renewed[member.name], Failures()
                self._renew(member, now)

    # Starting.

    def _renew(self, member: Member, now: float) -> None:
        if not member.pid:
            member.state, member.due = State.BACKING_OFF, now
        elif member.state is not State.RENEWING:
            member.state, member.due = State.RENEWING, now + min(RENEWAL_GRACE, member.process.grace)
            self._hands.signal(member.pid, member.process.stop_signal)

    def _renew_harder(self, member: Member, now: float) -> None:
        """End what still runs, after which it would begin anew."""
        if member.told < Stop.QUICK:
            member.told, member.due = Stop.QUICK, now + QUICK_GRACE
            self._hands.signal(member.pid, member.process.quick_stop_signal)
        else:
            member.due = None
            self._kill(member)

    def _start_waiting(self, now: float) -> None:
        """Start, in order, what was never started, as far as everything before it has been ready once."""
        for member in self.members:
            if member.state is State.WAITING:
                self._start(member, now)
            if not member.was_ready:
                return

    def _start(self, member: Member, now: float) -> None:
        member.since, member.killed, member.faults, member.told = now, False, 0, Stop.NOT
        try:
            member.pid = self._hands.spawn(member.process)
        except OSError as error:
            self._failed(member, f"could not be started: {error.strerror}", now)
            return
        self._hands.say(f"{member.name} started (pid {member.pid})")
        self._attention.begin(member, now)

    def _look(self, member: Member, now: float) -> None:
        if self.stop and member.state is State.RUNNING:
            member.due = None  # it will be told to stop: how it fares is nobody's concern any more
        elif fault := self._attention.fault(member, now):
            member.due = None
            self._hands.say(f"{member.name} {fault}, killing it")
            self._kill(member)

    # Dying.

    def _leader_exited(self, member: Member, code: int, now: float) -> None:
        self._remains.leave(member, self._end_of_remains(member, now), now)
        member.pid, member.due = 0, None
        if self.stop:
            member.state = State.STOPPED
            self._hands.say(f"{member.name} stopped{'' if code == 0 else f' ({_describe(code)})'}")
        elif member.state is State.RENEWING:
            member.state, member.due = State.BACKING_OFF, now
        elif code in (BadConfiguration.exit_code, UsageError.exit_code):
            self._give_up(member, BadConfiguration.exit_code, f"cannot run as configured ({_describe(code)})")
        elif code == DependencyMissing.exit_code and not self._is_proven(member, now):
            self._give_up(member, code, f"lacks something it needs ({_describe(code)})")
        else:
            self._failed(member, f"died ({_describe(code)})", now, outside=code == -signal.SIGKILL)

    def _end_of_remains(self, member: Member, now: float) -> float:
        """Return until when what a dead process leaves behind may go on."""
        if self.stop is Stop.IMMEDIATE or member.killed:
            return now
        limit = now + member.process.orphan_grace
        return min(limit, member.due) if self.stop and member.due is not None else limit

    def _is_proven(self, member: Member, now: float) -> bool:
        return member.failures.after(now - member.since, outside=False).proven

    def _failed(self, member: Member, what: str, now: float, *, outside: bool = False) -> None:
        member.failures = member.failures.after(now - member.since, outside=outside)
        if member.failures.looping:
            times = f"{member.failures.deaths} times in a row"
            self._give_up(member, CrashLoop.exit_code, f"{what}, {times}, and is given up")
            return
        delay = member.failures.delay(self._random)
        member.state, member.due = State.BACKING_OFF, now + delay
        self._hands.say(f"{member.name} {what}, restarting {f'in {delay:.1f} s' if delay else 'now'}")

    def _give_up(self, member: Member, code: int, why: str) -> None:
        member.state, member.due = State.STOPPED, None
        if self._patient:
            self._hands.say(f"{member.name} {why}: it waits for a change")
            return
        if not self.exit_code:
            self.exit_code, self.reason = code, f"{member.name} {why}"
        self._hands.say(f"{member.name} {why}: stopping everything")
        self._begin_stop(Stop.GRACEFUL)

    # Stopping.

    def _begin_stop(self, how: Stop) -> None:
        if how <= self.stop:
            return
        if not self.stop:
            # First of all: otherwise connections would go on queueing at a socket that nobody accepts from.
            self._hands.close_listeners()
            for member in self.members:
                if not member.pid:
                    member.state, member.due = State.STOPPED, None
        self.stop = how
        self._hands.say(_SAYS[how])

    def _stop_next(self, now: float) -> None:
        """Tell the first stage of which anything is left; the next one waits until it is gone."""
        for roles in _STAGES[self.stop]:
            present = [member for member in self.members if member.process.role in roles and member.present]
            for member in present:
                if member.told < self.stop:
                    self._tell(member, now)
            if present:
                return

    def _tell(self, member: Member, now: float) -> None:
        member.told = self.stop
        if self.stop is Stop.IMMEDIATE:
            self._expire(member, now)
            return
        quick = self.stop is Stop.QUICK
        limit = now + (min(QUICK_GRACE, member.process.grace) if quick else member.process.grace)
        self._remains.hasten(member, limit)
        if member.pid:
            member.state, member.due = State.STOPPING, limit
            self._hands.signal(
                member.pid, member.process.quick_stop_signal if quick else member.process.stop_signal
            )

    def _take_step(self, member: Member, now: float) -> None:
        match member.state:
            case State.STARTING | State.RUNNING:
                self._look(member, now)
            case State.BACKING_OFF:
                self._start(member, now)
            case State.RENEWING:
                self._renew_harder(member, now)
            case State.STOPPING if member.killed:
                self._abandon(member)
            case State.STOPPING:
                self._hands.say(f"{member.name} did not stop in time, killing it")
                self._expire(member, now)

    def _expire(self, member: Member, now: float) -> None:
        """Kill all that is left of it."""
        self._remains.hasten(member, now)
        if member.pid:
            self._kill(member)
            member.state, member.due = State.STOPPING, now + KILL_GRACE

    def _kill(self, member: Member) -> None:
        member.killed = True
        self._hands.signal_session(member.pid, signal.SIGKILL)
        # It may not lead its session yet, so early in its life.
        self._hands.signal(member.pid, signal.SIGKILL)

    def _abandon(self, member: Member) -> None:
        self._hands.say(f"{member.name} (pid {member.pid}) cannot even be killed and is left behind")
        member.pid, member.state, member.due = 0, State.STOPPED, None


def _describe(code: int) -> str:
    """Return "exit code 1" or "killed by SIGKILL"."""
    return f"exit code {code}" if code >= 0 else f"killed by {_signal_name(-code)}"


def _signal_name(signum: int) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:  # a real-time signal
        return f"signal {signum}"
