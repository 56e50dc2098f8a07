"""The completion script for fish: environments are found by the shell, keys by asking macaron. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from macaron_runner.cli.completion_scripts import filled
from macaron_runner.cli.grammar import Option, Value, Verb, grammar


def render() -> str:
    """Return the script for fish 3.1 and newer."""
    lines = [
        filled(_SCRIPT),
        "complete -c macaron -f -n __fish_use_subcommand -l version -d 'show the version'",
    ]
    for verb in grammar():
        lines.append(
            f"complete -c macaron -f -n __fish_use_subcommand -a {verb.name} -d {shlex.quote(verb.summary)}"
        )
        seen = f"-n '__fish_seen_subcommand_from {verb.name}'"
        lines += [f"complete -c macaron {seen}{_option(option, verb)}" for option in verb.options]
        lines += [f"complete -c macaron {place} {_value(value, verb)}" for place, value in _places(verb)]
    return "\n".join(lines) + "\n"


def _places(verb: Verb) -> Iterator[tuple[str, Value]]:
    """Yield each plain word that a verb takes, with the condition under which it is its turn."""
    seen = f"__fish_seen_subcommand_from {verb.name}"
    with_value = " ".join(verb.with_value)
    for place, value in enumerate(verb.values):
        compare = "-ge" if verb.repeated and value is verb.values[-1] else "-eq"
        turn = f"; and __macaron_at {compare} {place} {with_value}" if len(verb.values) > 1 else ""
        yield f"-n '{seen}{turn}'", value


def _option(option: Option, verb: Verb) -> str:
    words = [
        f" -l {name[2:]}" if name.startswith("--") else f" -{'s' if len(name) == 2 else 'o'} {name[1:]}"
        for name in option.names
    ]
    words.append(f" -d {shlex.quote(option.help)}" if option.help else "")
    return "".join(words) + (" -f" if option.value is None else f" -r {_value(option.value, verb)}")


def _value(value: Value, verb: Verb) -> str:
    return {
        "choice": f"-f -a '{' '.join(value.choices)}'",
        "config": "-f -a '(__macaron_files yaml yml)'",
        "document": "-f -a '(__macaron_files yaml yml json)'",
        "folder": "-f -a '(__fish_complete_directories (commandline -ct))'",
        "environment": "-f -a '(__macaron_environments)'",
        "setting": "-f -a '(__macaron_keys =)'",
        "topic": "-f -a '(__macaron_keys) $__macaron_codes'",
        "called": f"-f -a '(__macaron_called {' '.join(verb.with_value)})'",
        "free": "-f",
    }[value.kind]


_SCRIPT: Final = r"""# Completion of macaron for fish, written by `macaron completion fish`.

set -g __macaron_patterns "@patterns@"
set -g __macaron_codes @codes@

function __macaron_files
    for ending in $argv
        __fish_complete_suffix .$ending | string match -r -- ".*(?:/|\\.$ending)(?:\t.*)?\$"
    end
end

# The plain words before the one that is asked for; the arguments: the options that have a value.
function __macaron_plain
    set -l before
    for word in (commandline -opc)[3..-1]
        if not string match -q -- '-*' $word; and not contains -- "$before" $argv
            echo $word
        end
        set before $word
    end
end

# Whether there are as many of them as the first two arguments say (-eq 2); the others: as above.
function __macaron_at
    test (count (__macaron_plain $argv[3..-1])) $argv[1] $argv[2]
end

# What comes behind the plain words of a call: an API, an operation, parameters as NAME= and their values.
function __macaron_called
    set -l plain (__macaron_plain $argv)
    set -l command (commandline -opc)[1]
    set -l name (string match -r '^[^=]+=' -- (commandline -ct))
    if test (count $plain) -ge 2; and test -z "$name"
        __macaron_files yaml yml
    end
    printf '%s\n' $plain $name | $command completion --calls-of (__macaron_file) 2>/dev/null
end

# The macaron.yaml that the command is about.
function __macaron_file
    for word in (commandline -opc)[3..-1]
        if string match -qr '^[^-].*\.ya?ml$' -- $word; and test -f $word
            echo $word
            return
        end
    end
    set -q MACARON_CONFIG; and echo $MACARON_CONFIG; or echo macaron.yaml
end

function __macaron_environments
    set -l stem (string replace -r '\.[^.]*$' '' -- (__macaron_file))
    for overlay in $stem.*.yaml $stem.*.yml
        string replace -r '\.[^.]*$' '' -- (string sub -s (math (string length -- $stem.) + 1) -- $overlay)
    end
end

function __macaron_keys
    set -l command (commandline -opc)[1]
    for key in (echo $__macaron_patterns | $command completion --keys-of (__macaron_file) 2>/dev/null)
        echo $key"$argv[1]"
    end
end
"""
