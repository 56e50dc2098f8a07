"""A whole service in this process: for scripts, for its tests, for a Python shell, for other WSGI servers.

Not for running it as `macaron run` does: there is no server, no worker and no broker.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from macaron_runner import context
from macaron_runner.assembly import Assembly, assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.selection import select

if TYPE_CHECKING:
    from macaron_runner.server.service_app import ServiceApp


def load_service(file: str | Path = "", *, env: str = "", overrides: tuple[str, ...] = ()) -> context.Service:
    """Load a service into a plain script: `apipool`, `config`, `generate_token` work afterwards, tasks run at once.

    `file` is a macaron.yaml (default: MACARON_CONFIG, else ./macaron.yaml), `env` its overlay, `overrides` are
    "key.path=value". Its handlers are imported when a client of its own APIs is called. Raises BadConfiguration.
    """
    return load_configured(_configuration(file, env, overrides))


def load_configured(configuration: Configuration) -> context.Service:
    """Load the service of a configuration, as `load_service` does. Raises BadConfiguration."""
    assembly = assemble(configuration)
    return context.amend(application=Served(assembly))


def load_app(file: str | Path = "", *, env: str = "", overrides: tuple[str, ...] = ()) -> ServiceApp:
    """Return a service as a Flask application: `load_app("macaron.yaml").test_client()` asks it without a server.

    Takes what `load_service` takes, and does what it does besides: `apipool`, `config`, `generate_token` work
    afterwards. Tasks that handlers call run at once. Secrets made for development are made anew each time. Raises
    BadConfiguration.
    """
    served = Served(assemble(_configuration(file, env, overrides)))
    context.amend(application=served)
    return served()


def _configuration(file: str | Path, env: str, overrides: tuple[str, ...]) -> Configuration:
    selection = select(os.fspath(file) or None, env or None, overrides, environ=os.environ, cwd=Path.cwd())
    return load(selection, environ=os.environ)


class Served:
    """Gives the application that serves a service, made when it is first asked for: Flask and handlers cost their time.

    For calls that a process makes of its own service (context.OwnApplication). Raises BadConfiguration.
    """

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._making = threading.Lock()
        self._made: ServiceApp | None = None

    def __call__(self) -> ServiceApp:
        """Return it, the same one each time."""
        with self._making:
            if self._made is None:
                from macaron_runner.server.app import create_app

                self._made = create_app(self._assembly)
            return self._made


def stand_in(configuration: Configuration) -> ServiceApp:
    """Return the application for modules that register hooks with flask.current_app when they are imported."""
    from macaron_runner.server.service_app import ServiceApp

    config = configuration.config
    return ServiceApp(
        config.service.name, configuration.directory, body_limit=config.http.body_limit, slow_call=None
    )
