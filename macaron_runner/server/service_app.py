"""The Flask application of a service: Flask, whole, with the operations of its APIs matched by our own router.

flask.request, g, session, hooks, error handlers and extensions work as in any Flask application, and so do the routes
they add. Not for compiling operations (app, endpoint).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wrappers import Response as AnyResponse

from macaron_runner import context
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.endpoint import Endpoint
from macaron_runner.server.errors import RenderError, report
from macaron_runner.server.health import Readiness
from macaron_runner.server.incoming import Environ, Incoming, RecordedStream, Reply, raw_path
from macaron_runner.server.router import Match, Router
from macaron_runner.validation.identifiers import identifier

_SANE_ID: Final = re.compile(r"[\x21-\x7e]{8,128}")
"""What may become a request id of ours: it goes into logs and headers."""

_SANE_PATH: Final = re.compile(r"[\x21-\x7e]{1,1024}")
_MATCH_KEY: Final = "macaron.match"
_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")


class Route(NamedTuple):
    """An operation as Flask knows it."""

    operation: Operation
    rule: Rule


class SlowCall(Exception):
    """A request took longer than observability.slow_call; reported, not raised."""


class ReplyResponse(Response):
    """A reply that says itself what its body is, if it has one."""

    default_mimetype = None


class OperationMap(Map):
    """Werkzeug's map of rules, which leaves the paths of operations to our router."""

    def bind_to_environ(
        self, environ: Any, server_name: str | None = None, subdomain: str | None = None
    ) -> MapAdapter:
        """Return what matches this one request."""
        adapter = super().bind_to_environ(environ, server_name, subdomain)
        found = getattr(environ, "environ", environ).get(_MATCH_KEY)
        return adapter if found is None else OperationAdapter(adapter, found)


class OperationAdapter(MapAdapter):
    """Answers Flask's question what was matched with what the router found; everything else is Werkzeug's."""

    def __init__(self, adapter: MapAdapter, found: Match[Route]) -> None:
        super().__init__(
            adapter.map, adapter.server_name, adapter.script_name, adapter.subdomain, adapter.url_scheme,
            adapter.path_info, adapter.default_method, adapter.query_args,
        )  # fmt: skip
        self._found = found

    def match(  # one answer for Werkzeug's overloads
        self,
        path_info: str | None = None,
        method: str | None = None,
        return_rule: bool = False,  # noqa: FBT001, FBT002 - Werkzeug's signature
        query_args: Any = None,
        websocket: bool | None = None,  # noqa: FBT001
    ) -> tuple[Any, dict[str, Any]]:
        """Return the rule (or its endpoint) and the path's values, still encoded. Raises MethodNotAllowed."""
        if path_info is not None:
            return super().match(path_info, method, return_rule, query_args, websocket)  # type: ignore[call-overload,no-any-return]
        route = self._found.target
        if route is None or (method or self.default_method) != self.default_method:
            raise MethodNotAllowed(valid_methods=list(self._found.allowed))
        return route.rule if return_rule else route.rule.endpoint, dict(self._found.values)


