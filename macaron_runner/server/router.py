"""From a method and a path, still percent-encoded, to the operation that answers: a tree of path segments.

A request costs one step a segment, however many operations there are; only those that differ in what stands around the
variables of one segment, as `{id}:start` and `{id}:stop`, are tried one by one. Not for what an operation then does
(endpoint), nor for the routes that extensions add to Flask, which Werkzeug matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Generic, NamedTuple, TypeVar
from urllib.parse import quote, unquote, unquote_to_bytes

from macaron_runner.openapi.operation import PLACEHOLDER

Target = TypeVar("Target")

_NO_VALUES: Final[Mapping[str, str]] = MappingProxyType({})
_PRINTABLE: Final = "".join(map(chr, range(0x20, 0x7F)))
_ENCODED: Final = re.compile(r"%([0-7][0-9A-Fa-f])")


class Match(NamedTuple, Generic[Target]):
    """A path that is known. `target` is None where it does not take the method; `allowed` are those it takes."""

    target: Target | None
    values: Mapping[str, str]
    allowed: tuple[str, ...]


class _Answer(NamedTuple, Generic[Target]):
    """What answers one method of one path template, and the names of the template's variables in order."""

    target: Target
    names: tuple[str, ...]


@dataclass(slots=True)
class _Leaf(Generic[Target]):
    """The end of one or more path templates of one shape."""

    answers: dict[str, _Answer[Target]] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    allowed: tuple[str, ...] = ()

    def add(self, method: str, answer: _Answer[Target]) -> None:
        """Answer a method; GET answers HEAD as well, unless HEAD has an answer of its own."""
        self.declared.add(method)
        self.answers[method] = answer
        if method == "GET" and "HEAD" not in self.declared:
            self.answers["HEAD"] = answer
        self.allowed = tuple(sorted({*self.answers, "OPTIONS"}))

    def matches(self) -> dict[str, Match[Target]]:
        """Return what each method finds where there are no variables."""
        return {
            method: Match(answer.target, _NO_VALUES, self.allowed) for method, answer in self.answers.items()
        }


@dataclass(slots=True)
class _Mixed(Generic[Target]):
    """A segment of text and variables as `{id}.json`: the texts around the variables, and what comes behind it."""

    texts: tuple[str, ...]
    node: _Node[Target]
    characters: frozenset[str]

    def precision(self) -> int:
        """Return what sorts the more specific first: the longer the fixed text."""
        return -sum(map(len, self.texts))

    def values_in(self, segment: str) -> tuple[str, ...] | None:
        """Return the variables' values, or None where the segment does not fit.

        An encoded character is part of a value, but where the segment fits only with it, of a text: `4%3Aact`.
        """
        found = values_between(self.texts, segment)
        if found is None and "%" in segment:
            return values_between(self.texts, _decoded_within(segment, self.characters))
        return found


@dataclass(slots=True)
class _Node(Generic[Target]):
    """One segment deep: literal segments first, then mixed ones as `{id}.json`, then a whole variable."""

    literals: dict[str, _Node[Target]] = field(default_factory=dict)
    mixed: list[_Mixed[Target]] = field(default_factory=list)
    variable: _Node[Target] | None = None
    leaf: _Leaf[Target] | None = None


class Router(Generic[Target]):
    """Finds what answers. Concrete paths win over templated ones, segment by segment (OpenAPI 3.1 section 4.8.8.2).

    A path without variables is matched before all others, whatever its methods: where it does not take one, /a/b is not
    taken for /a/{x}. Templates may share a path as long as their methods differ: those of one shape, /a/{x} and /a/{y},
    and /a/{x}/c and /a/b/{y}.

    Where a document does not say more, HEAD finds what answers GET, and OPTIONS what answers any other method: how
    those differ is the caller's to know. A trailing slash makes another path. The path `*`, which only OPTIONS has,
    takes the methods of all paths together (RFC 9110 section 9.3.7).
    """

    def __init__(self, routes: Iterable[tuple[str, str, Target]]) -> None:
        self._root: _Node[Target] = _Node()
        concrete: dict[str, _Leaf[Target]] = {}
        whole: _Leaf[Target] = _Leaf()
        for method, template, target in routes:
            whole.add(method, _Answer(target, ()))
            leaf = self._add(method, template, target)
            if PLACEHOLDER.search(template) is None:
                concrete[template] = leaf
        self._concrete = {path: leaf.matches() for path, leaf in concrete.items()}
        others = (answer.target for method, answer in whole.answers.items() if method != "OPTIONS")
        self._concrete["*"] = {"OPTIONS": Match(next(others, None), _NO_VALUES, whole.allowed)}

    def _add(self, method: str, template: str, target: Target) -> _Leaf[Target]:
        node = self._root
        for segment in template.split("/")[1:]:
            node = _child(node, segment)
        names = tuple(PLACEHOLDER.findall(template))
        node.leaf = node.leaf or _Leaf()
        node.leaf.add(method, _Answer(target, names))
        return node.leaf

    def find(self, method: str, path: str) -> Match[Target] | None:
        """Return what is known of a path ("/orders/a%2Fb"), or None. The values are those of the path as sent."""
        concrete = self._concrete.get(path)
        if concrete is not None and (match := concrete.get(method)) is not None:
            return match
        fitting: list[_Answer[Target]] = []
        allowed: set[str] = set()
        for leaf, values in _leaves(self._root, path):
            answer = leaf.answers.get(method)
            if answer is not None:
                return Match(answer.target, dict(zip(answer.names, values, strict=True)), leaf.allowed)
            fitting += leaf.answers.values()
            allowed.update(leaf.allowed)
            if not values:
                break
        if not fitting:
            return None
        return Match(fitting[0].target if method == "OPTIONS" else None, _NO_VALUES, tuple(sorted(allowed)))


