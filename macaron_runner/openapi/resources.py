"""Schema resources: the URI that `$id` gives a schema and all inside it, and the anchors that name places in it.

    {"$id": "https://acme.test/page", "$defs": {"item": {"$anchor": "item"}}}   ->   https://acme.test/page#item

Not for following references (references). JSON Schema 2020-12 core, sections 8.2.1, 8.2.2 and 9.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urljoin

from macaron_runner.openapi.dialects import Dialect, document_dialect, named_dialect
from macaron_runner.openapi.kinds import FIELDS, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from macaron_runner.openapi.document import Document, Pointer
    from macaron_runner.openapi.references import Node

_ANCHORS: Final = ("$anchor", "$dynamicAnchor")


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A schema with a URI of its own, or a whole file: its root, base URI and dialect, and the schemas anchors name.

    `dynamic` are the anchors of `$dynamicAnchor`; `anchors` are these and the others.
    """

    root: Node
    uri: str
    dialect: Dialect
    anchors: dict[str, Node] = field(default_factory=dict)
    dynamic: dict[str, Node] = field(default_factory=dict)


class _Index(NamedTuple):
    """The resources of one file, by the place of their root and by their URI."""

    places: dict[Pointer, Resource]
    uris: dict[str, Resource]


class Resources:
    """The schema resources of one document, of which `root` is the outermost node, and of the files it refers to.

    Each file is looked through once, and only where it mentions an `$id` or an anchor at all: others are one resource.
    """

    def __init__(self, document: Document, root: Node) -> None:
        self._root = root
        self.dialect = document_dialect(document.tree, document.specification)
        """The dialect of schemas that name none."""
        self._indexes: dict[str, _Index] = {}

    def of(self, node: Node) -> Resource:
        """Return the resource to which a node belongs: that of the nearest schema around it that has a URI."""
        places = self._index(node).places
        if len(places) > 1:
            for length in range(len(node.pointer), 0, -1):
                if (found := places.get(node.pointer[:length])) is not None:
                    return found
        return places[()]

    def at(self, uri: str, node: Node) -> Resource | None:
        """Return the resource of this URI in the file of `node` or in the document; None where neither has it.

        Other files do not count: whether one of them was read by now is an accident.
        """
        return self._index(node).uris.get(uri) or self._index(self._root).uris.get(uri)

    def dynamic(self, name: str) -> Iterator[Node]:
        """Yield the schemas with this `$dynamicAnchor`, of all files looked through so far."""
        for index in self._indexes.values():
            yield from (found.dynamic[name] for found in index.places.values() if name in found.dynamic)

    def _index(self, node: Node) -> _Index:
        file = node.file
        known = self._indexes.get(file.name)
        if known is None:
            root = node._replace(pointer=(), value=file.value)
            known = self._indexes[file.name] = _Search(self.dialect, root).index
        return known


class _Search:
    """Goes through one file for what has an identifier or an anchor."""

    def __init__(self, dialect: Dialect, root: Node) -> None:
        self.index = _Index({}, {})
        # OpenAPI 3.2: the URI that a document gives itself
        uri = joined(Path(root.file.path).absolute().as_uri(), root.text("$self").partition("#")[0])
        whole = self._add(Resource(root, uri, _dialect_of(root.value, dialect)))
        pending = [(kind, node, whole) for kind, node in _outermost(root)] if root.file.identifies else []
        while pending:
            kind, node, resource = pending.pop()
            if isinstance(node.value, dict):
                if kind == "schema":
                    resource = self._entered(node, resource)
                pending += [(inner, child, resource) for inner, child in parts_of(kind, node)]

    def _add(self, resource: Resource) -> Resource:
        self.index.places[resource.root.pointer] = resource
        self.index.uris.setdefault(resource.uri, resource)
        return resource

    def _entered(self, node: Node, around: Resource) -> Resource:
        """Return the resource of a schema, a new one where it has a URI; note its anchors."""
        dialect = _dialect_of(node.value, around.dialect)
        resource = around
        beside_reference = node.reference is not None and not dialect.reference_siblings
        identifier = node.text(dialect.identifier) if dialect.identifier and not beside_reference else ""
        address, _, anchor = identifier.partition("#")
        if address:
            resource = self._add(Resource(node, joined(around.uri, address), dialect))
        if anchor:  # as drafts before 2019-09 write it
            resource.anchors.setdefault(anchor, node)
        for keyword in _ANCHORS:
            if name := node.text(keyword):
                resource.anchors.setdefault(name, node)
        if name := node.text("$dynamicAnchor"):
            resource.dynamic.setdefault(name, node)
        return resource


def joined(base: str, address: str) -> str:
    """Return what an address means beside a URI (RFC 3986 section 5.2); itself where it cannot be one."""
    try:
        return urljoin(base, address)
    except ValueError:  # "//[" looks like the beginning of an IPv6 address
        return address


def _outermost(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield kind and node of what stands outermost: a document, a schema, or, in a file of schemas, each of them."""
    if root.is_document:
        yield "document", root
        return
    yield "schema", root
    for name, member in root.members():
        if name in FIELDS["document"] and name not in FIELDS["schema"]:
            yield from parts_of("document", root._replace(value={name: member.value}))
        elif name not in FIELDS["schema"]:
            yield "schema", member


def _dialect_of(schema: Any, around: Dialect) -> Dialect:
    return named_dialect(schema.get("$schema"), around) if isinstance(schema, dict) else around
