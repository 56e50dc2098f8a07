"""Headers of operations that never arrive: gunicorn drops those whose names have an underscore.

A proxy may write `-` as `_`, and so somebody could pass for it (gunicorn's setting `header_map`). Not for what the
headers hold (validation).
"""

from __future__ import annotations

from collections.abc import Iterator

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.inspection.inspection import InspectedApi
from macaron_runner.openapi.document import Document
from macaron_runner.openapi.operation import Operation, Parameter
from macaron_runner.openapi.reading import Reading, parameters_of


def headers_that_never_arrive(configuration: Configuration, api: InspectedApi) -> Iterator[Diagnostic]:
    """Yield a warning for each header parameter, and each API key, that gunicorn drops before anyone reads it (MAC259).

    Nothing where `server.settings.header_map` says otherwise.
    """
    if configuration.config.server.settings.get("header_map", "drop") == "dangerous":
        return
    lost = [
        (each.operation, parameter)
        for each in api.operations
        for parameter in each.operation.parameters
        if parameter.location == "header" and "_" in parameter.name
    ]
    places = _named_headers(api.document) if lost else {}
    for operation, parameter in lost:
        place = places.get((operation.path, operation.method, parameter.name), operation.location)
        yield _parameter(operation, parameter, place)
    yield from _keys(api)


def _named_headers(document: Document) -> dict[tuple[str, str, str], Location]:
    """Return where the names of header parameters stand, by path, method and name."""
    reading = Reading(document)
    return {
        (endpoint.path, endpoint.method, node.text("name")): node.child("name").locate()
        for endpoint in reading.endpoints()
        for node in parameters_of(endpoint, reading.follow)
        if node.text("in") == "header"
    }


def _parameter(operation: Operation, parameter: Parameter, place: Location | None) -> Diagnostic:
    end = ", and it is required: every call is refused" if parameter.required else ""
    return Diagnostic(
        "MAC259",
        f'the header "{parameter.name}" of {operation.name} never arrives{end}',
        place,
        "gunicorn drops headers with an underscore",
        _mend(parameter.name),
        Severity.WARNING,
    )


def _keys(api: InspectedApi) -> Iterator[Diagnostic]:
    used = {use.scheme for each in api.operations for one in each.operation.security for use in one}
    shelf = ("components", "securitySchemes") if api.api.specification != "2.0" else ("securityDefinitions",)
    for name in sorted(used & api.api.security_schemes.keys()):
        scheme = api.api.security_schemes[name]
        header = scheme.parameter_name or ""
        if scheme.carrier == "header" and "_" in header:
            yield Diagnostic(
                "MAC259",
                f'the header "{header}" of the security scheme "{name}" never arrives',
                api.document.source.locate((*shelf, name), key=True),
                "gunicorn drops headers with an underscore",
                _mend(header),
                Severity.WARNING,
            )


def _mend(header: str) -> str:
    return f"call it {header.replace('_', '-')}"
