"""The clients and models of APIs in a script, a notebook or any Flask application, without a service of their own.

    apis = load_clients("macaron.yaml", apis=["login"])
    apis.login.client.do_login(apis.login.model.LoginData(name="ada"))

`apipool` has the same APIs afterwards. Not for a whole service (server.loading).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from macaron_runner import context
from macaron_runner.configuration.frozen import FrozenMap
from macaron_runner.configuration.given import configure
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import select
from macaron_runner.diagnostics import near_word
from macaron_runner.documents import PING
from macaron_runner.openapi.builtin import BUILTIN_PREFIX
from macaron_runner.processes.state import StateDirectory
from macaron_runner.server.loading import load_configured
from macaron_runner.validation.identifiers import identifier

if TYPE_CHECKING:
    from macaron_runner.configuration.loaded import Configuration

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_SERVED: Final = "crash"
"""What stands for the API that every service has to serve."""


class LoadedApis:
    """APIs as attributes: `apis.login.client`, `apis.login.model.LoginData`; shown, they tell their operations."""

    def __init__(self, apis: Mapping[str, Any]) -> None:
        self._apis = apis
        vars(self).update({identifier(name): api for name, api in apis.items()})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)  # Python itself asks, of a copy that has nothing yet
        raise AttributeError(_unknown(name, self._apis))

    def __getitem__(self, name: str) -> Any:
        return self._apis[name]

    def __dir__(self) -> list[str]:
        return sorted(identifier(name) for name in self._apis)

    def __repr__(self) -> str:
        return "\n".join(repr(api.client) for api in self._apis.values()) or "<no APIs>"


def load_clients(
    file: str | Path = "", *, apis: Iterable[str] = (), env: str = "", overrides: tuple[str, ...] = ()
) -> LoadedApis:
    """Return APIs that a macaron.yaml calls or serves: those named, or all; only their documents are read.

    `file`, `env` and `overrides` are as for load_service. Where a service is active in this process already, it has
    them in its apipool from now on. Loaded again, as in a notebook, they are as they are then. Raises
    BadConfiguration, and LookupError for an API that the file does not have.
    """
    selection = select(os.fspath(file) or None, env or None, overrides, environ=os.environ, cwd=Path.cwd())
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    configuration = load(selection, environ=os.environ, secret_keeper=state.secret)
    configuration, names = _with_apis(configuration, tuple(apis))
    return _loaded(configuration, names)


class API:
    """Loads clients beside a Flask application, or without any: `API(app).load_clients("apis", apis=["login"])`.

    They are `app.extensions["macaron_clients"]` then.
    """

    def __init__(self, app: Any = None) -> None:
        self._app = app

    def load_clients(self, path: str | Path = "apis", apis: Iterable[str] = ()) -> LoadedApis:
        """Return the APIs whose documents are in a folder, as login.yaml; those named, or all.

        They are called where their documents say that they are served. `path` may be a macaron.yaml as well, which
        says more. Raises BadConfiguration, LookupError.
        """
        given = Path(path)
        if given.is_dir():
            loaded = _loaded(*_with_apis(self._of_folder(given), tuple(apis)))
        else:
            loaded = load_clients(given, apis=apis)
        if self._app is not None:
            self._app.extensions["macaron_clients"] = loaded
        return loaded

    def _of_folder(self, folder: Path) -> Configuration:
        """Return the configuration that calls the documents of a folder. Raises BadConfiguration."""
        word = re.sub(r"[^a-z0-9]+", "-", str(getattr(self._app, "name", "")).lower()).strip("-")
        documents = [path for path in sorted(folder.iterdir()) if path.suffix in _SUFFIXES]
        value = {
            "macaron": 1,
            "service": {"name": word if word[:1].isalpha() else "script"},
            "apis": {_SERVED: {"spec": f"{BUILTIN_PREFIX}{_SERVED}"}},
            "clients": {path.stem: {"spec": path.name} for path in documents},
        }
        configuration = configure(value, name=f"the documents in {folder}", directory=folder.absolute())
        return replace(configuration, config=configuration.config.model_copy(update={"apis": FrozenMap()}))


def _with_apis(configuration: Configuration, names: tuple[str, ...]) -> tuple[Configuration, tuple[str, ...]]:
    """Return a configuration with these APIs alone, or with all that it has, and their names. Raises LookupError."""
    config = configuration.config
    known = {**config.apis, **config.clients}
    _refuse_unknown(names, {**known, "ping": PING})
    names = names or tuple(known)
    changes = {
        "apis": FrozenMap({name: each for name, each in config.apis.items() if name in names}),
        "clients": FrozenMap({name: each for name, each in config.clients.items() if name in names}),
    }
    return replace(configuration, config=config.model_copy(update=changes)), names


def _refuse_unknown(names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise LookupError(_unknown(name, known))


def _unknown(name: str, known: Iterable[str]) -> str:
    hint = near_word(name, known) or f"there are: {', '.join(sorted(known)) or 'none'}"
    return f'there is no API "{name}"; {hint}'


_activated: context.Service | None = None
"""The service that was made active here, which the next one replaces; any other one stays."""


def _loaded(configuration: Configuration, names: Iterable[str]) -> LoadedApis:
    """Return APIs of a configuration, by their names, and have them in the apipool. Raises BadConfiguration."""
    global _activated
    before = context.active()
    context.deactivate()
    try:
        service = load_configured(configuration)
    finally:
        context.deactivate()
        if before is not None:
            context.activate(before)
    loaded = {name: service.apis[name] for name in names}
    if before is None or before is _activated:
        context.deactivate()
        others = before.apis if before is not None else {}
        _activated = replace(service, apis={**others, **loaded})
        context.activate(_activated)
    else:
        context.amend(apis={**before.apis, **loaded})
    return LoadedApis(loaded)
