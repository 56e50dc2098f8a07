"""Operations answered without Flask's machinery, for as long as nothing of the service asks for it.

    router -> endpoint -> reply -> bytes

Flask's contexts are current meanwhile, and become whole when a handler looks inside (contexts); from then on its answer
takes Flask's way out: after_this_request, session, force_type. A service with hooks, or with receivers of Flask's
signals, has Flask answer from the beginning (service_app). Not for what an operation does (endpoint).
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
from macaron_runner.server.contexts import LateRequestContext
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

    def suits(self, route: Route, environ: Environ) -> bool:
        """Tell whether this request can be answered here: nothing but the handler has a say in it."""
        app = self._app
        return (
            environ["REQUEST_METHOD"] in route.methods
            and not self._is_watched()
            and app.response_class is Response
            and app.config["TRUSTED_HOSTS"] is None
            and not self._opens_session(environ)
            and "werkzeug.debug.preserve_context" not in environ  # a test client that looks at contexts later
        )

    def _is_watched(self) -> bool:
        """Tell whether Flask has to tell anybody of this request."""
        app = self._app
        return bool(
            app.before_request_funcs
            or app.after_request_funcs
            or app.teardown_request_funcs
            or app.teardown_appcontext_funcs
            or app.url_value_preprocessors
            or any(_RECEIVERS)
        )

    def _opens_session(self, environ: Environ) -> bool:
        """Tell whether Flask would do something with a session that the handler does not touch."""
        app = self._app
        if type(app.session_interface) is not SecureCookieSessionInterface:
            return True
        cookies: str = environ.get("HTTP_COOKIE", "")
        return bool(cookies) and bool(app.secret_key) and app.config["SESSION_COOKIE_NAME"] in cookies

    def answer(self, route: Route, incoming: Incoming, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request, as PEP 3333 wants it answered."""
        app, environ = self._app, incoming.environ
        app._got_first_request = True  # from now on Flask refuses to be set up further
        contexts = LateRequestContext(app, environ)
        try:
            try:
                answer: Any = route.endpoint(incoming)
            except MacaronError as error:
                answer = (app.handle_user_exception if app.has_error_handlers else app.render_error)(error)
            except Exception as problem:
                answer = app.handle_user_exception(problem)
            except BaseException as ending:
                raise HandlerExit(f"{type(ending).__name__} was raised in {route.name}") from ending
            if type(answer) is Reply and not contexts.is_whole:
                return send(answer, incoming.request_id, environ["REQUEST_METHOD"], start_response)
            return app.finalize_request(as_response(answer))(environ, start_response)
        except Exception as problem:
            return app.handle_exception(problem)(environ, start_response)
        finally:
            contexts.leave()
