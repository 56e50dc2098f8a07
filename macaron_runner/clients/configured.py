"""The clients of a service as its macaron.yaml has them: one for each API that it calls or serves.

What `clients:` gives a URL goes there, an API of the service's own to the application of this process. Not for reading
documents (documents), nor for making that application, which whoever can make it tells (context.Service).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from macaron_runner import context
from macaron_runner.clients.caller import Caller
from macaron_runner.clients.checks import served_at
from macaron_runner.clients.client import Client
from macaron_runner.clients.operations import ClientApi, CompiledOperation, Modelling, compile_operations
from macaron_runner.clients.redirects import origin_of
from macaron_runner.clients.remote import Remote, Way, in_process, over_http
from macaron_runner.code.function import Function
from macaron_runner.code.handlers import REQUEST_DECORATORS, decorator_names, find_request_decorators
from macaron_runner.code.imported import ImportedCode
from macaron_runner.code.search import python_folders
from macaron_runner.configuration.clients import Client as ClientSettings
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, raise_errors
from macaron_runner.documents import base_path_of
from macaron_runner.validation.formats import own_formats
from macaron_runner.validation.schema import Definitions

if TYPE_CHECKING:
    from macaron_runner.clients.decorated import Decorate
    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.openapi.operation import Api, Operation

_PREPARED: Final = 500
"""How many operations of `clients:` are compiled before workers are forked; the others when they are first called."""

_WITHIN: Final = ClientSettings.model_construct(auth="forward", retries=0, circuit_breaker="none")
"""How an API of the service's own is called, where `clients:` does not say: it is there whenever its caller is, and
a token that does not leave the process is shown to nobody."""


class ServiceClients(Mapping[str, Client]):
    """The clients by the names of their APIs. `configured` are those of `clients:`."""

    def __init__(
        self, operations: Mapping[str, dict[str, CompiledOperation]], configured: frozenset[str]
    ) -> None:
        self._operations = operations
        self._configured = configured
        self._clients = {name: Client(name, known) for name, known in operations.items()}

    def __getitem__(self, name: str) -> Client:
        return self._clients[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._clients)

    def __len__(self) -> int:
        return len(self._clients)

    def prepare(self) -> None:
        """Compile now what `clients:` names: before the fork, workers share it. Few call APIs of the service's own.

        The functions that operations name are imported now. Raises BadConfiguration (MAC501, MAC502, MAC503).
        """
        several = (known.values() for name, known in self._operations.items() if name in self._configured)
        for operation in islice(chain.from_iterable(several), _PREPARED):
            operation.prepare()


def compile_clients(
    configuration: Configuration, apis: Mapping[str, Api], models: Mapping[str, Modelling]
) -> ServiceClients:
    """Return the clients of the APIs of a service: those that it serves, and those of `clients:`."""
    config = configuration.config
    operations = {}
    for name, api in apis.items():
        settings = config.clients.get(name) or _WITHIN
        called = at_base_path(api, base_path_of(settings))
        way = _way(configuration, settings, called, served=name in config.apis or name not in config.clients)
        operations[name] = compile_client(configuration, called, models[name], settings, way)
    return ServiceClients(operations, frozenset(config.clients))


def compile_client(
    configuration: Configuration, api: Api, models: Modelling, settings: ClientSettings, way: Way
) -> dict[str, CompiledOperation]:
    """Return the operations of an API by their names in Python, called by a way."""
    remote = Remote(configuration.config.service.name, settings, way, api.security_schemes)
    return compile_operations(
        ClientApi(
            api,
            models,
            Definitions(api.schemas, own_formats(configuration.config.formats)),
            lambda operation: Caller(remote, operation, _decorator(configuration, operation)),
            settings.validate_responses,
            settings.raise_errors,
        )
    )


def _way(configuration: Configuration, settings: ClientSettings, api: Api, *, served: bool) -> Way:
    url = settings.url.reveal() if settings.url is not None else None if served else served_at(api)
    origin = origin_of(urlsplit(url)) if url is not None else None
    if origin is None:
        return in_process(_own_application)
    return way_to(origin, configuration, api.name, settings)


def way_to(origin: str, configuration: Configuration, name: str, settings: ClientSettings) -> Way:
    """Return the way of a client to an origin. Raises BadConfiguration (MAC240): what `tls:` names cannot be used."""
    try:
        return over_http(settings, origin, configuration.resolve)
    except OSError as error:  # ssl.SSLError is one
        problem = Diagnostic(
            "MAC240",
            f'the certificates of the client "{name}" cannot be used',
            configuration.locate("clients", name, "tls"),
            label=str(error.strerror or error),
            help="certificates and keys are PEM, and a key is that of its certificate",
        )
        raise BadConfiguration([problem]) from None


def _own_application() -> Callable[..., Any]:
    """Return the application of this process. Raises RuntimeError where nobody can make it."""
    application = context.service().application
    if application is None:
        raise RuntimeError("this process cannot answer calls of its own service")
    served: Callable[..., Any] = application()
    return served


def at_base_path(api: Api, base_path: str | None) -> Api:
    """Return an API with another path before all of its own; None leaves it as it is."""
    if base_path is None or base_path == api.base_path:
        return api
    operations = tuple(replace(each, base_path=base_path) for each in api.operations)
    return replace(api, base_path=base_path, operations=operations)


def _decorator(configuration: Configuration, operation: Operation) -> Decorate | None:
    """Return the functions that `x-decorate-request` names as one, the first outermost; None where it names none.

    Raises BadConfiguration (MAC501, MAC502, MAC503).
    """
    if not decorator_names(operation, REQUEST_DECORATORS):
        return None
    code = ImportedCode(python_folders(configuration))
    found, problems = find_request_decorators(operation, code)
    raise_errors((*code.problems, *problems))
    functions = [each.value for each in found if isinstance(each, Function) and each.value is not None]

    def decorate(send: Callable[..., Any]) -> Callable[..., Any]:
        for function in reversed(functions):
            send = function(send)
        return send

    return decorate
