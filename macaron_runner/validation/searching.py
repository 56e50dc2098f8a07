"""What a written search is made of where a comparison is not enough: keyword by keyword, and alternatives.

Not for writing one (locating).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from macaron_runner.validation.problems import pointer_of
from macaron_runner.validation.wording import Fault, Words, alternatives, words_for

Fits: TypeAlias = Callable[[Any], bool]

Steps: TypeAlias = tuple[str, ...]
"""Where a part of the value stands, as the steps of its JSON pointer: ("/items", "/0")."""

Search: TypeAlias = Callable[[Any, Steps, list[Fault[Steps]]], None]
"""Adds what is wrong with a value at a path to the list. Raises Beyond where only the engine can tell."""


class Beyond(Exception):
    """A part of the value has a schema that is not understood here."""


def give_up(_value: Any, _path: Steps, _found: list[Fault[Steps]]) -> None:
    """Leave any value to the engine."""
    raise Beyond


def tell(rules: tuple[tuple[Fits, Words], ...], value: Any, path: Steps, found: list[Fault[Steps]]) -> None:
    """Add what there is against a value, keyword by keyword."""
    for fits, words in rules:
        if not fits(value):
            found.append((path, words, value))


def step(name: str) -> str:
    """Return a property's step of a JSON pointer: "a/b" -> "/a~1b"."""
    return pointer_of([name])


def choice(keyword: str, arms: list[Search]) -> Search:
    """Return what searches a value by alternatives: of anyOf one must fit, of oneOf exactly one."""
    any_will_do = keyword == "anyOf"

    def search(value: Any, path: Steps, found: list[Fault[Steps]]) -> None:
        branches: list[list[Fault[Steps]]] = []
        for arm in arms:
            branches.append(_faults(arm, value, path))
            if any_will_do and not branches[-1]:
                return
        if branches.count([]) != 1:
            found += alternatives(keyword, branches, value, path)

    return search


def refusal(refused: Search) -> Search:
    """Return what searches a value by a schema that it must not fit."""
    words = words_for("not")

    def search(value: Any, path: Steps, found: list[Fault[Steps]]) -> None:
        if not _faults(refused, value, path):
            found.append((path, words, value))

    return search


def condition(of: Search, then: Search, otherwise: Search) -> Search:
    """Return what searches a value by one schema where it fits another, else by a third."""

    def search(value: Any, path: Steps, found: list[Fault[Steps]]) -> None:
        (otherwise if _faults(of, value, path) else then)(value, path, found)

    return search


def _faults(search: Search, value: Any, path: Steps) -> list[Fault[Steps]]:
    found: list[Fault[Steps]] = []
    search(value, path, found)
    return found
