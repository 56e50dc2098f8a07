"""The two steps from YAML text to plain data: nodes with types and marks, then Python values.

The scalars' types are those of YAML 1.2's core schema (section 10.3.2), not of YAML 1.1 as PyYAML has them.
Not for the text's encoding and size (source) and the words for broken YAML (yaml_errors).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from yaml import MappingNode, Node, ScalarNode
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave it out

from macaron_runner.diagnostics import Diagnostic, Location

DEEPEST: Final = 200
"""Maps and lists that may stand inside one another, aliases followed."""
MOST_PROBLEMS: Final = 100
"""Problems that are told at once; nobody reads more, and each costs a search for its place."""

_LONGEST_NUMBER: Final = 1000  # digits; beyond 4300 Python refuses to print an integer
_PREFIX: Final = "tag:yaml.org,2002:"
_STRING: Final = _PREFIX + "str"
_PLAIN: Final = re.compile(
    r"(?P<null>~|null|Null|NULL|)"
    r"|(?P<bool>true|True|TRUE|false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_FIRST: Final = frozenset("~nNtTfF+-.0123456789")


def is_text(plain: str) -> bool:
    """Tell whether a scalar written plain, without quotes, is a text, and not null, a boolean or a number."""
    return _PLAIN.fullmatch(plain) is None


_ODD_BREAKS: Final = "\x85\u2028\u2029"
_STAND_INS: Final = "\ufdd0\ufdd1\ufdd2"
_HIDE: Final = str.maketrans(_ODD_BREAKS, _STAND_INS)
_SHOW: Final = str.maketrans(_STAND_INS, _ODD_BREAKS)


def hide_odd_breaks(text: str) -> str:
    """Return a text of the same length in which libyaml sees the line breaks of YAML 1.2 (section 5.4), and no others.

    It would also break lines at NEL, LS and PS, as YAML 1.1 does; for it they become noncharacters of
    Unicode, and Builder turns them back.
    """
    return text.translate(_HIDE) if any(odd in text for odd in _ODD_BREAKS) else text


class TooDeepError(Exception):
    """A map or list stands inside more than DEEPEST others; `index` is where in the text."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index

    def __str__(self) -> str:
        return f"more than {DEEPEST} maps and lists stand inside one another"


class Composer(CParser):
    """libyaml's parser with the core schema's types, and a floor under the nesting.

    CParser calls the three methods below for every node; it recurses in C, so that nothing but a bound from
    here keeps it from exhausting the stack.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def resolve(self, kind: type[Node], value: str, implicit: tuple[bool, bool]) -> str:
        """Return the tag of a node that is written without one; "" for maps and lists."""
        if kind is not ScalarNode:
            return ""
        if not implicit[0] or (value and value[0] not in _FIRST):
            return _STRING
        match = _PLAIN.fullmatch(value)
        return _PREFIX + match.lastgroup if match is not None and match.lastgroup else _STRING

    def descend_resolver(self, parent: Node | None, _: object) -> None:
        """Count one level down."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeepError(parent.start_mark.index if parent is not None else 0)

    def ascend_resolver(self) -> None:
        """Count one level up."""
        self.depth -= 1


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("too long")
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: Final[dict[str, Callable[[str], Any]]] = {
    _STRING: str,
    _PREFIX + "null": lambda _: None,
    _PREFIX + "bool": lambda text: text.lower() == "true",
    _PREFIX + "int": _integer,
    _PREFIX + "float": _float,
}


