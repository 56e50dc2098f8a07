"""Starting one program: in a session of its own (`spawn`), or in place of ourselves (`exec_process`).

Not subprocess: its objects reap their own children and would race with the one place that reaps everything
here, and between fork and exec we have more to say (the guardian, the parent's death).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from macaron_runner.processes import pid_one
from macaron_runner.processes.listeners import open_listeners, with_listeners
from macaron_runner.processes.prctl import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from macaron_runner.processes.process import Process

EXIT_NOT_FOUND: Final = 127
EXIT_NOT_EXECUTABLE: Final = 126

_PID_ONE: Final = 1
_PYTHON_IGNORES: Final = (signal.SIGPIPE, signal.SIGXFSZ)


def spawn(
    process: Process,
    environment: Mapping[str, str],
    *,
    descriptors: Sequence[int] = (),
    stdout: int = 1,
    stderr: int = 2,
    announce: Callable[[int], None] | None = None,
) -> int:
    """Start the process's program in a new session; return its pid, which is also the session's number.

    `environment` is what it inherits; `descriptors` are its listeners, which keep their numbers; `announce`
    is called in the new process with its pid before the program runs. stdin is empty. Raises OSError where no
    process can be made; a program that cannot be run says so on its stderr and ends with 126 or 127, as in a
    shell.
    """
    told = with_listeners({**environment, **process.environment}, descriptors)
    parent = os.getpid()
    # A signal between fork and exec would run in the copy, and wake the original through the pipe both share.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                if announce is not None:
                    announce(os.getpid())
                die_with_parent(parent, signal.SIGTERM)
                _redirect(stdout, stderr)
                _reset_signals(signal.valid_signals())
                _execute(process.argv, told, descriptors)
            finally:
                os._exit(EXIT_NOT_EXECUTABLE)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return pid


def exec_process(process: Process, environment: Mapping[str, str], *, keep: Sequence[int] = ()) -> NoReturn:
    """Become the process: one that runs alone needs no supervisor.

    Its listeners are opened and inherited, and so are the descriptors in `keep` (a lock that must live as
    long as the program). As PID 1 of a container we become its child instead, and a tiny program stays before it
    (pid_one). Raises DependencyMissing where a listener cannot be opened.
    """
    listeners = open_listeners(process.listeners)
    descriptors = listeners.descriptors(process.listeners)
    told = with_listeners({**environment, **process.environment}, descriptors)
    if os.getpid() == _PID_ONE:
        _step_aside()
    _reset_signals(_PYTHON_IGNORES)
    _execute(process.argv, told, (*descriptors, *keep))


def _step_aside() -> None:
    """Go on as a child, in a session of its own, of a program that takes our place."""
    signal.pthread_sigmask(
        signal.SIG_BLOCK, signal.valid_signals()
    )  # what comes now is the program's to hand on
    child = os.fork()
    if child:
        words = [sys.executable, "-I", "-S", pid_one.__file__, str(child)]
        os.execv(words[0], words)  # noqa: S606 - no shell is what we want
    os.setsid()


def _redirect(stdout: int, stderr: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (stdout, 1), (stderr, 2)):
        if source == target:
            os.set_inheritable(source, True)  # noqa: FBT003
        else:
            os.dup2(source, target)


def _execute(argv: Sequence[str], environment: Mapping[str, str], descriptors: Sequence[int]) -> NoReturn:
    """Run the program in this process; where that fails, say so and end."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)  # noqa: FBT003
    try:
        os.execvpe(argv[0], list(argv), environment)  # noqa: S606  # no shell is what we want
    except OSError as error:
        os.write(2, f"cannot run {argv[0]}: {error.strerror}\n".encode())
        os._exit(EXIT_NOT_FOUND if isinstance(error, FileNotFoundError) else EXIT_NOT_EXECUTABLE)


def _reset_signals(signals: Iterable[int]) -> None:
    """Give these signals their default meaning, then block none.

    exec would leave what is ignored as it is; and one that is caught must not be swallowed in between.
    """
    for signum in signals:
        if signal.getsignal(signum) not in (signal.SIG_DFL, None):
            with contextlib.suppress(OSError):
                signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
