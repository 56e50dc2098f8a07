"""`macaron completion`: the script by which a shell completes macaron's verbs, options and their values.

It is made from the parsers themselves, so no option can be missing in it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import Final

from macaron_runner.errors import UsageError

SHELLS: Final = ("bash", "fish", "zsh")

_EPILOG: Final = """\
where to put it:
  bash   macaron completion bash > ~/.local/share/bash-completion/completions/macaron
  fish   macaron completion fish > ~/.config/fish/completions/macaron.fish
  zsh    macaron completion zsh > "${fpath[1]}/_macaron"
"""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the shell; and, for the scripts themselves, the file whose keys, or whose APIs' operations, they offer."""
    parser.add_argument("shell", nargs="?", choices=SHELLS, help="the shell that the script is for")
    parser.add_argument("--keys-of", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--calls-of", metavar="FILE", help=argparse.SUPPRESS)
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def execute(arguments: argparse.Namespace) -> int:
    """Print the script on stdout.

    With --keys-of, the keys that patterns on stdin mean in a file; with --calls-of, what may come behind the words on
    stdin, a line each, in a call of one of its APIs.
    """
    if arguments.keys_of is not None:
        from macaron_runner.cli.keys import expand

        print("\n".join(expand(sys.stdin.read().split(), _file(arguments.keys_of))))
        return 0
    if arguments.calls_of is not None:
        from macaron_runner.cli.calls import offers

        print("\n".join(offers(sys.stdin.read().split(), _file(arguments.calls_of))))
        return 0
    if arguments.shell is None:
        raise UsageError(f"say which shell: macaron completion {'|'.join(SHELLS)}")
    script = importlib.import_module(f"macaron_runner.cli.completion_{arguments.shell}")
    print(script.render(), end="")
    return 0


def _file(given: str) -> str:
    return given or os.environ.get("MACARON_CONFIG") or "macaron.yaml"
