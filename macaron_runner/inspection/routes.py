"""Every route of a service as one row: what is asked, who answers, who may ask, and within which limits.

Pure: from an Inspection. Not for printing (cli.routes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.code.function import Marker
from macaron_runner.code.handlers import decorator_names
from macaron_runner.diagnostics import Location
from macaron_runner.inspection.inspection import InspectedApi, InspectedOperation, Inspection
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.health import Readiness, health_checks
from macaron_runner.validation.body import STREAMED

HEALTH: Final = "health"
"""What stands in the place of an API's name for what orchestrators ask."""

_OUR_DECORATORS: Final[dict[str, Marker]] = {
    "macaron_runner.requires_auth": "required",
    "macaron_runner.load_auth_token": "optional",
}


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential that is asked for: what checks it ("" where nothing can), and what it must allow."""

    scheme: str
    verifier: str
    scopes: tuple[str, ...] = ()

    def __str__(self) -> str:
        who = self.verifier or f"nobody yet: {self.scheme} has no verifier"
        return f"{who} ({', '.join(self.scopes)})" if self.scopes else who


@dataclass(frozen=True, slots=True)
class Callers:
    """Who may call: anybody, or whoever shows all credentials of one of the `alternatives`."""

    anybody: bool
    alternatives: tuple[tuple[Credential, ...], ...] = ()

    def __str__(self) -> str:
        words = " or ".join(dict.fromkeys(" and ".join(map(str, together)) for together in self.alternatives))
        if not self.anybody:
            return words
        return f"anyone, looks at {words}" if words else "anyone"


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    `handler` is the full name of the function, "" where it is not known, and `location` where it stands, None for
    what macaron brings along: where that is installed, is nothing about the service. `mocked`: answers are made up.
    `media_types` and `body_limit` (bytes) are of the body it takes; the limit is None where there is none. `timeout`
    and `slow_call` are seconds, None where nothing is limited or reported.
    """

    method: str
    path: str
    api: str
    operation: str
    handler: str
    callers: Callers
    location: Location | None = None
    media_types: tuple[str, ...] = ()
    body_limit: int | None = None
    timeout: float | None = None
    slow_call: float | None = None
    deprecated: bool = False
    builtin: bool = False
    mocked: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object with stable keys."""
        place = self.location
        return {
            "method": self.method,
            "path": self.path,
            "api": self.api,
            "operation": self.operation or None,
            "handler": self.handler or None,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "callers": str(self.callers),
            "anybody": self.callers.anybody,
            "credentials": [
                [
                    {"scheme": one.scheme, "verifier": one.verifier or None, "scopes": list(one.scopes)}
                    for one in together
                ]
                for together in self.callers.alternatives
            ],
            "media_types": list(self.media_types),
            "body_limit": self.body_limit,
            "timeout": self.timeout,
            "slow_call": self.slow_call,
            "deprecated": self.deprecated,
            "builtin": self.builtin,
            "mocked": self.mocked,
        }


def routes_of(inspection: Inspection) -> tuple[Route, ...]:
    """Return the routes of all APIs that could be read, and the health checks, by path and then by method."""
    found = [_route(inspection, api, each) for api in inspection.apis for each in api.operations]
    if inspection.configuration is not None:
        found += _health_checks()
    return tuple(sorted(found, key=lambda route: (route.path, route.method, route.api)))


def _health_checks() -> Iterator[Route]:
    for path in health_checks(Readiness()):
        yield Route("GET", path, HEALTH, "", "", Callers(anybody=True), builtin=True)


def _route(inspection: Inspection, api: InspectedApi, inspected: InspectedOperation) -> Route:
    operation, handler = inspected.operation, inspected.handler
    config = inspection.configuration.config if inspection.configuration is not None else None
    body = operation.body
    return Route(
        method=operation.method,
        path=operation.route,
        api=api.name,
        operation=operation.operation_id or "",
        handler=handler.full_name if handler is not None else "",
        callers=_callers(inspection, api, inspected),
        location=handler.location if handler is not None and not api.builtin else None,
        media_types=tuple(content.media_type for content in body.content) if body is not None else (),
        body_limit=config.http.body_limit if config is not None and _is_limited(operation) else None,
        timeout=config.server.timeout if config is not None else None,
        slow_call=config.observability.slow_call if config is not None else None,
        deprecated=operation.deprecated,
        builtin=api.builtin,
        mocked=inspected.mocked,
    )


def _is_limited(operation: Operation) -> bool:
    """Tell whether http.body_limit holds for the operation: it takes a body, and does not read it as it arrives."""
    return operation.body is not None and operation.extensions.get(STREAMED) is not True


def _callers(inspection: Inspection, api: InspectedApi, inspected: InspectedOperation) -> Callers:
    """Return who may call an operation, as the document and the decorators of its handler say together."""
    operation = inspected.operation
    alternatives = tuple(
        tuple(Credential(use.scheme, api.verifiers.get(use.scheme, ""), use.scopes) for use in requirement)
        for requirement in operation.security
        if requirement
    )
    anybody = not alternatives or () in operation.security
    marker = _marker(operation, inspected)
    if marker is not None and not alternatives:
        alternatives = ((Credential("", _verifier_of_decorator(inspection, api)),),)
    return Callers(anybody and marker != "required", alternatives)


def _marker(operation: Operation, inspected: InspectedOperation) -> Marker | None:
    """Return the strongest mark of the handler and of the decorators that are macaron's own."""
    handler = inspected.handler
    names = (name.replace(":", ".") for name in decorator_names(operation))
    marks = {_OUR_DECORATORS.get(name) for name in names} | {handler.marker if handler is not None else None}
    if "required" in marks:
        return "required"
    return "optional" if "optional" in marks else None


def _verifier_of_decorator(inspection: Inspection, api: InspectedApi) -> str:
    """Return the verifier to which a decorator turns where the document names none, as auth.security has it."""
    declared = inspection.configuration.config.auth if inspection.configuration is not None else {}
    named: Iterable[str] = set(api.settings.security.values()) & set(declared) or declared
    fitting = sorted(named)
    return fitting[0] if len(fitting) == 1 else "a token"
