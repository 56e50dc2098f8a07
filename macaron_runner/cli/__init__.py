"""The command line: one small module a group of verbs. It decides nothing; the rooms below do.

A verb's module has `describe(parser)`, which adds its arguments, and `execute(arguments) -> int`, the exit code. It is
imported only when its verb is used, so that `macaron --help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any, Final

from macaron_runner import errors
from macaron_runner.collection import keep_for_good, uncollected
from macaron_runner.streams import restored_output

VERBS: Final = {
    "run": "start the service and keep it running",
    "check": "find everything that is wrong before anything runs",
    "explain": "tell where a value comes from, or what the code of a diagnostic means",
    "config": "print the configuration as it counts, each value with its origin",
    "health": "ask the workers, or the web, whether they get their work done",
    "routes": "list the operations: path, handler, who may call them",
    "tasks": "show what tasks there are, what waits, runs and failed; queue, revoke, retry",
    "audit": "find what is unsafe",
    "init": "write a new service, from a template or from an API document",
    "mock": "serve documents alone: every answer is an example or made up",
    "build": "build the container image, and bring it to its registry",
    "plan": "show what a deployment would change of what is live",
    "deploy": "bring the service to a target, or undo what was begun",
    "rollback": "bring back a release that was live before",
    "status": "show what is live at the targets, and how it fares",
    "logs": "show the last lines of what runs at a target",
    "token": "print a token that the service accepts",
    "call": "call an operation of an API",
    "models": "write what type checkers and editors should know of the models and clients",
    "schema": "print the JSON Schema of macaron.yaml, for editors",
    "completion": "print the completion script for a shell",
    "version": "print the version of the service",
}

ASKED: Final = ("config", "routes", "check", "version")
"""What `macaron run FILE` answers instead of running, where the word follows the file."""

_PID_ONE: Final = 1

_EPILOG = """\
exit codes:
  0 fine   1 findings   2 usage   69 something needed was not there   70 crash loop   78 bad configuration

With no file argument: $MACARON_CONFIG, else ./macaron.yaml. Overlay: --env, else $MACARON_ENV.
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code. A traceback never reaches the user."""
    words = sys.argv[1:] if argv is None else argv
    _prepare_streams()
    if (
        os.getpid() == _PID_ONE
    ):  # of a container: the kernel keeps from it every signal that it has no handler for
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with restored_output():
            return _execute(words)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of our output went away (`macaron schema | head`): nothing more to say, as every program does.
        _discard_output()
        return 128 + signal.SIGPIPE


def _prepare_streams() -> None:
    """Make it impossible that a text cannot be printed: closed streams swallow it, odd characters are escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - it stays open
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Let what is still in stdout's buffer go nowhere; otherwise the interpreter would fail on it at its end."""
    with contextlib.suppress(io.UnsupportedOperation):  # a stdout of a test's own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _execute(words: list[str]) -> int:
    words = _asked(words)
    verb = words[0] if words else ""
    try:
        arguments = _parse(words)
        code: int = arguments.execute(arguments)
        sys.stdout.flush()
    except errors.CommandError as error:
        return _explain(error, verb)
    except BrokenPipeError:
        raise
    except OSError as error:
        # Nothing of ours: a full disk under stdout, no file descriptors left.
        _discard_output()
        return _explain(errors.DependencyMissing(str(error)), verb)
    except Exception as error:
        return _internal(error)
    return code


def _parse(words: list[str]) -> argparse.Namespace:
    if not words or words[0].startswith("-"):
        _overview().parse_args(words)  # it answers -h and --version, and ends
        raise errors.UsageError("the verb comes first; see macaron --help")
    verb = words[0]
    if verb not in VERBS:
        raise errors.UsageError(_unknown_verb(verb))
    parser = argparse.ArgumentParser(
        prog=f"macaron {verb}", description=f"{VERBS[verb].capitalize()}.", allow_abbrev=False
    )
    with uncollected():
        module = importlib.import_module(f"macaron_runner.cli.{verb}")
        keep_for_good()
    module.describe(parser)
    # Intermixed: plain parsing takes every optional value at the first one, so that the file of
    # `macaron explain KEY --format json FILE` would be one word too many.
    return parser.parse_intermixed_args(words[1:], argparse.Namespace(verb=verb, execute=module.execute))


def _asked(words: list[str]) -> list[str]:
    """Return the words of a command: `run FILE VERB …`, as one asks an image that runs a file, is `VERB FILE …`."""
    match words:
        case ["run", file, verb, *rest] if verb in ASKED and not file.startswith("-"):
            return [verb, file, *rest]
    return words


def _overview() -> argparse.ArgumentParser:
    """Return the parser of a command line that does not begin with a verb: it can only ask for help or version."""
    parser = argparse.ArgumentParser(
        prog="macaron",
        description=f"Run a Python API service from one configuration file.\n\nverbs:\n{_listed(VERBS)}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version of macaron")
    parser.add_argument(
        "verb",
        metavar="VERB",
        nargs=argparse.PARSER,
        help="one of these; macaron VERB --help tells its options",
    )
    return parser


class _Version(argparse.Action):
    """Prints the version of macaron; looking it up costs more than all the rest of --help."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(version("macaron-runner"))
        parser.exit()


def _listed(summaries: Mapping[str, str]) -> str:
    """Return a line a verb, in two columns: argparse's own list breaks where a verb is long."""
    width = max(map(len, summaries)) + 3
    return "\n".join(f"  {verb:{width}}{summary}" for verb, summary in summaries.items())


def _unknown_verb(word: str) -> str:
    from macaron_runner.diagnostics import near_word

    return f'there is no verb "{word}"; {near_word(word, VERBS) or "see macaron --help"}'


def _explain(error: errors.CommandError, verb: str) -> int:
    from macaron_runner.cli.terminal import colored

    print(_explanation(error, verb, color=colored(sys.stderr)), file=sys.stderr)
    if verb == "run":
        from macaron_runner.processes.termination import leave_word
        from macaron_runner.streams import as_shown

        leave_word(as_shown(_explanation(error, verb)), error.exit_code)
    return error.exit_code


def _explanation(error: errors.CommandError, verb: str, *, color: bool = False) -> str:
    from macaron_runner.diagnostics import BadConfiguration
    from macaron_runner.rendering import render_text

    if not isinstance(error, BadConfiguration):
        return f"macaron: {error}"
    count = len(error.diagnostics)
    outcome = ", nothing was started" if verb in ("run", "mock") else ""
    notes = (f"{count} problem{'s' if count != 1 else ''} found{outcome}", *getattr(error, "__notes__", ()))
    lines = "\n".join(f"macaron: {note}" for note in notes)
    return f"{render_text(error.diagnostics, color=color)}\n\n{lines}"


def _internal(error: Exception) -> int:
    """Say that macaron itself is at fault, in one line; the traceback only where somebody asked to debug."""
    if os.environ.get("MACARON_LOG_LEVEL", "").lower() == "debug":
        import traceback

        traceback.print_exception(error)
    print(
        f"macaron: internal error: {type(error).__name__}: {error}\n"
        "This is a fault of macaron, not of your files. MACARON_LOG_LEVEL=debug shows where it happened.",
        file=sys.stderr,
    )
    return errors.CrashLoop.exit_code


if __name__ == "__main__":
    sys.exit(main())
