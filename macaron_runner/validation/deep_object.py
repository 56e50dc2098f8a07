"""Style deepObject: `at[x]=1`, and beyond what OpenAPI defines, `at[x][y]=1` and arrays as most clients send them.

Not for other styles (styles). OpenAPI leaves nesting and arrays open; read is what qs, Rack and PHP have in common:

    at[x]=1                  {"x": 1}              at[x][y]=1                {"x": {"y": 1}}
    at[x][]=1&at[x][]=2      {"x": [1, 2]}         at[x]=1&at[x]=2           {"x": [1, 2]}
    at[x][0]=1&at[x][1]=2    {"x": [1, 2]}         at[0][x]=1&at[1][x]=2     [{"x": 1}, {"x": 2}]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.parameter_values import only, part_converter
from macaron_runner.validation.text_values import Shape, UnreadableText, shape_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema

MOST_LEVELS: Final = 32
"""How deep keys may go."""

_STEPS: Final = re.compile(r"(?:\[[^\[\]]*\])+")
_INDEX: Final = re.compile(r"[0-9]{1,6}")

_Node: TypeAlias = "dict[str, _Node] | Sequence[str]"
"""The raw texts of one key, or what stands in brackets behind it."""

_ReadNode: TypeAlias = Callable[[Any], Any]


class DeepReader:
    """Reads parameters of style deepObject as their schemas say; a schema that contains itself is no trouble."""

    def __init__(self, definitions: Mapping[str, Schema], decode: Callable[[str], str]) -> None:
        self._definitions = definitions
        self._decode = decode
        self._known: dict[int, _ReadNode] = {}

    def compile(self, schema: Schema) -> _ReadNode:
        """Return what makes a value of a node, as `nodes_of` gives it. It raises UnreadableText."""
        if id(schema) not in self._known:
            later: list[_ReadNode] = []  # filled below: what is inside may be of this very schema
            self._known[id(schema)] = lambda node: later[0](node)
            later.append(self._compile(schema))
        return self._known[id(schema)]

    def _compile(self, schema: Schema) -> _ReadNode:
        shape = shape_of(schema, self._definitions)
        read_array, read_object = self._array(shape), self._object(shape)
        decode, convert = self._decode, part_converter(schema, self._definitions)
        many = "array" in shape.types
        sure = ("object" in shape.types) != many

        def read(node: _Node) -> Any:
            if not isinstance(node, dict):
                return read_array({"": node}) if many else convert(decode(only(node)))
            return read_array(node) if (many if sure else "" in node) else read_object(node)

        return read

    def _array(self, shape: Shape) -> _ReadNode:
        """Return what reads an array: texts in "" (from `[]`, or from the name alone), or items by their numbers."""
        read_item = self.compile(shape.items[0] if shape.items else True)

        def read(node: dict[str, _Node]) -> Any:
            if list(node) == [""]:
                if isinstance(node[""], dict):
                    raise UnreadableText("has members in [], which needs a number to tell its items apart")
                return [read_item([text]) for text in node[""]]
            if not all(map(_INDEX.fullmatch, node)):
                raise UnreadableText("is an array, and has a key that is no number")
            return [read_item(node[index]) for index in sorted(node, key=int)]

        return read

    def _object(self, shape: Shape) -> _ReadNode:
        members = {name: self.compile(member) for name, member in shape.properties.items()}
        other = self.compile(shape.additional[0] if shape.additional else True)
        return lambda node: {name: members.get(name, other)(inner) for name, inner in node.items()}


def nodes_of(name: str, pairs: Mapping[str, Sequence[str]]) -> _Node | None:
    """Return what `at[x][y]=1` and its like hold, as nested nodes; the texts of the bare name where there are none.

    nodes_of("at", {"at[x]": ["1"], "at[y][z]": ["2"]}) == {"x": ["1"], "y": {"z": ["2"]}}. Raises UnreadableText.
    """
    start = name + "["
    root: dict[str, _Node] = {}
    for key, texts in pairs.items():
        if key.startswith(start):
            _put(root, _steps_of(key, name), texts)
    return root or pairs.get(name)


def _steps_of(key: str, name: str) -> list[str]:
    brackets = key[len(name) :]
    if not _STEPS.fullmatch(brackets):
        raise UnreadableText(f"has the malformed key {key[:60]}")
    steps = brackets[1:-1].split("][")
    if len(steps) > MOST_LEVELS:
        raise UnreadableText(f"has a key of more than {MOST_LEVELS} levels")
    return steps


def _put(root: dict[str, _Node], steps: list[str], texts: Sequence[str]) -> None:
    node = root
    for step in steps[:-1]:
        inner = node.setdefault(step, {})
        if not isinstance(inner, dict):
            raise UnreadableText(f'has both a value and members at "{step}"')
        node = inner
    if steps[-1] in node:
        raise UnreadableText(f'has both a value and members at "{steps[-1]}"')
    node[steps[-1]] = texts
