"""The command line: one small module a group of verbs. It decides nothing; the rooms below do.

A verb's module has `describe(parser)`, which adds its arguments, and `execute(arguments) -> int`, the exit code. It is
imported only when its verb is used, so that `macaron --help` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import Final

from macaron_runner import errors

VERBS: Final = {
    "run": "start the service and keep it running",
    "check": "find everything that is wrong before anything runs",
    "token": "print a token that the service accepts",
    "schema": "print the JSON Schema of macaron.yaml, for editors",
    "version": "print the version of macaron",
}

_EPILOG = """\
exit codes:
  0 fine   1 findings (check)   2 usage   69 something needed was not there   70 crash loop   78 bad configuration

With no file argument: $MACARON_CONFIG, else ./macaron.yaml. Overlay: --env, else $MACARON_ENV.
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code. A traceback never reaches the user."""
    words = sys.argv[1:] if argv is None else argv
    try:
        arguments = _parse(words)
        code: int = arguments.execute(arguments)
        sys.stdout.flush()
    except errors.CommandError as error:
        return _explain(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`macaron schema | head`): not an error, and nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _internal(error)
    return code


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="macaron",
        description="Run a Python API service from one configuration file.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    for verb, summary in VERBS.items():
        asked = bool(words) and words[0] == verb
        described = verbs.add_parser(
            verb, help=summary, description=f"{summary.capitalize()}.", allow_abbrev=False
        )
        if asked:
            module = importlib.import_module(f"macaron_runner.cli.{verb}")
            module.describe(described)
            described.set_defaults(execute=module.execute)
    return parser.parse_args(words)


def _explain(error: errors.CommandError) -> int:
    from macaron_runner.diagnostics import BadConfiguration, render_text

    if isinstance(error, BadConfiguration):
        from macaron_runner.cli.terminal import colored

        print(render_text(error.diagnostics, color=colored(sys.stderr)), file=sys.stderr)
        count = len(error.diagnostics)
        print(
            f"\nmacaron: {count} problem{'s' if count != 1 else ''} found, nothing was started",
            file=sys.stderr,
        )
    else:
        print(f"macaron: {error}", file=sys.stderr)
    return error.exit_code


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
