"""A whole service as an application in this process: for its tests, for a Python shell, for other WSGI servers.

Not for running it as `macaron run` does: there is no server, no worker and no broker.
"""

from __future__ import annotations

import os
from pathlib import Path

from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.selection import select
from macaron_runner.server.app import create_app
from macaron_runner.server.service_app import ServiceApp


def load_app(file: str | Path = "", *, env: str = "", overrides: tuple[str, ...] = ()) -> ServiceApp:
    """Return a service as a Flask application: `load_app("macaron.yaml").test_client()` asks it without a server.

    Takes what `load_service` takes, and does what it does besides: `apipool`, `config`, `generate_token` work
    afterwards. Tasks that handlers call run at once. Secrets made for development are made anew each time. Raises
    BadConfiguration.
    """
    selection = select(os.fspath(file) or None, env or None, overrides, environ=os.environ, cwd=Path.cwd())
    return create_app(assemble(load(selection, environ=os.environ)))


def stand_in(configuration: Configuration) -> ServiceApp:
    """Return the application for modules that register hooks with flask.current_app when they are imported."""
    config = configuration.config
    return ServiceApp(
        config.service.name, configuration.directory, body_limit=config.http.body_limit, slow_call=None
    )
