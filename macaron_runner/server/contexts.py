"""Flask's contexts of a request that an operation answers: there from the start, filled when something looks inside.

    flask.request, g, session, url_for …  ->  the ContextVars of Flask  ->  these  ->  made whole, once

So a handler that never asks for them does not pay for them. They extend Flask 3.1's own contexts and are whole ones
from the first look on. Not for answering (direct), nor for requests that Flask answers itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask.ctx import AppContext, RequestContext
from flask.globals import _cv_app, _cv_request

if TYPE_CHECKING:
    from contextvars import Token

    from flask import Flask

    from macaron_runner.server.incoming import Environ


class _LateAppContext(AppContext):
    """The application's context, current from when it is made until `leave`; the rest of it is made when asked for."""

    pushed: Token[AppContext]

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.pushed = _cv_app.set(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "g" in self.__dict__:
            raise AttributeError(name)
        super().__init__(self.app)
        pushed = self.__dict__.pop("pushed", None)
        self._cv_tokens = [] if pushed is None else [pushed]
        return getattr(self, name)

    def leave(self) -> None:
        """End being current, without a word: where somebody waits to hear of it, Flask answers (direct)."""
        pushed = self.__dict__.pop("pushed", None)
        _cv_app.reset(self._cv_tokens.pop() if pushed is None else pushed)


class LateRequestContext(RequestContext):
    """The context of one request, Flask's current one from when it is made until `leave`.

    With it comes one for the application, unless that has one already.
    """

    pushed: Token[RequestContext]

    def __init__(self, app: Flask, environ: Environ) -> None:
        self.app = app
        self.environ = environ
        active = _cv_app.get(None)
        self.app_context = _LateAppContext(app) if active is None or active.app is not app else None
        self.pushed = _cv_request.set(self)

    @property
    def is_whole(self) -> bool:
        """Whether something has looked inside."""
        return "request" in self.__dict__

    def leave(self) -> None:
        """End being current. Flask hears of it where it has made a request of it."""
        if self.is_whole:
            self.pop(None)
            return
        _cv_request.reset(self.__dict__.pop("pushed"))
        if self.app_context is not None:
            self.app_context.leave()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.is_whole:
            raise AttributeError(name)
        self._become_whole()
        return getattr(self, name)

    def _become_whole(self) -> None:
        """Do what Flask does when it makes and pushes a context (RequestContext.push)."""
        super().__init__(self.app, self.environ)
        pushed = self.__dict__.pop("pushed", None)
        self._cv_tokens = [] if pushed is None else [(pushed, self.app_context)]
        interface = self.app.session_interface
        opened = interface.open_session(self.app, self.request)
        self._session = interface.make_null_session(self.app) if opened is None else opened
        if self.url_adapter is not None:
            self.match_request()

    def copy(self) -> RequestContext:
        """Return a context of the same request for another greenlet or thread, as Flask does."""
        return RequestContext(self.app, self.request.environ, self.request, self._session)
