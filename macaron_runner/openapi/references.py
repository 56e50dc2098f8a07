"""Nodes of API documents, and where their `$ref`s lead: this file or a neighbouring one, for every version.

Not for references over the network, which are refused; and nothing is ever replaced in place, so documents may
be as recursive as they like. Reference Object: OpenAPI 3.1 section 4.8.23; JSON pointers: RFC 6901.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Location, near_word
from macaron_runner.openapi.document import Document, File, Place, Pointer, parse_fragment, parse_pointer
from macaron_runner.openapi.resources import Resource, Resources, joined

_SUFFIXES: Final = (".yaml", ".yml", ".json")
"""What files must be called to be read for a reference: a document is not to show what is in /etc/passwd."""


class Node(NamedTuple):
    """A value of a document and its place. The accessors never raise: what has the wrong type is absent."""

    file: File
    pointer: Pointer
    value: Any

    def child(self, name: str | int) -> Node:
        """Return the member `name`; its value is None where there is none."""
        value = self.value
        if isinstance(value, dict):
            found = value.get(name)
        elif isinstance(value, list) and isinstance(name, int) and name < len(value):
            found = value[name]
        else:
            found = None
        return Node(self.file, (*self.pointer, name), found)

    def members(self) -> Iterator[tuple[str, Node]]:
        """Yield name and node of each member of a map; nothing where it is no map."""
        if isinstance(self.value, dict):
            for name, value in self.value.items():
                yield name, Node(self.file, (*self.pointer, name), value)

    def fields(self) -> Iterator[tuple[str, Node]]:
        """Yield the members that are not extensions (`x-…`); of a map of names, as headers, any may begin so."""
        return (member for member in self.members() if not member[0].startswith("x-"))

    def elements(self) -> Iterator[Node]:
        """Yield the nodes of a list; nothing where it is no list."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Node(self.file, (*self.pointer, index), value)

    def has(self, name: str) -> bool:
        """Tell whether this is a map that has the member `name`."""
        return isinstance(self.value, dict) and name in self.value

    def text(self, name: str) -> str:
        """Return the member `name` where it is a text, else ""."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return value if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """Tell whether the member `name` is true."""
        return isinstance(self.value, dict) and self.value.get(name) is True

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts in the list that the member `name` is."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    @property
    def reference(self) -> str | None:
        """The text of its `$ref`, or None where it is no reference."""
        value = self.value.get("$ref") if isinstance(self.value, dict) else None
        return value if isinstance(value, str) else None

    @property
    def is_document(self) -> bool:
        """Whether it is an API document as a whole."""
        return self.has("openapi") or self.has("swagger")

    @property
    def place(self) -> Place:
        """What tells this node from any other one."""
        return self.file.name, self.pointer

    @property
    def name(self) -> str:
        """What a reference's target is called: the last step of its pointer, or the name of its file."""
        if not self.pointer:
            return self.file.path.stem
        last = str(self.pointer[-1])
        return f"{self.pointer[-2]}_{last}" if last.isdecimal() and len(self.pointer) > 1 else last

    def locate(self, *, key: bool = False) -> Location:
        """Return where it stands, or, with `key`, where its name stands."""
        return self.file.locate(self.pointer, key=key)


