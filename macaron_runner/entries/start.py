"""How every process of a service begins and, where it cannot, says why: on stderr, and by its exit code.

Not for the command line's verbs, which explain themselves (cli).
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, TextIO

from macaron_runner.diagnostics import BadConfiguration, render_text
from macaron_runner.errors import CommandError, CrashLoop

Main = Callable[[Sequence[str]], int]
"""An entry's work: its words in, its exit code out."""


def start(main: Main) -> NoReturn:
    """Run `main` with this process's words, and exit with its code."""
    sys.exit(guarded(main, sys.argv[1:], sys.stderr, os.environ))


def guarded(main: Main, words: Sequence[str], stderr: TextIO, environ: Mapping[str, str]) -> int:
    """Run `main`; return its exit code, or the one of the error that ended it, explained on `stderr`.

    A CommandError is a sentence, BadConfiguration its diagnostics, anything else one line that names the
    error: the traceback is shown with MACARON_LOG_LEVEL=debug only.
    """
    try:
        return main(words)
    except Exception as error:
        if environ.get("MACARON_LOG_LEVEL", "").lower() == "debug":
            traceback.print_exception(error, file=stderr)
        print(_explain(error), file=stderr, flush=True)
        return error.exit_code if isinstance(error, CommandError) else CrashLoop.exit_code


def _explain(error: Exception) -> str:
    if isinstance(error, BadConfiguration):
        return render_text(error.diagnostics)
    if isinstance(error, CommandError):
        return f"macaron: {error}"
    return (
        f"macaron: the process could not go on: {type(error).__name__}: {error}\n"
        "MACARON_LOG_LEVEL=debug shows where it happened."
    )