def _child(node: _Node[Target], segment: str) -> _Node[Target]:
    """Return the node for one segment of a template, made where it is new."""
    if "{" not in segment:
        return node.literals.setdefault(unquote(segment), _Node())
    if PLACEHOLDER.fullmatch(segment):
        node.variable = node.variable or _Node()
        return node.variable
    texts = tuple(map(_mixed_text, PLACEHOLDER.split(segment)[::2]))
    for known in node.mixed:
        if known.texts == texts:
            return known.node
    made: _Mixed[Target] = _Mixed(texts, _Node(), frozenset(unquote("".join(texts))))
    node.mixed.append(made)
    node.mixed.sort(key=_Mixed.precision)
    return made.node


def _mixed_text(text: str) -> str:
    """Return a text beside a variable as it is compared: decoded, but what is not ASCII as requests have it."""
    return quote(unquote(text), safe=_PRINTABLE)


def shape_of_path(route: str) -> str:
    """Return what two templates share that no request can tell apart: "/a/{x}" -> "/a/{}"."""
    return PLACEHOLDER.sub("{}", route)


def values_between(texts: tuple[str, ...], segment: str) -> tuple[str, ...] | None:
    """Return what stands between fixed texts, or None where the segment does not fit: no value is empty.

    values_between(("", "-", ".json"), "a-b-c.json") == ("a-b", "c"). In linear time, which a pattern would not promise.
    """
    first, *middle, last = texts
    if not (segment.startswith(first) and segment.endswith(last)):
        return None
    values: list[str] = []
    end = len(segment) - len(last)
    for text in reversed(middle):
        start = segment.rfind(text, len(first) + 1, max(end - 1, 0))
        if start < 0:
            return None
        values.append(segment[start + len(text) : end])
        end = start
    if end <= len(first):
        return None
    return (segment[len(first) : end], *reversed(values))


def _leaves(root: _Node[Target], path: str) -> Iterator[tuple[_Leaf[Target], tuple[str, ...]]]:
    """Yield the ends that fit a path, the most specific first. No node is visited twice."""
    segments = path.split("/")
    literals = segments if "%" not in path and path.isascii() else [*map(_literal, segments)]
    end = len(segments)
    waiting: list[tuple[_Node[Target], int, tuple[str, ...]]] = [(root, 1, ())]
    while waiting:
        node, index, values = waiting.pop()
        if index == end:
            if node.leaf is not None:
                yield node.leaf, values
            continue
        segment = segments[index]
        if node.variable is not None and segment:
            waiting.append((node.variable, index + 1, (*values, segment)))
        if node.mixed:
            for mixed in reversed(node.mixed):
                found = mixed.values_in(segment)
                if found is not None:
                    waiting.append((mixed.node, index + 1, (*values, *found)))
        literal = node.literals.get(literals[index])
        if literal is not None:
            waiting.append((literal, index + 1, values))


def _literal(segment: str) -> str:
    """Return a segment of a request decoded; what was sent without encoding are WSGI's Latin-1 characters."""
    return unquote_to_bytes(segment.encode("latin-1", "replace")).decode("utf-8", "replace")


def _decoded_within(segment: str, characters: frozenset[str]) -> str:
    """Return a segment in which only these characters are decoded: ("4%3Aa%2F", {":"}) -> "4:a%2F"."""

    def decode(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if character in characters else found[0]

    return _ENCODED.sub(decode, segment)
