"""What reading any version of an API document has in common: its references, its schemas, the problems met.

Not for what differs between the versions (swagger2, openapi3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.definitions import Definitions
from macaron_runner.openapi.document import Document
from macaron_runner.openapi.kinds import METHODS
from macaron_runner.openapi.normalise import copy
from macaron_runner.openapi.operation import (
    Body,
    Operation,
    Parameter,
    Response,
    Schema,
    SchemeUse,
    SecurityRequirement,
    Server,
    Tag,
)
from macaron_runner.openapi.references import BrokenReference, Node, References


class Endpoint(NamedTuple):
    """Where a document describes an operation: path, method ("GET"), and the nodes of its path item and itself."""

    path: str
    method: str
    path_item: Node
    operation: Node


class Reading:
    """One document being read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = Node(document.source, (), document.tree)
        self.references = References(document)
        self._problems: dict[Diagnostic, None] = {}  # in the order met, each once
        self.definitions = Definitions(self.root, document.specification, self.references, self.report)

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """What was found wrong so far."""
        return tuple(self._problems)

    def report(self, problem: Diagnostic) -> None:
        """Remember a problem; the same one at the same place counts once."""
        self._problems[problem] = None

    def follow(self, node: Node) -> Node:
        """Return what stands at `node`, references followed; an empty map where one is broken (reported)."""
        try:
            return self.references.follow(node)
        except BrokenReference as error:
            self.report(error.diagnostic)
            return Node(node.file, node.pointer, {})

    def schema(self, node: Node) -> Schema:
        """Return the schema at `node` in the one form."""
        return self.definitions.normalise(node)

    def security(self, owner: Node) -> tuple[SecurityRequirement, ...]:
        """Return the security requirements of an operation or document.

        What is no list of requirements is reported: no operation may be open because of a slip.
        """
        written = owner.child("security")
        if owner.has("security") and not _is_security(written.value):
            message = "security must be a list of maps, each from the names of schemes to lists of scopes"
            self.report(Diagnostic("MAC372", message, written.locate(key=True)))
        return security_requirements(written.value)

    def endpoints(self) -> Iterator[Endpoint]:
        """Yield every operation, in the order of the document."""
        return endpoints_of(self.root, self.follow)

    def endpoints_in(self, path_items: Iterable[tuple[str, Node]]) -> Iterator[Endpoint]:
        """Yield every operation of path items by name, in their order."""
        return _endpoints_in(path_items, self.follow)

    def tags(self) -> tuple[Tag, ...]:
        """Return what the document says of tags; operations may have others as well."""
        members = ("name", "summary", "description", "parent", "kind")
        return tuple(
            Tag(**{member: node.text(member) for member in members})
            for node in self.root.child("tags").elements()
        )


def endpoints_of(root: Node, follow: Callable[[Node], Node]) -> Iterator[Endpoint]:
    """Yield every operation under `paths`, in the order of the document; path items may be references."""
    return _endpoints_in(root.child("paths").fields(), follow)


def _endpoints_in(
    path_items: Iterable[tuple[str, Node]], follow: Callable[[Node], Node]
) -> Iterator[Endpoint]:
    for path, written in path_items:
        path_item = follow(written)
        for method, operation in _operations_of(path_item):
            # No version allows a reference here, and many who write several files put one.
            node = follow(operation)
            if isinstance(node.value, dict):
                yield Endpoint(path, method, path_item, node)


def _operations_of(path_item: Node) -> Iterator[tuple[str, Node]]:
    """Yield method and node of each operation; those under additionalOperations have methods of any name."""
    for name, node in path_item.members():
        if name in METHODS:
            yield name.upper(), node
        elif name == "additionalOperations":
            yield from node.members()


def parameters_of(endpoint: Endpoint, follow: Callable[[Node], Node]) -> list[Node]:
    """Return an operation's parameters, the path item's first; one of the operation's replaces its namesake.

    Namesakes have the same name and location. OpenAPI 3.1 section 4.8.10, `parameters`.
    """
    merged = {
        (node.text("name"), node.text("in")): node
        for owner in (endpoint.path_item, endpoint.operation)
        for node in map(follow, owner.child("parameters").elements())
    }
    return list(merged.values())


def operation_of(
    endpoint: Endpoint,
    api: str,
    base_path: str,
    *,
    parameters: tuple[Parameter, ...],
    body: Body | None,
    responses: tuple[Response, ...],
    security: tuple[SecurityRequirement, ...],
    servers: tuple[Server, ...] = (),
    callbacks: Mapping[str, tuple[Operation, ...]] = MappingProxyType({}),
) -> Operation:
    """Return an operation of which the versions tell these parts in their own ways, and all else alike."""
    node = endpoint.operation
    return Operation(
        api=api,
        method=endpoint.method,
        base_path=base_path,
        path=endpoint.path,
        operation_id=node.text("operationId") or None,
        parameters=parameters,
        body=body,
        responses=responses,
        security=security,
        deprecated=node.flag("deprecated"),
        tags=node.texts("tags"),
        summary=node.text("summary"),
        description=node.text("description"),
        extensions=extensions(node),
        servers=servers,
        callbacks=callbacks,
        locate=partial(node.locate, key=True),
    )


def extensions(node: Node, *, without: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """Return the `x-…` members of a map."""
    return {
        name: copy(item.value)
        for name, item in node.members()
        if name.startswith("x-") and name not in without
    }


def scalar_text(node: Node, name: str) -> str:
    """Return a member as text, also where YAML made a number of it (`version: 1.0`); "" if there is none."""
    value = node.child(name).value
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def statuses(responses: Node) -> Iterator[tuple[str, Node]]:
    """Yield the responses of an operation by status, ranges in capitals: "200", "4XX", "default"."""
    for status, node in responses.fields():
        yield status if status == "default" else status.upper(), node


def security_requirements(written: Any) -> tuple[SecurityRequirement, ...]:
    """Return alternatives: `[{"bearerAuth": []}, {}]` -> ((SchemeUse("bearerAuth"),), ())."""
    if not isinstance(written, list):
        return ()
    return tuple(
        tuple(SchemeUse(name, _scopes(scopes)) for name, scopes in requirement.items())
        for requirement in written
        if isinstance(requirement, dict)
    )


def _is_security(written: Any) -> bool:
    return isinstance(written, list) and all(
        isinstance(requirement, dict) and all(isinstance(scopes, list) for scopes in requirement.values())
        for requirement in written
    )


def _scopes(written: Any) -> tuple[str, ...]:
    return tuple(scope for scope in written if isinstance(scope, str)) if isinstance(written, list) else ()
