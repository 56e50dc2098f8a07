"""The process of `macaron mock`: serves documents alone, every answer made up; no code of any service is run.

Whatever credential is shown is believed, which no macaron.yaml can ask for. It is the verb's own process, so that
documents are read once. Not for services (web).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from macaron_runner import context
from macaron_runner.assembly import Assembly, ServedApi
from macaron_runner.collection import uncollected
from macaron_runner.configuration.checks import RESERVED_APIS
from macaron_runner.configuration.given import configure
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.crash import CrashReporter
from macaron_runner.diagnostics import Diagnostic, raise_errors
from macaron_runner.documents import read_apis, read_documents
from macaron_runner.entries.start import speak
from macaron_runner.entries.web import serve
from macaron_runner.openapi.operation import Api, Schema
from macaron_runner.server.app import create_app
from macaron_runner.server.conflicts import claimed_twice

NAME: Final = "macaron mock"
"""What stands where messages of a service name its macaron.yaml."""
_BODY_LIMIT: Final = "16MiB"


@dataclass(frozen=True, slots=True)
class MockedDocuments:
    """What is served: documents, the address, and what stands before every path where it is not what they say.

    Where they are faulty, not `strict` means the operations that no error is about.
    """

    files: tuple[str, ...]
    bind: str
    base_path: str | None = None
    strict: bool = True

    def configure(self, environ: Mapping[str, str]) -> Configuration:
        """Return the configuration that serves them; of the environment, MACARON_LOG_LEVEL. Raises BadConfiguration."""
        api: dict[str, Any] = {"on_missing_handler": "mock", "strict": self.strict}
        if self.base_path is not None:
            api["base_path"] = self.base_path
        value = {
            "macaron": 1,
            "service": {"name": "mock", "version": "mock"},
            "apis": {name: {"spec": file, **api} for name, file in _named(self.files)},
            "http": {"body_limit": _BODY_LIMIT},
            "server": {"bind": self.bind, "workers": 1},
            "observability": {"logs": {"level": environ.get("MACARON_LOG_LEVEL", "info").lower()}},
        }
        return configure(value, name=NAME, directory=Path.cwd())


def read_mocks(configuration: Configuration) -> tuple[tuple[Api, ...], tuple[Diagnostic, ...]]:
    """Return the APIs of the documents, none of macaron's own, and warnings.

    Raises BadConfiguration with everything wrong with them.
    """
    with uncollected():
        documents, found = read_documents(configuration)
        named = configuration.config.apis
        apis, more = read_apis(document for document in documents if document.name in named)
        twice = claimed_twice(each for api in apis.values() for each in api.operations)
    return tuple(apis.values()), raise_errors((*found, *more, *twice))


def serve_mocks(configuration: Configuration, apis: Iterable[Api], environ: Mapping[str, str]) -> None:
    """Serve APIs until told to stop, on the sockets that the environment names.

    There is one worker to share with, and often only a few operations are called: each is compiled when first used.
    """
    speak(configuration)
    with uncollected():
        app = create_app(assemble_mocks(configuration, apis), prepared=0)
    serve(app, configuration, environ)


def assemble_mocks(configuration: Configuration, apis: Iterable[Api]) -> Assembly:
    """Return what serves APIs from their documents: there are no models, no verifiers, and no code to look for."""
    name = configuration.config.service.name
    service = context.Service(
        name=name,
        version=configuration.version,
        report_crash=CrashReporter(None, name, configuration.redactor.redact),
    )
    context.activate(service)
    settings = configuration.config.apis
    served = tuple(
        ServedApi(api.name, settings[api.name], api, _Plain(), {}, builtin=False, mocked=True) for api in apis
    )
    return Assembly(configuration, served, {}, None, service)


class _Plain:
    """JSON values as they are: nobody looks at them."""

    has_foreign_classes = False

    def adapt(self, schema: Schema) -> Callable[[Any], Any]:  # noqa: ARG002 - whatever it is
        """Return what leaves a value alone."""
        return lambda value: value


def _named(files: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield the files with a name for each API: that of the file, with a number where it is taken."""
    taken = set(RESERVED_APIS)
    for file in files:
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(file).stem)[:50]
        wanted = stem if re.match("[A-Za-z_]", stem) else f"api_{stem}"
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name)
        yield name, file
