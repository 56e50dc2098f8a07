"""Operations answered without Flask's machinery, for as long as nothing of the service asks for it.

    router -> endpoint -> reply -> bytes

Flask's contexts are current while a handler runs, and become whole when it looks inside (contexts); from then on its
answer takes Flask's way out: after_this_request, session, force_type. A service with hooks, or with receivers of
Flask's signals, has Flask answer from the beginning (service_app). Not for what an operation does (endpoint).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import (
    Response,
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    got_request_exception,
    request_finished,
    request_started,
    request_tearing_down,
)
from flask.sessions import SecureCookieSessionInterface

from macaron_runner.errors import MacaronError
from macaron_runner.server.contexts import ContextsToCome
from macaron_runner.server.incoming import Environ, Incoming, Reply
from macaron_runner.server.sending import as_response, send

if TYPE_CHECKING:
    from macaron_runner.server.route import Route
    from macaron_runner.server.service_app import ServiceApp

_RECEIVERS: Final = tuple(
    signal.receivers
    for signal in (
        appcontext_popped, appcontext_pushed, appcontext_tearing_down, got_request_exception,
        request_finished, request_started, request_tearing_down,
    )
)  # fmt: skip
"""Who listens to what Flask says of every request."""


class HandlerExit(Exception):
    """A handler or a hook raised what is meant to end a process: sys.exit(), KeyboardInterrupt, a cancelled task."""


class Direct:
    """Answers operations of one application. Ask `suits` first: it costs a request a few dict look-ups."""

    def __init__(self, app: ServiceApp) -> None:
        self._app = app
        self._contexts = ContextsToCome(app)

    def suits(self, route: Route, environ: Environ) -> bool:
        """Tell whether this request can be answered here: nothing but the handler has a say in it."""
        app = self._app
        if environ["REQUEST_METHOD"] not in route.methods or app.response_class is not Response:
            return False
        if app.before_request_funcs or app.after_request_funcs or app.url_value_preprocessors:
            return False
        if app.teardown_request_funcs or app.teardown_appcontext_funcs or any(_RECEIVERS):
            return False
        if type(app.session_interface) is not SecureCookieSessionInterface:
            return False
        if "HTTP_COOKIE" in environ and self._may_renew_session(environ["HTTP_COOKIE"]):
            return False
        # The last is what a test client asks for that looks at contexts later.
        return app.config["TRUSTED_HOSTS"] is None and "werkzeug.debug.preserve_context" not in environ

    def _may_renew_session(self, cookies: str) -> bool:
        """Tell whether Flask may send a session again that the handler does not touch: a permanent one."""
        app = self._app
        return bool(app.secret_key) and app.config["SESSION_COOKIE_NAME"] in cookies

    def answer(self, route: Route, incoming: Incoming, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request, as PEP 3333 wants it answered."""
        app, environ = self._app, incoming.environ
        app._got_first_request = True  # from now on Flask refuses to be set up further
        incoming.contexts = self._contexts
        try:
            try:
                answer: Any = route.endpoint(incoming)
            except MacaronError as error:
                answer = self._refused(error, incoming)
            except Exception as problem:
                incoming.contexts.begin(incoming)
                answer = app.handle_user_exception(problem)
            except BaseException as ending:
                raise HandlerExit(f"{type(ending).__name__} was raised in {route.name}") from ending
            if type(answer) is Reply and not incoming.contexts.is_whole:
                return send(answer, incoming.request_id, environ["REQUEST_METHOD"], start_response)
            return app.finalize_request(as_response(answer))(environ, start_response)
        except Exception as problem:
            incoming.contexts.begin(incoming)
            return app.handle_exception(problem)(environ, start_response)
        finally:
            incoming.contexts.leave()

    def _refused(self, error: MacaronError, incoming: Incoming) -> Any:
        """Return the answer to an error that is meant for the client."""
        app = self._app
        if app.error_handler_spec and app.has_error_handlers:
            incoming.contexts.begin(incoming)
            return app.handle_user_exception(error)
        if app.shows_errors or error.status >= 500:
            incoming.contexts.begin(incoming)
            return app.render_error(error)
        return app.write_error(error)
