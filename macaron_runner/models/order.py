"""The pieces of a generated module in an order Python can execute: each behind what it is made of, where that can be.

An annotation that must name something further below is written in quotes. Not for making the pieces
(source).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Annotation:
    """The text of a type, and the names of the module it `mentions`."""

    text: str
    mentions: frozenset[str]

    def spelled(self, missing: Set[str]) -> str:
        """Return the text, in quotes where it mentions one of those that are `missing` yet."""
        return self.text if self.mentions.isdisjoint(missing) else repr(self.text)


@dataclass(frozen=True, slots=True)
class ClassPiece:
    """A class: its `name` in Python, what the document `called` it, its `base` among generated classes, its lines.

    `loose`: see Shape.
    """

    name: str
    called: str
    base: str
    lines: tuple[str | Annotation, ...]
    extensions: Mapping[str, Any] = field(default_factory=dict)
    loose: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """What must stand above it."""
        return (self.base,)

    @property
    def wants(self) -> Iterator[str]:
        """What had better stand above it."""
        return (name for line in self.lines if isinstance(line, Annotation) for name in sorted(line.mentions))

    def text(self, missing: Set[str]) -> str:
        """Return the source."""
        return "\n\n" + "".join(
            line if isinstance(line, str) else line.spelled(missing) for line in self.lines
        )


@dataclass(frozen=True, slots=True)
class AliasPiece:
    """A name for a type."""

    name: str
    type: Annotation
    doc: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """What must stand above it."""
        return tuple(sorted(self.type.mentions))

    @property
    def wants(self) -> Iterator[str]:
        """What had better stand above it."""
        return iter(self.needs)

    def word(self, missing: Set[str]) -> str:
        """Return what makes the alias: one that must name itself is read by Python later."""
        return "TypeAlias" if self.type.mentions.isdisjoint(missing) else "TypeAliasType"

    def text(self, missing: Set[str]) -> str:
        """Return the source."""
        if self.word(missing) == "TypeAlias":
            return f"\n{self.name}: TypeAlias = {self.type.text}\n{self.doc}"
        return f"\n{self.name} = TypeAliasType({self.name!r}, {self.type.text!r})\n{self.doc}"


Piece: TypeAlias = ClassPiece | AliasPiece


def in_order(pieces: Mapping[str, Piece]) -> Iterator[tuple[Piece, set[str]]]:
    """Yield each piece with the names that are still missing when it stands there, itself among them.

    As near as may be to the order given.
    """
    missing = set(pieces)
    while missing:
        before = len(missing)
        for name in pieces:
            yield from _with_wants(name, pieces, missing)
        if len(missing) == before:  # aliases in a circle: one of them must begin
            first = next(name for name in pieces if name in missing)
            yield pieces[first], set(missing)
            missing.discard(first)


def _with_wants(
    name: str, pieces: Mapping[str, Piece], missing: set[str]
) -> Iterator[tuple[Piece, set[str]]]:
    """Yield a piece behind those it wants, depth first; those whose needs are under way themselves come later."""
    path: dict[str, Iterator[str]] = {}
    _enter(name, path, pieces, missing)
    while path:
        current = next(reversed(path))
        if (wanted := next(path[current], None)) is not None:
            _enter(wanted, path, pieces, missing)
            continue
        del path[current]
        if missing.isdisjoint(pieces[current].needs):
            yield pieces[current], missing
            missing.discard(current)


def _enter(name: str, path: dict[str, Iterator[str]], pieces: Mapping[str, Piece], missing: set[str]) -> None:
    if name in missing and name not in path and path.keys().isdisjoint(pieces[name].needs):
        needs = pieces[name].needs
        path[name] = iter([*needs, *pieces[name].wants])
