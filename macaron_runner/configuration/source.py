"""YAML text as plain data in which every value still knows its place: file, line and column.

One reader for macaron.yaml, its overlays and API documents. The scalars are those of YAML 1.2's core schema
(section 10.3.2): `on`, `no`, `08:30` and `2026-01-01` are texts, `014` is fourteen, `0o14` is twelve. Not for
what the data mean.

As fast as a plain CSafeLoader load: libyaml's parser composes nodes, a cheap resolver names their types, and
places are worked out only when somebody asks for one. Whatever the text, time and memory stay in proportion
to its length.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from yaml import MappingNode, MarkedYAMLError, Node, ScalarNode, SequenceNode, YAMLError

from macaron_runner.collection import uncollected
from macaron_runner.configuration.yaml_errors import broken_yaml
from macaron_runner.configuration.yaml_nodes import Builder, Composer, TooDeepError, hide_odd_breaks
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Location

Path: TypeAlias = tuple[str | int, ...]
"""The keys and list positions that lead from the top of a document to a value."""

LARGEST: Final = 32 * 2**20
"""Bytes that a document may have."""
MOST_VALUES: Final = 1_000_000
"""Values that a document with aliases may have, aliases followed: a bound for alias bombs."""
_GROWTH: Final = 10
"""How many times as many values as are written aliases may make, from _MODEST values on."""
_MODEST: Final = 50_000


def read_yaml(
    text: bytes, file: str, *, largest: int = LARGEST, most_values: int = MOST_VALUES
) -> SourceTree:
    """Return the one document in `text`; `file` is the name that its diagnostics show.

    Keys of maps are texts, however they are written (YAML's failsafe schema, as OpenAPI demands), so that
    `200:` is "200". Anchors and aliases are followed; merge keys (`<<`) and tags beyond the core schema are
    refused, for neither is part of YAML 1.2's core. Raises BadConfiguration (MAC101 no text, MAC102 broken,
    MAC103 double keys).
    """
    with uncollected():
        return _read(decode(text, file, largest), file, most_values)


def _read(decoded: str, file: str, most_values: int) -> SourceTree:
    parsed = hide_odd_breaks(decoded)
    try:
        root = _composed(parsed)
    except YAMLError as error:
        raise BadConfiguration([broken_yaml(error, decoded, file)]) from None
    except TooDeepError as error:
        place = Location.at(file, decoded, error.index)
        raise BadConfiguration(
            [Diagnostic("MAC102", f"the YAML is nested too deep: {error}", place)]
        ) from None
    tree = SourceTree(file=file, value=None, text=decoded, root=root)
    builder = Builder(tree.place, hidden=parsed is not decoded)
    value = builder.build(root) if root is not None else None
    if builder.aliased and root is not None and not builder.problems:
        builder.check_aliases(root, lambda written: min(most_values, max(_MODEST, _GROWTH * written)))
    if builder.problems:
        raise BadConfiguration(sorted(builder.problems, key=lambda found: found.location or Location(file)))
    return replace(tree, value=value)


def _composed(text: str) -> Node | None:
    """Return the root node of a text. Raises YAMLError, and TooDeepError whatever bound libyaml has itself.

    It looks ahead on a line, and from 0.2.6 on gives up at a thousand open brackets: DEEPEST is passed before those.
    """
    composer = Composer(text)
    try:
        root: Node | None = composer.get_single_node()
        return root
    except MarkedYAMLError as error:
        if "maximum nesting depth" in (error.problem or "") and error.problem_mark is not None:
            return _composed(text[: error.problem_mark.index])
        raise
    finally:
        composer.dispose()


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A document: `value` as plain data (dict, list, str, int, float, bool, None), and its places."""

    file: str
    value: Any
    text: str = field(repr=False)
    root: Node | None = field(repr=False)
    _members: dict[int, dict[str, tuple[Node, Node]]] = field(default_factory=dict, repr=False, compare=False)

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """Return the place of the value at `path` (`key`: of its key), or of its nearest existing parent.

        A map or list over several lines, and a value that is not written at all, is shown at its key.
        """
        node, holder = self.root, None
        for step in path:
            found = self._child(node, step)
            if found is None:
                key = True
                break
            holder, node = found
        if node is None:
            return Location(self.file)
        if holder is not None and (key or self._is_wide(node)):
            return self.place(holder)
        return self.place(node)

    def locate_text(self, path: Path, piece: str, occurrence: int) -> Location:
        """Return the place of an occurrence (from 0) of `piece` in the source of the scalar at `path`."""
        node = self.root
        for step in path:
            found = self._child(node, step)
            if found is None:
                return self.locate(path)
            node = found[1]
        if node is None:
            return Location(self.file)
        start, end = node.start_mark.index, node.end_mark.index
        for _ in range(occurrence + 1):
            hit = self.text.find(piece, start, end)
            if hit < 0:
                return self.place(node)
            start = hit + len(piece)
        closing = self.text.find("}", hit, end)
        return Location.at(self.file, self.text, hit, max(closing + 1 - hit, len(piece)))

    def place(self, node: Node) -> Location:
        """Return where a node begins, underlined as far as it goes on its first line."""
        start, end = node.start_mark, node.end_mark
        if self._is_wide(node):
            length = 1
        elif start.line == end.line:
            length = end.column - start.column
        else:
            length = self.text.find("\n", start.index, end.index) - start.index
        return Location(self.file, start.line + 1, start.column + 1, length)

    def _child(self, node: Node | None, step: str | int) -> tuple[Node | None, Node] | None:
        """Return the key's node (None in a list) and the value's node one step down, or None."""
        if isinstance(node, MappingNode):
            return self._members_of(node).get(str(step))
        if isinstance(node, SequenceNode) and str(step).isdecimal() and int(step) < len(node.value):
            return None, node.value[int(step)]
        return None

    def _members_of(self, node: MappingNode) -> dict[str, tuple[Node, Node]]:
        """Return a map's keys and values by the keys' texts, put in order once: some maps have thousands."""
        if id(node) not in self._members:
            self._members[id(node)] = {
                key.value: (key, value) for key, value in reversed(node.value) if isinstance(key, ScalarNode)
            }
        return self._members[id(node)]

    def _is_wide(self, node: Node) -> bool:
        start, end = node.start_mark, node.end_mark
        return start.index == end.index or (not isinstance(node, ScalarNode) and start.line != end.line)


def decode(text: bytes, file: str, largest: int) -> str:
    """Return the text of a file without byte order mark; `file` is its name. Raises BadConfiguration (MAC101)."""
    if len(text) > largest:
        limit = f"{largest // 2**20} MiB" if largest >= 2**20 else f"{largest} bytes"
        raise BadConfiguration([Diagnostic("MAC101", f"the file is larger than {limit}", Location(file))])
    if text.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        raise _not_utf8(file, text, 0, "it seems to be UTF-16 or UTF-32")
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(file, text, error.start, f"the byte 0x{text[error.start]:02x} fits nowhere") from None
    if "\0" in decoded:
        raise _not_utf8(file, text, text.index(b"\0"), "a zero byte")
    return decoded


def _not_utf8(file: str, text: bytes, index: int, label: str) -> BadConfiguration:
    before = text[:index].decode("utf-8-sig", "replace")
    place = Location.at(file, before + "?", len(before))
    return BadConfiguration([Diagnostic("MAC101", "the text is not UTF-8", place, label, "save it as UTF-8")])
