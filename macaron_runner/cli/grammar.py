"""The whole command line as data, read off the parsers that also read it: verbs, options, what each value is.

For completion scripts. Not for parsing (cli).
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from macaron_runner.cli import VERBS

Kind: TypeAlias = Literal[
    "choice", "config", "document", "folder", "environment", "setting", "topic", "called", "free"
]
"""What a value is: one of some words, a macaron.yaml, an API document, a folder, an environment that has an overlay, a
key of the configuration with a value, what `explain` explains (a key or a code), a word of a call of an API, or
anything."""

KINDS: Final[Mapping[str, Kind]] = {
    "ADDRESS": "free",
    "API": "called",
    "DIRECTORY": "folder",
    "DOCUMENT": "document",
    "DURATION": "free",
    "ENV": "environment",
    "FILE": "config",
    "FOLDER": "folder",
    "FORMAT": "free",
    "HOST": "free",
    "ID": "free",
    "JSON": "free",
    "JSON|@FILE": "free",
    "KEY": "topic",
    "KEY=VALUE": "setting",
    "NAME": "free",
    "NAME=VALUE": "free",
    "NAME=VALUE|FILE": "called",
    "NAME|ID": "free",
    "OPERATION": "called",
    "PATH": "free",
    "NUMBER": "free",
    "PORT": "free",
    "REFERENCE": "free",
    "SECONDS": "free",
    "TARGET": "free",
    "TYPE": "free",
    "URL": "free",
    "VERIFIER:USER": "free",
}
"""What stands for a value in the help (its metavar) -> what it is. A test demands that every one is here."""

_DOCUMENTS: Final = ("--from",)


@dataclass(frozen=True, slots=True)
class Value:
    """A value that is expected: its kind, and the words to choose from where there are some."""

    kind: Kind
    choices: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its spellings, what it is for, its value (None: it has none), whether it may be repeated."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb, with its options and its positional values in order; the last may be `repeated`."""

    name: str
    summary: str
    options: tuple[Option, ...]
    values: tuple[Value, ...]
    repeated: bool = False

    @property
    def with_value(self) -> tuple[str, ...]:
        """The spellings of the options that have a value."""
        return tuple(name for each in self.options if each.value is not None for name in each.names)

    @property
    def is_call(self) -> bool:
        """Whether its plain words are those of a call of an API."""
        return any(value.kind == "called" for value in self.values)


def grammar() -> tuple[Verb, ...]:
    """Return every verb of the command line. It imports all of their modules."""
    return tuple(_verb(name, summary) for name, summary in VERBS.items())


def _verb(name: str, summary: str) -> Verb:
    parser = argparse.ArgumentParser(prog=f"macaron {name}", allow_abbrev=False)
    importlib.import_module(f"macaron_runner.cli.{name}").describe(parser)
    actions = [action for action in parser._actions if action.help != argparse.SUPPRESS]  # no other way in
    options = tuple(_option(action) for action in actions if action.option_strings)
    positionals = [action for action in actions if not action.option_strings]
    values = tuple(_value(action) for action in positionals)
    return Verb(name, summary, options, values, any(action.nargs in ("*", "+") for action in positionals))


def _option(action: argparse.Action) -> Option:
    value = None if action.nargs == 0 else _value(action)
    repeated = isinstance(action, argparse._AppendAction)
    return Option(tuple(action.option_strings), (action.help or "").replace("%%", "%"), value, repeated)


def _value(action: argparse.Action) -> Value:
    name = str(action.metavar or action.dest).upper()
    if action.choices is not None:
        return Value("choice", tuple(map(str, action.choices)), name)
    kind = "document" if set(action.option_strings) & set(_DOCUMENTS) else KINDS.get(name, "free")
    return Value(kind, name=name)


def metavars() -> Iterator[tuple[str, str]]:
    """Yield verb and metavar of every value that is not one of some words."""
    for verb in grammar():
        for value in (*verb.values, *(option.value for option in verb.options)):
            if value is not None and value.kind != "choice":
                yield verb.name, value.name
