"""Flask's contexts of a request that an operation answers: there for the handler, filled when something looks inside.

    flask.request, g, session, url_for …  ->  the ContextVars of Flask  ->  these  ->  made whole, once

So a handler that never asks for them does not pay for them. They extend Flask 3.1's own contexts and are whole ones
from the first look on. Not for answering (direct), nor for requests that Flask answers itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from flask.ctx import AppContext, RequestContext
from flask.globals import _cv_app, _cv_request

if TYPE_CHECKING:
    from contextvars import Token

    from flask import Flask

    from macaron_runner.server.incoming import Environ, Incoming

_becoming_whole: Final = threading.RLock()
"""Several threads of one handler may look at once (asyncio.to_thread). Nobody waits for it who does not look."""


class _LateAppContext(AppContext):
    """The application's context, current from when it is made until `leave`; the rest of it is made when asked for."""

    pushed: Token[AppContext] | None
    is_whole = False
    """Whether something has looked inside."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.pushed = _cv_app.set(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with _becoming_whole:
            if not self.is_whole:
                self.__dict__.update(vars(self._made()), is_whole=True)
        return object.__getattribute__(self, name)

    def _made(self) -> AppContext:
        made = AppContext(self.app)
        made._cv_tokens = [] if self.pushed is None else [self.pushed]
        return made

    def leave(self) -> None:
        """End being current, without a word: where somebody waits to hear of it, Flask answers (direct)."""
        token = self._cv_tokens.pop() if self.is_whole else self.pushed
        self.pushed = None
        assert token is not None
        _cv_app.reset(token)


class ContextsToCome:
    """Stands for the contexts of a request until they begin. One serves all requests of an application."""

    is_whole = False

    def __init__(self, app: Flask) -> None:
        self._app = app

    def begin(self, incoming: Incoming) -> None:
        """Put the real ones in the place of this."""
        incoming.contexts = LateRequestContext(self._app, incoming.environ)

    def leave(self) -> None:
        """Do nothing: they were not needed."""


class LateRequestContext(RequestContext):
    """The context of one request, Flask's current one from when it is made until `leave`.

    With it comes one for the application, unless that has one already.
    """

    pushed: Token[RequestContext] | None
    is_whole = False
    """Whether something has looked inside."""

    def __init__(self, app: Flask, environ: Environ) -> None:
        self.app = app
        self.environ = environ
        active = _cv_app.get(None)
        self.app_context = _LateAppContext(app) if active is None or active.app is not app else None
        self.pushed = _cv_request.set(self)

    def begin(self, incoming: Incoming) -> None:
        """Do nothing: they have begun."""

    def leave(self) -> None:
        """End being current. Flask hears of it where it has made a request of it."""
        if self.is_whole:
            self.pop(None)
            return
        token, self.pushed = self.pushed, None
        assert token is not None
        _cv_request.reset(token)
        app_context = self.app_context
        if app_context is not None:
            app_context.leave()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with _becoming_whole:
            if not self.is_whole:
                self.__dict__.update(vars(self._made()), is_whole=True)
        return object.__getattribute__(self, name)

    def _made(self) -> RequestContext:
        """Return what Flask makes, and what it puts into it when it pushes it (RequestContext.push)."""
        made = RequestContext(self.app, self.environ)
        made._cv_tokens = [] if self.pushed is None else [(self.pushed, self.app_context)]
        interface = self.app.session_interface
        opened = interface.open_session(self.app, made.request)
        made._session = interface.make_null_session(self.app) if opened is None else opened
        if made.url_adapter is not None:
            made.match_request()
        return made

    def copy(self) -> RequestContext:
        """Return a context of the same request for another greenlet or thread, as Flask does."""
        return RequestContext(self.app, self.request.environ, self.request, self._session)
