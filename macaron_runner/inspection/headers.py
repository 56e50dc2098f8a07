"""Headers of operations that never arrive: gunicorn drops those whose names have an underscore.

A proxy may write `-` as `_`, and so somebody could pass for it (gunicorn's setting `header_map`). Not for what the
headers hold (validation).
"""

from __future__ import annotations

from collections.abc import Iterator

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Severity
from macaron_runner.inspection.inspection import InspectedApi
from macaron_runner.openapi.operation import Operation, Parameter


def headers_that_never_arrive(configuration: Configuration, api: InspectedApi) -> Iterator[Diagnostic]:
    """Yield a warning for each header parameter, and each API key, that gunicorn drops before anyone reads it (MAC259).

    Nothing where `server.settings.header_map` says otherwise.
    """
    if configuration.config.server.settings.get("header_map", "drop") == "dangerous":
        return
    for each in api.operations:
        for parameter in each.operation.parameters:
            if parameter.location == "header" and "_" in parameter.name:
                yield _parameter(each.operation, parameter)
    yield from _keys(api)


def _parameter(operation: Operation, parameter: Parameter) -> Diagnostic:
    end = ", and it is required: every call is refused" if parameter.required else ""
    return Diagnostic(
        "MAC259",
        f'the header "{parameter.name}" of {operation.name} never arrives{end}',
        parameter.place or operation.location,
        "gunicorn drops headers with an underscore",
        _mend(parameter.name),
        Severity.WARNING,
    )


def _keys(api: InspectedApi) -> Iterator[Diagnostic]:
    used = {use.scheme for each in api.operations for one in each.operation.security for use in one}
    for name in sorted(used & api.api.security_schemes.keys()):
        scheme = api.api.security_schemes[name]
        header = scheme.parameter_name or ""
        if scheme.carrier == "header" and "_" in header:
            yield Diagnostic(
                "MAC259",
                f'the header "{header}" of the security scheme "{name}" never arrives',
                scheme.location,
                "gunicorn drops headers with an underscore",
                _mend(header),
                Severity.WARNING,
            )


def _mend(header: str) -> str:
    return f"call it {header.replace('_', '-')}"