class ServiceApp(Flask):
    """A service. `answer` adds its operations; then it is a WSGI application like any other.

    `readiness` says whether it wants requests, `service_modules` are the modules its handlers were found in.
    """

    url_map_class = OperationMap

    def __init__(self, name: str, folder: Path, *, body_limit: int, slow_call: float | None) -> None:
        super().__init__(
            name, root_path=str(folder), instance_path=str(folder / "instance"), static_folder=None
        )
        self.readiness = Readiness()
        self.service_modules: tuple[ModuleType, ...] = ()
        self.config["MAX_CONTENT_LENGTH"] = body_limit
        self._slow_call = slow_call
        self._router: Router[Route] = Router(())

    def answer(self, operations: Iterable[tuple[Operation, Endpoint]]) -> None:
        """Serve these operations. Flask's own endpoint names are theirs: url_for("shop.get_order", order_id="1")."""
        added = [self._add_rule(operation, endpoint) for operation, endpoint in operations]
        rules = {rule.endpoint: rule for rule in self.url_map.iter_rules()}  # sorts them all: once is enough
        self._router = Router((operation, Route(operation, rules[operation.name])) for operation in added)

    def answer_errors(self, render: RenderError) -> None:
        """Render every exception that no error handler of the service's own takes first."""
        self.register_error_handler(Exception, lambda error: as_response(render(error)))

    def answer_plainly(self, path: str, reply: Callable[[], Reply]) -> None:
        """Serve GET on a path that no document describes, unless an API has it."""
        if self._router.find("GET", path) is None:
            self.add_url_rule(path, endpoint=path, view_func=lambda: as_response(reply()))

    def _add_rule(self, operation: Operation, endpoint: Endpoint) -> Operation:
        """Register the operation with Flask, for url_for and for what extensions read of a route; return it.

        Werkzeug does not match it (build_only): it would find paths that our router refuses, and redirect to others.
        """

        def view(**path_values: str) -> AnyResponse:
            return as_response(endpoint(Incoming(request.environ, path_values)))

        self.add_url_rule(
            _VARIABLE.sub(lambda found: f"<{_variable_of(found[1])}>", operation.route),
            endpoint=operation.name,
            view_func=view,
            methods=[operation.method],
            build_only=True,
        )
        return operation

    def wsgi_app(self, environ: Environ, start_response: Any) -> Any:
        """Answer one request, with its context around everything Flask and its hooks do."""
        found = environ[_MATCH_KEY] = self._router.find(environ["REQUEST_METHOD"], raw_path(environ))
        operation = found.target.operation.name if found is not None and found.target is not None else ""
        with context.entered(_context_of(environ, operation)):
            if self._slow_call is None:
                return super().wsgi_app(environ, start_response)
            return self._timed(environ, start_response, self._slow_call)

    def _timed(self, environ: Environ, start_response: Any, limit: float) -> Any:
        started = time.monotonic()
        try:
            return super().wsgi_app(environ, start_response)
        finally:
            taken = time.monotonic() - started
            if taken > limit:
                _report_slow_call(environ, taken, limit)

    def preprocess_request(self) -> Any:
        """Run the hooks that come first; what they read of the body is there for the operation once more."""
        if not self.before_request_funcs:
            return super().preprocess_request()
        recorded = RecordedStream(request.environ["wsgi.input"])
        request.environ["wsgi.input"] = recorded
        answer = super().preprocess_request()
        recorded.rewind()
        return answer

    def process_response(self, response: Response) -> Response:
        """Name the request in the answer, then run the hooks of the service and its extensions."""
        here = context.current()
        if here is not None:
            response.headers["X-Request-ID"] = here.request_id
        return super().process_response(response)


def _variable_of(name: str) -> str:
    """Return a path variable's name as Werkzeug takes it: an identifier, in ASCII."""
    word = identifier(name)
    return word if word.isascii() else "v" + word.encode("utf-8").hex()


def as_response(reply: Reply | AnyResponse) -> AnyResponse:
    """Return a reply as Flask's response; what is a response already is returned untouched."""
    if isinstance(reply, Reply):
        return ReplyResponse(reply.body, reply.status, list(reply.headers))
    return reply


def _context_of(environ: Environ, operation: str) -> context.Context:
    """Return the context that a request starts with: the ids it brings, where they are sane, or new ones."""
    request_id = _sane(_SANE_ID, environ.get("HTTP_X_REQUEST_ID")) or context.new_id()
    return context.Context(
        request_id=request_id,
        call_id=_sane(_SANE_ID, environ.get("HTTP_PYMCALLID")) or request_id,
        call_path=_sane(_SANE_PATH, environ.get("HTTP_PYMCALLPATH")),
        operation=operation,
    )


def _sane(pattern: re.Pattern[str], given: str | None) -> str:
    return given if given is not None and pattern.fullmatch(given) else ""


def _report_slow_call(environ: Environ, taken: float, limit: float) -> None:
    here = context.current()
    what = (here and here.operation) or environ["REQUEST_METHOD"]
    slow = SlowCall(f"{what} took {taken:.3f} s, longer than the {limit:g} s of observability.slow_call")
    report(slow, context.new_id())