class Builder:
    """Turns nodes into plain data, and collects what is wrong with them."""

    def __init__(self, place: Callable[[Node], Location], *, hidden: bool) -> None:
        self.place = place
        self.hidden = hidden
        self.problems: list[Diagnostic] = []
        self.aliased = False
        self._built: dict[int, dict[str, Any] | list[Any]] = {}

    def build(self, node: Node) -> Any:
        """Return the plain value of a node; a node met again through an alias gives the same object again."""
        if node.__class__ is ScalarNode:
            return self._text(node) if node.tag is _STRING else self._scalar(node)
        known = self._built.get(id(node))
        if known is not None:
            self.aliased = True
            return known
        if node.tag not in ("", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self._refuse(node, f"the tag {_shown(node.tag)} is not known")
        return self._map(node) if node.__class__ is MappingNode else self._list(node)

    def _text(self, node: Node) -> str:
        if self.hidden:
            node.value = node.value.translate(_SHOW)
        return str(node.value)

    def _list(self, node: Node) -> list[Any]:
        items: list[Any] = []
        self._built[id(node)] = items
        items.extend(map(self.build, node.value))
        return items

    def _map(self, node: Node) -> dict[str, Any]:
        result: dict[str, Any] = {}
        self._built[id(node)] = result
        for key, value in node.value:
            if key.__class__ is ScalarNode:
                result[self._text(key)] = self.build(value)
            else:
                self._refuse(key, "a key must be a text, not a map or a list")
        if len(result) != len(node.value):
            self._refuse_doubles(node)
        if "<<" in result:
            self._refuse_merge_key(node)
        return result

    def _scalar(self, node: Node) -> Any:
        convert = _SCALARS.get(node.tag)
        if convert is None:
            self._refuse(node, f"the tag {_shown(node.tag)} is not known")
            return None
        match = _PLAIN.fullmatch(node.value)
        tag_of_text = _PREFIX + match.lastgroup if match is not None and match.lastgroup else _STRING
        if node.tag not in (_STRING, tag_of_text) and {node.tag, tag_of_text} != {
            _PREFIX + "int",
            _PREFIX + "float",
        }:
            self._refuse(node, f"{node.value!r} is no {_shown(node.tag)}")
            return None
        try:
            return convert(node.value)
        except ValueError:
            self._refuse(node, "the number is too long")
            return None

    def _refuse(self, node: Node, message: str, hint: str = "") -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Diagnostic("MAC102", message, self.place(node), help=hint))

    def _refuse_doubles(self, node: Node) -> None:
        first: dict[str, Node] = {}
        for key, _ in node.value:
            if len(self.problems) == MOST_PROBLEMS:
                return
            if key.__class__ is not ScalarNode:
                continue
            if key.value in first:
                note = (self.place(first[key.value]), "it stands here first")
                message = f'the key "{key.value}" stands twice in one map'
                self.problems.append(Diagnostic("MAC103", message, self.place(key), related=(note,)))
            first.setdefault(key.value, key)

    def _refuse_merge_key(self, node: Node) -> None:
        for key, _ in node.value:
            if key.value == "<<" and key.style not in ("'", '"'):
                hint = "write the keys out, or put what differs into an overlay"
                self._refuse(key, 'merge keys ("<<") are not part of YAML 1.2', hint)

    def check_aliases(self, root: Node, most_values: Callable[[int], int]) -> None:
        """Refuse a document that contains itself, or that its aliases make too deep or too large.

        `most_values` tells how many values a document may have, aliases followed, that has so many written.
        """
        measured: dict[int, tuple[int, int] | None] = {}
        written = 0

        def measure(node: Node) -> tuple[int, int]:
            """Return how many values and how many levels there are from here down, aliases followed."""
            if node.__class__ is ScalarNode:
                return 1, 1
            if id(node) in measured:
                known = measured[id(node)]
                if known is None:
                    raise _Recursive(node)
                return known
            measured[id(node)] = None
            children = _children(node)
            nonlocal written
            written += 1 + len(children)
            parts = [measure(child) for child in children]
            result = 1 + sum(part[0] for part in parts), 1 + max((part[1] for part in parts), default=0)
            measured[id(node)] = result
            return result

        try:
            values, levels = measure(root)
        except _Recursive as error:
            self._refuse(error.node, "an alias makes this value contain itself")
            return
        if values > (most := most_values(written)):
            self._refuse(root, f"its aliases make the document larger than {most} values")
        elif levels > DEEPEST:
            self._refuse(root, f"its aliases nest more than {DEEPEST} maps and lists")


class _Recursive(Exception):
    """A node contains itself."""

    def __init__(self, node: Node) -> None:
        self.node = node


def _children(node: Node) -> list[Node]:
    return [value for _, value in node.value] if isinstance(node, MappingNode) else node.value


def _shown(tag: str) -> str:
    return tag.replace(_PREFIX, "!!")
