"""From a method and a path, still percent-encoded, to the operation that answers: a tree of path segments.

A request costs one step a segment, however many operations there are. Not for what an operation then does (endpoint),
nor for the routes that extensions add to Flask, which Werkzeug matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Generic, NamedTuple, TypeVar
from urllib.parse import unquote

Target = TypeVar("Target")

_NO_VALUES: Final[Mapping[str, str]] = MappingProxyType({})
_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")


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


@dataclass(slots=True)
class _Node(Generic[Target]):
    """One segment deep: literal segments first, then mixed ones as `{id}.json`, then a whole variable."""

    literals: dict[str, _Node[Target]] = field(default_factory=dict)
    mixed: list[tuple[tuple[str, ...], _Node[Target]]] = field(default_factory=list)
    variable: _Node[Target] | None = None
    leaf: _Leaf[Target] | None = None


class Router(Generic[Target]):
    """Finds what answers. Concrete paths win over templated ones, segment by segment (OpenAPI 3.1 section 4.8.8.2).

    Where a document does not say more, HEAD finds what answers GET, and OPTIONS what answers any other method: how
    those differ is the caller's to know. A trailing slash makes another path. Templates of one shape, /a/{x} and
    /a/{y}, may share it as long as their methods differ; so do /a/{x} and /a/b for the path /a/b.
    """

    def __init__(self, routes: Iterable[tuple[str, str, Target]]) -> None:
        self._root: _Node[Target] = _Node()
        self._concrete: dict[str, _Leaf[Target]] = {}
        for method, template, target in routes:
            self._add(method, template, target)

    def _add(self, method: str, template: str, target: Target) -> None:
        node = self._root
        for segment in template.split("/")[1:]:
            node = _child(node, segment)
        names = tuple(_VARIABLE.findall(template))
        node.leaf = node.leaf or _Leaf()
        node.leaf.add(method, _Answer(target, names))
        if not names:
            self._concrete[template] = node.leaf

    def find(self, method: str, path: str) -> Match[Target] | None:
        """Return what is known of a path ("/orders/a%2Fb"), or None. The values are those of the path as sent."""
        concrete = self._concrete.get(path)
        if concrete is not None and method in concrete.answers:
            return Match(concrete.answers[method].target, _NO_VALUES, concrete.allowed)
        fitting: list[_Answer[Target]] = []
        allowed: set[str] = set()
        for leaf, values in _leaves(self._root, path.split("/"), 1, ()):
            answer = leaf.answers.get(method)
            if answer is not None:
                return Match(answer.target, dict(zip(answer.names, values, strict=True)), leaf.allowed)
            fitting += leaf.answers.values()
            allowed.update(leaf.allowed)
        if not fitting:
            return None
        return Match(fitting[0].target if method == "OPTIONS" else None, _NO_VALUES, tuple(sorted(allowed)))


def _child(node: _Node[Target], segment: str) -> _Node[Target]:
    """Return the node for one segment of a template, made where it is new."""
    if "{" not in segment:
        return node.literals.setdefault(unquote(segment), _Node())
    if _VARIABLE.fullmatch(segment):
        node.variable = node.variable or _Node()
        return node.variable
    texts = tuple(_VARIABLE.split(segment)[::2])
    for known, child in node.mixed:
        if known == texts:
            return child
    child = _Node()
    node.mixed.append((texts, child))
    node.mixed.sort(key=lambda item: -sum(map(len, item[0])))  # the longer the fixed text, the more specific
    return child


def shape_of_path(route: str) -> str:
    """Return what two templates share that no request can tell apart: "/a/{x}" -> "/a/{}"."""
    return _VARIABLE.sub("{}", route)


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


def _leaves(
    node: _Node[Target], segments: list[str], index: int, values: tuple[str, ...]
) -> Iterator[tuple[_Leaf[Target], tuple[str, ...]]]:
    """Yield the ends that fit the segments from `index` on, the most specific first."""
    if index == len(segments):
        if node.leaf is not None:
            yield node.leaf, values
        return
    segment = segments[index]
    literal = node.literals.get(unquote(segment) if "%" in segment else segment)
    if literal is not None:
        yield from _leaves(literal, segments, index + 1, values)
    for texts, child in node.mixed:
        found = values_between(texts, segment)
        if found is not None:
            yield from _leaves(child, segments, index + 1, (*values, *found))
    if node.variable is not None and segment:
        yield from _leaves(node.variable, segments, index + 1, (*values, segment))
