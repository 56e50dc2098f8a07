"""The Flask application of a service: Flask, whole, with the operations of its APIs matched by our own router.

flask.request, g, session, hooks, error handlers and extensions work as in any Flask application, and so do the routes
they add. Not for compiling operations (app, endpoint).
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from flask import Flask, Request, Response, got_request_exception, request
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import MapAdapter, RoutingException
from werkzeug.wrappers import Response as AnyResponse

from macaron_runner import context
from macaron_runner.errors import MacaronError
from macaron_runner.ids import new_uuid
from macaron_runner.openapi.operation import Operation
from macaron_runner.server import event_loop
from macaron_runner.server.direct import Direct, HandlerExit
from macaron_runner.server.endpoint import Endpoint
from macaron_runner.server.errors import ErrorReply, compile_errors, compile_form, report
from macaron_runner.server.health import Readiness
from macaron_runner.server.incoming import Environ, Incoming, RecordedStream, Reply, encode_query, raw_path
from macaron_runner.server.route import Route
from macaron_runner.server.router import Match, Router
from macaron_runner.server.sending import as_response, phrased
from macaron_runner.server.streaming import stream_in_context
from macaron_runner.server.url_adapter import OperationAdapter, UrlRule, rule_of

_MATCH_KEY: Final = "macaron.match"
_INCOMING_KEY: Final = "macaron.incoming"


class SlowCall(Exception):
    """A request took longer than observability.slow_call; reported, not raised."""


class ServiceApp(Flask):
    """A service. `answer` adds its operations; then it is a WSGI application like any other.

    `readiness` says whether it wants requests, `service_modules` are the modules its handlers were found in,
    `write_error` makes the answer to an error that only its client gets to see, `render_error` to any other: those that
    are reported (5xx), and all where there is an `http.error_handler` that it `shows_errors`.
    """

    url_rule_class = UrlRule

    def __init__(self, name: str, folder: Path, *, body_limit: int, slow_call: float | None) -> None:
        super().__init__(
            name, root_path=str(folder), instance_path=str(folder / "instance"), static_folder=None
        )
        self.readiness = Readiness()
        self.service_modules: tuple[ModuleType, ...] = ()
        self.config["MAX_CONTENT_LENGTH"] = body_limit
        self.config["DEBUG"] = False  # whatever FLASK_DEBUG says: macaron.yaml has all settings of a service
        self._slow_call = math.inf if slow_call is None else slow_call
        self._router: Router[Route] = Router(())
        self._direct = Direct(self)
        self.answer_errors(compile_form("macaron"), None)

    def answer(
        self,
        operations: Iterable[tuple[Operation, Endpoint]],
        plain_replies: Mapping[str, Callable[[], Reply]],
    ) -> None:
        """Serve these operations, and GET of the paths of `plain_replies` that none of them has.

        Flask's own endpoint names are theirs: url_for("shop.get_order", order_id="1").
        """
        added = [
            (operation.method, operation.route, operation.name, endpoint)
            for operation, endpoint in operations
        ]
        described = Router((method, template, name) for method, template, name, _ in added)
        for path, reply in plain_replies.items():
            if described.find("GET", path) is None:
                added.append(("GET", path, path, _endpoint_of(reply)))
        for method, template, name, endpoint in added:
            # Werkzeug does not match it (build_only): it would find paths that our router refuses, and redirect.
            self.add_url_rule(rule_of(template), name, _view_of(endpoint), methods=[method], build_only=True)
        rules = {rule.endpoint: rule for rule in self.url_map.iter_rules()}  # sorts them all: once is enough
        self._router = Router(
            (method, template, Route(name, _methods_like(method), endpoint, rules[name]))
            for method, template, name, endpoint in added
        )

    def answer_errors(self, write: ErrorReply, handler: Callable[[MacaronError], Any] | None) -> None:
        """Set the form of every error that no error handler registered with Flask takes first.

        `write` is our own form, `handler` the function of `http.error_handler`.
        """
        self.write_error = write
        self.render_error = compile_errors(write, handler)
        self.shows_errors = handler is not None

    @property
    def has_error_handlers(self) -> bool:
        """Whether any function was registered with Flask to answer errors."""
        found = self.error_handler_spec
        return bool(found) and any(handlers for by_code in found.values() for handlers in by_code.values())

    def wsgi_app(self, environ: Environ, start_response: Any) -> Any:
        """Answer one request, with its context around all that is done for it."""
        encode_query(environ)
        found = environ[_MATCH_KEY] = self._find(environ)
        if found is None or found.target is None:
            route, incoming = None, Incoming(environ, {})
        else:
            route = found.target
            incoming = Incoming(environ, found.values, route.name)
        started = time.monotonic()
        outside = context.enter(incoming)
        try:
            if route is not None and self._direct.suits(route, environ):
                return self._direct.answer(route, incoming, start_response)
            environ[_INCOMING_KEY] = incoming
            return super().wsgi_app(environ, start_response)
        finally:
            taken = time.monotonic() - started
            if taken > self._slow_call:
                _report_slow_call(environ, taken, self._slow_call)
            context.leave(outside)

    def _find(self, environ: Environ) -> Match[Route] | None:
        return self._router.find(environ["REQUEST_METHOD"], raw_path(environ))

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what knows the rule of a request: for a path that our router found, without looking further."""
        if request is None:
            return super().create_url_adapter(request)
        environ = request.environ
        found = environ[_MATCH_KEY] if _MATCH_KEY in environ else self._find(environ)  # test_request_context
        if found is None:
            return super().create_url_adapter(request)
        bind = functools.partial(super().create_url_adapter, request)
        if self.config["TRUSTED_HOSTS"] is not None:
            bind()  # refuses the others
        return OperationAdapter(found, request.method, bind)

    def full_dispatch_request(self) -> Response:
        """Run hooks and handler. Whatever they raise ends their request, never the server."""
        try:
            return super().full_dispatch_request()
        except Exception:
            raise
        except BaseException as ending:
            raise HandlerExit(f"{type(ending).__name__} was raised in {request.endpoint}") from ending

    def handle_user_exception(self, e: Exception) -> Any:
        """Answer an error that was meant for the client; Flask would take it for an unexpected one."""
        if isinstance(e, MacaronError) and self._find_error_handler(e, request.blueprints) is None:
            return as_response(self.render_error(e))
        return super().handle_user_exception(e)

    def handle_http_exception(self, e: HTTPException) -> Any:
        """Answer abort() and its like; one that names no status is an error like any other."""
        if isinstance(e, RoutingException):
            return e
        if e.code is None and e.response is None:
            raise e
        answer = super().handle_http_exception(e)
        return as_response(self.render_error(e)) if answer is e else answer

    def handle_exception(self, e: Exception) -> Response:
        """Answer what nobody expected: by the service's handler of InternalServerError, else in our form.

        Raises it where the service set PROPAGATE_EXCEPTIONS, TESTING or DEBUG, as Flask does: for tests and debuggers.
        """
        got_request_exception.send(self, _async_wrapper=self.ensure_sync, exception=e)
        propagate = self.config["PROPAGATE_EXCEPTIONS"]
        if self.testing or self.debug if propagate is None else propagate:
            raise e
        return self.finalize_request(self._answer_unexpected(e), from_error_handler=True)

    def _answer_unexpected(self, error: Exception) -> Any:
        unexpected = InternalServerError(original_exception=error)
        handler = self._find_error_handler(unexpected, request.blueprints)
        if handler is None or isinstance(error, MacaronError):
            return as_response(self.render_error(error))
        report(error, new_uuid())
        try:
            return self.ensure_sync(handler)(unexpected)
        except Exception as failure:
            return as_response(self.render_error(failure))

    def async_to_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a hook or a view that is `async def` as one that Flask can call."""
        return lambda *args, **kwargs: event_loop.run(func(*args, **kwargs))

    def make_default_options_response(self) -> Response:
        """Return which methods a path takes; there is no body, and so no type of it."""
        response = super().make_default_options_response()
        del response.headers["Content-Type"]
        return response

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        """Run the hooks that come last: the answer is made, and a hook that fails cannot undo it."""
        try:
            super().do_teardown_request(exc)
        except Exception as error:
            report(error, new_uuid())

    def do_teardown_appcontext(self, exc: BaseException | None = None) -> None:
        """Run the hooks of the application's context, which are as harmless."""
        try:
            super().do_teardown_appcontext(exc)
        except Exception as error:
            report(error, new_uuid())

    def preprocess_request(self) -> Any:
        """Run the hooks that come first; what they read of the body is there for the operation once more."""
        if not self.before_request_funcs:
            return super().preprocess_request() if self.url_value_preprocessors else None
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
            if response.is_streamed and not response.direct_passthrough:
                stream_in_context(response, here)
        answer: Response | None = super().process_response(response)
        if answer is None:
            raise TypeError("a function registered with after_request returned no response")
        return phrased(answer)


def _view_of(endpoint: Endpoint) -> Callable[..., AnyResponse]:
    def view(**path_values: str) -> AnyResponse:
        incoming = request.environ.get(_INCOMING_KEY) or Incoming(request.environ, path_values)
        incoming.path_values = path_values  # hooks may have changed them (url_value_preprocessor)
        return as_response(endpoint(incoming))

    return view


def _endpoint_of(reply: Callable[[], Reply]) -> Endpoint:
    return lambda _incoming: reply()


def _methods_like(method: str) -> frozenset[str]:
    """Return the methods that an operation's endpoint answers: what answers GET answers HEAD as well."""
    return frozenset({"GET", "HEAD"} if method == "GET" else {method})


def _report_slow_call(environ: Environ, taken: float, limit: float) -> None:
    here = context.current()
    what = (here and here.operation) or environ["REQUEST_METHOD"]
    slow = SlowCall(f"{what} took {taken:.3f} s, longer than the {limit:g} s of observability.slow_call")
    report(slow, new_uuid())
