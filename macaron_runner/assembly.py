"""From a configuration to what every process of the service shares: APIs, models, verifiers, the active service.

Used by the web and worker entries, by scripts (server.loading) and, up to the documents, by `check` and `run`. Not for
serving (server) or queueing (tasks).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from macaron_runner import context
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Api as ApiSettings
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, raise_errors
from macaron_runner.documents import (
    ApiDocument,
    configured_apis,
    read_apis,
    read_client_documents,
    read_documents,
)

if TYPE_CHECKING:
    from macaron_runner.auth.identity import Verifier
    from macaron_runner.auth.tokens import Issuer
    from macaron_runner.clients.configured import ServiceClients
    from macaron_runner.models.build import Models
    from macaron_runner.models.model import Model
    from macaron_runner.openapi.cache import ParsedCache
    from macaron_runner.openapi.operation import Api, Operation, Schema


class Adapting(Protocol):
    """The models of an API, as far as serving it needs them."""

    @property
    def has_foreign_classes(self) -> bool:
        """Whether classes of the service's own are, or have a part in, what `adapt` makes."""
        ...

    def adapt(self, schema: Schema) -> Callable[[Any], Any]:
        """Return what makes the Python value of a JSON value that fits a schema."""
        ...


@dataclass(frozen=True, slots=True)
class ServedApi:
    """One API, ready to be compiled: its operations, its models, its section of macaron.yaml, who checks tokens.

    `mocked`: nothing but made-up answers; nobody looks for handlers, and credentials are believed.
    """

    name: str
    settings: ApiSettings
    api: Api
    models: Adapting
    verifiers: Mapping[str, Verifier]
    builtin: bool
    mocked: bool = False

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that are answered here."""
        return answered_here(self.api)


def _no_clients() -> ServiceClients:
    from macaron_runner.clients.configured import ServiceClients

    return ServiceClients({}, frozenset())


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a process of the service works with."""

    configuration: Configuration
    apis: tuple[ServedApi, ...]
    verifiers: Mapping[str, Verifier]
    issuer: Issuer | None
    service: context.Service
    clients: ServiceClients = field(default_factory=_no_clients)

    @property
    def own_operations(self) -> tuple[Operation, ...]:
        """The operations of the service's own APIs, not of the built-in ones."""
        return tuple(each for served in self.apis if not served.builtin for each in served.operations)


def answered_here(api: Api) -> tuple[Operation, ...]:
    """Return the operations to serve; `x-no-bind-server: true` keeps one for clients alone."""
    return tuple(each for each in api.operations if each.extensions.get("x-no-bind-server") is not True)


def assemble(configuration: Configuration, cache: ParsedCache | None = None) -> Assembly:
    """Read the APIs, build their models and verifiers, make the service the active one of this process.

    The service's own modules become importable (`service.python_path`). Raises BadConfiguration with every diagnostic
    of the stage that failed.
    """
    from macaron_runner.clients.configured import compile_clients

    documents, found = read_documents(configuration, cache)
    of_clients, found_in_clients = read_client_documents(configuration, cache)
    raise_errors((*found, *found_in_clients))
    extend_python_path(configuration)
    by_name, found = read_apis(documents)
    called, found_in_clients = read_apis(of_clients)
    raise_errors((*found, *found_in_clients, *_check_clients(configuration, {**by_name, **called})))
    apis = tuple(by_name.values())
    models = _build_models(configuration, (*apis, *called.values()))
    verifiers, issuer = _verifiers_and_issuer(configuration)
    checkers = _checkers(configuration, documents, apis, verifiers)
    clients = compile_clients(configuration, {**by_name, **called}, models)
    service = _service(configuration, tuple(by_name), models, clients, issuer)
    context.activate(service)
    served = tuple(
        ServedApi(api.name, source.settings, api, models[api.name], checkers[api.name], source.builtin)
        for source, api in zip(documents, apis, strict=True)
    )
    return Assembly(configuration, served, verifiers, issuer, service, clients)


def extend_python_path(configuration: Configuration) -> None:
    """Put the folders of `service.python_path` before all others from which Python imports."""
    folders = [str(configuration.resolve(folder)) for folder in configuration.config.service.python_path]
    sys.path[:0] = [folder for folder in folders if folder not in sys.path]


def _verifiers_and_issuer(configuration: Configuration) -> tuple[dict[str, Verifier], Issuer | None]:
    """Return what `auth:` says of tokens; PyJWT is 40 ms and 10 MB, for those who have any."""
    auth = configuration.config.auth
    if not auth:
        return {}, None
    from macaron_runner.auth.tokens import Issuer
    from macaron_runner.auth.verifiers import compile_verifiers

    return compile_verifiers(auth, configuration.locate), Issuer.of(auth)


