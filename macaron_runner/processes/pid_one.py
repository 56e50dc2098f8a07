"""PID 1 of a container in which one process runs alone: hands signals on to it, reaps orphans, ends as it ends.

The kernel gives PID 1 every orphan of the container, whose zombies stay until they are reaped, and keeps from it every
signal that it has no handler for: few programs are made for that. `spawn.exec_process` runs this as a file, by a Python
without site-packages, so that it takes few megabytes: nothing of ours is imported here. All signals are blocked when it
begins. Not for several processes (supervisor, which is a PID 1 by itself).
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

_NOT_FOR_OTHERS = (signal.SIGTTIN, signal.SIGTTOU)
"""What a terminal tells us about ourselves."""


def stand_before(child: int) -> int:
    """Serve until the child has ended; return its exit code, 128 and the signal's number where one killed it."""
    while True:
        signum = signal.sigwait(signal.valid_signals())
        if signum == signal.SIGCHLD:
            code = _reap(child)
            if code is not None:
                return code
        elif signum not in _NOT_FOR_OTHERS:
            with suppress(ProcessLookupError):
                os.kill(child, signum)


def _reap(child: int) -> int | None:
    """Take every process that ended; return the exit code of the child, None while it lives."""
    found = None
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            pid, status = ended
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                found = code if code >= 0 else 128 - code
    return found


if __name__ == "__main__":
    sys.exit(stand_before(int(sys.argv[1])))
