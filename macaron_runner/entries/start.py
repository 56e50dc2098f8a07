"""How every process of a service begins and, where it cannot, says why: on stderr, and by its exit code.

Not for the command line's verbs, which explain themselves (cli).
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TextIO

from macaron_runner import logs
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import CommandError, CrashLoop
from macaron_runner.processes.termination import leave_word
from macaron_runner.rendering import render_text
from macaron_runner.streams import as_shown, redact_output

GARBAGE_LEFT: Final = 10_000
"""How many containers may be left over before Python looks for circles among them. With its own 700, a request that
makes a thousand models has it look several times through what is in use, a tenth of the request's time."""

Main = Callable[[Sequence[str]], int]
"""An entry's work: its words in, its exit code out."""


def start() -> NoReturn:
    """Run `main` of the entry that this process's first word names with the other words; exit with its code.

    Nothing is collected until the entry settles: a start only makes what stays, and looking through that again and
    again is a good part of its time.
    """
    gc.disable()
    kind, *words = sys.argv[1:]

    def main(words: Sequence[str]) -> int:
        code: int = importlib.import_module(f"macaron_runner.entries.{kind}").main(words)
        return code

    sys.exit(guarded(main, words, os.environ))


def settle() -> None:
    """End the start: what is loaded by now stays, is shared with forked processes, and is never looked through."""
    gc.freeze()
    gc.set_threshold(GARBAGE_LEFT)
    gc.enable()


def speak(configuration: Configuration) -> None:
    """Begin to log as the service says; from here on no text of this process shows one of its secrets."""
    log = configuration.config.observability.logs
    logs.configure(log.level, log.format, redact=configuration.redactor.redact)
    redact_output(configuration.redactor)


def guarded(
    main: Main, words: Sequence[str], environ: Mapping[str, str], *, stderr: TextIO | None = None
) -> int:
    """Run `main`; return its exit code, or the one of the error that ended it, explained on `stderr`.

    The default is what sys.stderr is at that time: `main` may have put a redactor before it.
    A CommandError is a sentence, BadConfiguration its diagnostics, anything else one line that names the
    error: the traceback is shown with MACARON_LOG_LEVEL=debug only.
    """
    try:
        return main(words)
    except Exception as error:
        if environ.get("MACARON_LOG_LEVEL", "").lower() == "debug":
            traceback.print_exception(error, file=stderr or sys.stderr)
        explanation = _explain(error)
        print(explanation, file=stderr or sys.stderr, flush=True)
        code = error.exit_code if isinstance(error, CommandError) else CrashLoop.exit_code
        leave_word(as_shown(explanation), code)
        return code


def _explain(error: Exception) -> str:
    if isinstance(error, BadConfiguration):
        return render_text(error.diagnostics)
    if isinstance(error, CommandError):
        return f"macaron: {error}"
    return (
        f"macaron: the process could not go on: {type(error).__name__}: {error}\n"
        "MACARON_LOG_LEVEL=debug shows where it happened."
    )