def _checkers(
    configuration: Configuration,
    documents: Iterable[ApiDocument],
    apis: Iterable[Api],
    verifiers: Mapping[str, Verifier],
) -> dict[str, Mapping[str, Verifier]]:
    """Return each API's verifiers by name; every security scheme in use is known to have one of them."""
    from macaron_runner.auth.identity import verifiers_for_builtin
    from macaron_runner.auth.schemes import resolve_schemes

    checkers: dict[str, Mapping[str, Verifier]] = {}
    found: list[Diagnostic] = []
    for source, api in zip(documents, apis, strict=True):
        checkers[api.name] = verifiers_for_builtin(verifiers) if source.builtin else verifiers
        answered = replace(api, operations=answered_here(api))
        found += resolve_schemes(
            answered, source.settings.security, checkers[api.name], configuration.locate
        )[1]
    raise_errors(found)
    return checkers


def _check_clients(configuration: Configuration, apis: Mapping[str, Api]) -> Iterator[Diagnostic]:
    """Yield what is wrong with `clients:` and its documents together."""
    from macaron_runner.clients.checks import check_client

    for name, settings in configuration.config.clients.items():
        if name in apis:
            yield from check_client(name, settings, apis[name], configuration.locate)


def _build_models(configuration: Configuration, apis: Iterable[Api]) -> dict[str, Models]:
    """Build each API's models; APIs with `share_models: true` get one class for one name."""
    from macaron_runner.code.named import import_function
    from macaron_runner.models.build import build_models

    settings = configured_apis(configuration)
    built: dict[str, Models] = {}
    found: list[Diagnostic] = []
    shared: dict[str, type[Model]] = {}
    owners: dict[str, Api] = {}
    for api in apis:
        sharing = api.name in settings and settings[api.name].share_models
        if sharing:
            found += _differences(configuration, api, owners)
        try:
            built[api.name] = build_models(api, shared=shared if sharing else {}, import_name=import_function)
        except BadConfiguration as problem:
            found += problem.diagnostics
            continue
        if sharing:
            shared.update({name: built[api.name][name] for name in built[api.name] if name not in shared})
            owners.update({name: api for name in api.schemas if name not in owners})
    raise_errors(found)
    return built


def _differences(configuration: Configuration, api: Api, owners: Mapping[str, Api]) -> list[Diagnostic]:
    from macaron_runner.models.build import schema_difference

    def difference(name: str, schema: Schema) -> Diagnostic | None:
        owner = owners.get(name)
        if owner is None or owner.schemas[name] == schema:
            return None
        place = api.schema_locations.get(name) or configuration.locate("apis", api.name, "share_models")
        other = owner.schema_locations.get(name)
        return Diagnostic(
            "MAC251",
            f'APIs "{owner.name}" and "{api.name}" share models, but their "{name}" differ',
            place,
            label=schema_difference(name, owner.schemas[name], schema),
            help="make the two schemas equal, or rename one, or drop share_models",
            related=((other, f'"{name}" in API "{owner.name}"'),) if other else (),
        )

    return [found for name, schema in api.schemas.items() if (found := difference(name, schema))]


def _service(
    configuration: Configuration,
    served: tuple[str, ...],
    models: Mapping[str, Models],
    clients: ServiceClients,
    issuer: Issuer | None,
) -> context.Service:
    from macaron_runner.models.apipool import ApiNamespace

    config = configuration.config
    return context.Service(
        name=config.service.name,
        version=configuration.version,
        environment=configuration.environment,
        apis=MappingProxyType({name: ApiNamespace(name, models[name], clients[name]) for name in models}),
        served=served,
        values=config.config,
        tokens=issuer,
        report_crash=_crash_reporter(configuration),
    )


def _crash_reporter(configuration: Configuration) -> context.CrashReporter:
    from macaron_runner.code.function import Function
    from macaron_runner.code.imported import ImportedCode
    from macaron_runner.code.named import find_named
    from macaron_runner.code.search import python_folders
    from macaron_runner.crash import CrashReporter

    name = configuration.config.observability.error_reporter
    if name is None:
        return CrashReporter(None, configuration.config.service.name, configuration.redactor.redact)
    code = ImportedCode(python_folders(configuration))
    reporter, problems = find_named(name, configuration.locate("observability", "error_reporter"), code)
    raise_errors((*code.problems, *problems))
    assert isinstance(reporter, Function)
    return CrashReporter(reporter.value, configuration.config.service.name, configuration.redactor.redact)