class BrokenReference(Exception):
    """A reference that leads nowhere, or where we do not go; `diagnostic` says why, at the `$ref`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


class References:
    """Follows the references of one document. Where each leads is worked out once."""

    def __init__(self, document: Document) -> None:
        self.resources = Resources(document, Node(document.source, (), document.tree))
        self._files = document.files
        self._targets: dict[tuple[str, Pointer, str], Node] = {}

    def follow(self, node: Node) -> Node:
        """Return the node at the end of a chain of references: the node itself where it is none.

        Raises BrokenReference.
        """
        if node.reference is not None:
            *_, node = self.way(node)
        return node

    def way(self, node: Node) -> Iterator[Node]:
        """Yield a node and, where it is a reference, what it leads to, step by step to the end of the chain.

        Raises BrokenReference where the chain leads nowhere, or round in a circle, after all that is before that.
        """
        passed: set[Place] = set()
        while node.place not in passed:
            passed.add(node.place)
            yield node
            if node.reference is None:
                return
            node = self.step(node)
        raise _broken(node, "MAC306", f'the reference "{node.reference}" leads back to itself')

    def step(self, node: Node) -> Node:
        """Return the node to which a reference leads, perhaps another reference. Raises BrokenReference."""
        resource, text = self.resources.of(node), node.reference or ""
        key = node.file.name, resource.root.pointer, text
        known = self._targets.get(key)
        if known is None:
            known = self._targets[key] = self._find(node, resource, text)
        return known

    def _find(self, node: Node, resource: Resource, text: str) -> Node:
        address, _, fragment = text.partition("#")
        root = self._root(node, resource, address)
        if fragment and not fragment.startswith("/"):
            return _anchor(node, self.resources.of(root), fragment)
        pointer = parse_fragment(fragment)
        if not pointer and root.is_document:
            raise _broken(
                node,
                "MAC304",
                f'the reference "{text}" leads to a whole document',
                label=f"{root.file.name} is no part of one",
                help="write what stands there, or where it does: #/components/…",
            )
        try:
            return _walk(node, root, pointer)
        except BrokenReference:
            if address or not root.pointer:
                raise
            # Strictly, "#" means the schema around that has an $id; many who write one still mean the document.
            return _walk(node, Node(node.file, (), node.file.value), pointer)

    def _root(self, node: Node, resource: Resource, address: str) -> Node:
        """Return the root of what an address names: this resource, another one, or a file. Raises BrokenReference."""
        if not address:
            return resource.root
        uri = joined(resource.uri, address)
        if (known := self.resources.at(uri, node)) is not None:
            return known.root
        return self._file(node, resource, address, uri)

    def _file(self, node: Node, resource: Resource, address: str, uri: str) -> Node:
        """Return the content of a file; where a schema's own URI is that of a host, files stand beside its file."""
        if _is_remote(address):
            raise _broken(
                node,
                "MAC305",
                f'the reference "{address}" leads to another host, which is never asked',
                help="keep a copy of that document beside this one and refer to it by its relative path",
            )
        path = _path_of(resource, address, uri)
        if path.suffix.lower() not in _SUFFIXES:
            raise _broken(
                node,
                "MAC304",
                f'the reference "{node.reference}" leads to a file that is not read',
                label=f"its name does not end in {', '.join(_SUFFIXES)}",
            )
        try:
            file = self._files.load(path)
        except BadConfiguration as error:
            raise _broken(
                node,
                "MAC304",
                f'the reference "{node.reference}" leads to a file that cannot be read',
                label=error.diagnostics[0].message,
                related=tuple(
                    (found.location, found.message)
                    for found in error.diagnostics
                    if found.location is not None and found.location.line
                ),
            ) from None
        return Node(file, (), file.value)


def component(root: Node, where: Node, collection: str, name: str) -> Node:
    """Return the schema called `name` in a collection ("/components/schemas") of the root.

    Documents name schemas without `$ref` in a discriminator's mapping. Raises BrokenReference, at `where`.
    """
    return _walk(where._replace(value={"$ref": name}), root, (*parse_pointer(collection), name))


def _path_of(resource: Resource, address: str, uri: str) -> Path:
    """Return the path of a file that an address names: beside the one it stands in, or as an `$id` around says."""
    if resource.root.pointer and uri.startswith("file:"):
        return Path(unquote(urlsplit(uri).path))
    return resource.root.file.path.parent / unquote(address)


def _is_remote(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:  # "//[" looks like the beginning of an IPv6 address
        return True
    return bool(parts.scheme or parts.netloc)


def _walk(node: Node, root: Node, pointer: Pointer) -> Node:
    """Return the node below `root` to which a pointer leads. Raises BrokenReference, with the near name."""
    target = root
    for step in pointer:
        if isinstance(target.value, list) and str(step).isdecimal() and int(step) < len(target.value):
            target = target.child(int(step))
        elif isinstance(target.value, dict) and step in target.value:
            target = target.child(step)
        else:
            known = target.value if isinstance(target.value, dict) else ()
            where = "/".join(("#", *map(str, target.pointer)))
            raise _broken(
                node,
                "MAC304",
                f'the reference "{node.reference}" leads nowhere',
                label=f'there is no "{step}" in {where} of {root.file.name}',
                help=near_word(str(step), known),
            )
    return target


def _anchor(node: Node, resource: Resource, name: str) -> Node:
    """Return the schema with the anchor (JSON Schema 2020-12 section 8.2.2). Raises BrokenReference."""
    if name in resource.anchors:
        return resource.anchors[name]
    where = resource.uri if resource.root.pointer else resource.root.file.name
    raise _broken(node, "MAC304", f'no schema in {where} has the $anchor "{name}"')


def _broken(
    node: Node,
    code: str,
    message: str,
    *,
    label: str = "",
    help: str = "",  # noqa: A002 - Diagnostic's own word
    related: tuple[tuple[Location, str], ...] = (),
) -> BrokenReference:
    place = node.file.locate((*node.pointer, "$ref"))
    return BrokenReference(Diagnostic(code, message, place, label, help, related=related))
