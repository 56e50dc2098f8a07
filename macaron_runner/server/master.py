"""gunicorn's master for one service: runs an application that is already built, and stops without losing requests.

Not for the settings (gunicorn) nor for what workers do (worker).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import gunicorn.http.wsgi
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config

from macaron_runner.server.draining import begin_again, begin_nothing
from macaron_runner.server.errors import ErrorReply
from macaron_runner.server.health import Readiness
from macaron_runner.server.service_app import ServiceApp
from macaron_runner.server.worker import hear_stop_signals, hold_stop_signals

_NO_PRODUCT: Final = "macaron"
"""What the Server header says (RFC 9110 section 10.2.4 advises against versions)."""


class Settings(Config):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's settings, each an attribute.

    gunicorn asks for about twenty of them a request, and its own class looks up each in two dicts, by two calls.
    """

    def __init__(self, usage: str | None = None, prog: str | None = None) -> None:
        super().__init__(usage, prog)
        self.__dict__.update({name: setting.get() for name, setting in self.settings.items()})

    def set(self, name: str, value: Any) -> None:
        """Set one by its name; `value` may be of any form that gunicorn reads."""
        super().set(name, value)
        self.__dict__[name] = self.settings[name].get()


class ServiceProcess(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """A gunicorn application whose settings and WSGI application are given; it reads neither files nor words.

    `run` returns when the service has stopped (by SystemExit, as gunicorn does).
    """

    def __init__(self, application: ServiceApp, settings: Mapping[str, Any]) -> None:
        self._application = application
        self._settings = settings
        super().__init__()

    @property
    def readiness(self) -> Readiness:
        """Whether this process wants requests."""
        return self._application.readiness

    @property
    def write_error(self) -> ErrorReply:
        """What makes the answer to something that never became a request."""
        return self._application.write_error

    @property
    def inherits_listeners(self) -> bool:
        """Whether the sockets were opened by someone who also removes their files."""
        return any(str(address).startswith("fd://") for address in self._settings["bind"])

    def load_default_config(self) -> None:
        """Begin with gunicorn's defaults."""
        self.cfg = Settings(self.usage, prog=self.prog)

    def load_config(self) -> None:
        """Take the settings; they were checked before (gunicorn.check_settings)."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)
        # Workers of gunicorn's own classes do not know that stop signals are held back while they are made.
        self.cfg.set("post_worker_init", lambda worker: hear_stop_signals())  # noqa: ARG005 - gunicorn counts arguments

    def load(self) -> Callable[..., Any]:
        """Return the WSGI application, the same for every worker."""
        return self._application

    def run(self) -> None:
        """Serve until a signal says otherwise."""
        gunicorn.http.wsgi.SERVER = _NO_PRODUCT
        StoppingArbiter(self).run()


class StoppingArbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's master, in three places more careful about what is lost: start, fork and stop."""

    def __init__(self, application: ServiceProcess) -> None:
        super().__init__(application)
        # What gunicorn calls systemd is a listener opened by someone else: its file is not ours to remove.
        self.systemd = application.inherits_listeners

    def start(self) -> None:
        """Listen; also where the socket comes from a master that was stopping."""
        super().start()
        for listener in self.LISTENERS:
            begin_again(listener.sock)

    def spawn_worker(self) -> Any:
        """Fork a worker. A stop signal that arrives before it has handlers of its own reaches it once it has."""
        hold_stop_signals()
        try:
            return super().spawn_worker()
        except KeyboardInterrupt:
            # One of a worker: gunicorn would take it for one of the master, and stop the service.
            if os.getpid() == self.pid:
                raise
            sys.exit(1)
        finally:
            hear_stop_signals()

    def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002 - gunicorn's signature
        """Stop the workers; gracefully: with the door closed first, so that they can empty the queue behind it."""
        if graceful:
            for listener in self.LISTENERS:
                begin_nothing(listener.sock)
        super().stop(graceful)
