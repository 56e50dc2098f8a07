"""A document -> its Api: the one way in for everything after the parser.

Not for checking the document (rules, validation.document): that is done before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from macaron_runner.diagnostics import Diagnostic, Location, raise_errors
from macaron_runner.openapi import openapi3, swagger2
from macaron_runner.openapi.document import Document, Specification
from macaron_runner.openapi.operation import Api, Operation, SecurityScheme, Server
from macaron_runner.openapi.reading import Reading, scalar_text
from macaron_runner.openapi.references import Node


class Version(Protocol):
    """What a module knows that reads documents of one specification."""

    def read_base_path(self, reading: Reading) -> str:
        """Return "" or what stands before every path, without a slash at its end."""

    def read_security_schemes(self, reading: Reading) -> dict[str, SecurityScheme]:
        """Return the security schemes by name."""

    def read_servers(self, reading: Reading) -> tuple[Server, ...]:
        """Return where the document says that the API is served."""

    def read_operations(self, reading: Reading, api: str, base_path: str) -> Iterator[Operation]:
        """Yield the operations, in the order of the document."""

    def read_webhooks(self, reading: Reading, api: str) -> Iterator[Operation]:
        """Yield the operations that the service asks of others."""


_VERSIONS: Final[Mapping[Specification, Version]] = {
    "2.0": swagger2,
    "3.0": openapi3,
    "3.1": openapi3,
    "3.2": openapi3,
}


class _Locations(Mapping[str, Location]):
    """Where named schemas stand, looked up when asked for: most never are."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes

    def __getitem__(self, name: str) -> Location:
        return self._nodes[name].locate(key=True)

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


def read_api(document: Document, name: str, base_path: str | None = None) -> Api:
    """Return the API that a document describes, under the name it is served by.

    `base_path` ("" or "/v1") replaces the document's own. Raises BadConfiguration with all problems met.
    """
    api, problems = examine_api(document, name, base_path)
    raise_errors(problems)
    return api


def examine_api(
    document: Document, name: str, base_path: str | None = None
) -> tuple[Api, tuple[Diagnostic, ...]]:
    """Return the API that a document describes, as far as it can be told, and all problems met.

    What a reference should have led to is empty where it leads nowhere: good for looking further, not for serving.
    """
    reading = Reading(document)
    version = _VERSIONS[document.specification]
    base = version.read_base_path(reading) if base_path is None else base_path.rstrip("/")
    operations = tuple(version.read_operations(reading, name, base))
    webhooks = tuple(version.read_webhooks(reading, name))
    schemas = reading.definitions.finish()
    schemes = version.read_security_schemes(reading)
    info = reading.root.child("info")
    api = Api(
        name=name,
        title=scalar_text(info, "title"),
        version=scalar_text(info, "version"),
        base_path=base,
        operations=operations,
        schemas=schemas,
        security_schemes=schemes,
        servers=version.read_servers(reading),
        webhooks=webhooks,
        tags=reading.tags(),
        specification=document.specification,
        file=document.file,
        schema_locations=_Locations(reading.definitions.nodes),
    )
    return api, reading.problems
