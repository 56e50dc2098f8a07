"""Everything that can be known of a service without starting it, found at once: `check`, and what builds upon it.

Not for showing it (cli), nor for what is dangerous though it works (audit).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from macaron_runner.collection import uncollected
from macaron_runner.configuration.at_target import Seen
from macaron_runner.configuration.load import examine
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.reading import noted
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import Diagnostic, has_errors
from macaron_runner.documents import ApiDocument, read_apis, read_client_documents, read_documents
from macaron_runner.inspection.doubts import Doubts
from macaron_runner.inspection.inspection import Inspection
from macaron_runner.inspection.order import files_of, in_order

if TYPE_CHECKING:
    from macaron_runner.inspection.code import CodeLook
    from macaron_runner.openapi.cache import ParsedCache


class _Files(NamedTuple):
    """What the files of a service say: macaron.yaml, the documents of `apis:` and of `clients:`, and their problems."""

    configuration: Configuration | None
    documents: tuple[ApiDocument, ...]
    called: tuple[ApiDocument, ...]
    found: list[Diagnostic]

    @property
    def all_documents(self) -> tuple[ApiDocument, ...]:
        """Those of `apis:` and of `clients:`."""
        return (*self.documents, *self.called)


def inspect_files(
    selection: Selection,
    *,
    environ: Mapping[str, str],
    secret_keeper: Callable[[str], str] | None = None,
    cache: ParsedCache | None = None,
) -> Inspection:
    """Return what `run` must know before it starts processes, which look at operations and code by themselves.

    That is macaron.yaml, the documents, and the raw settings of gunicorn and Celery; and, where an API is not strict,
    what of it is not served. Raises what `secret_keeper` does.
    """
    with uncollected():
        files = _look_at_files(selection, environ, secret_keeper, cache)
        left_out = read_apis(each for each in files.documents if each.left_out is not None)[1]
        return _inspection(selection, files, [*files.found, *left_out])


def inspect_service(
    selection: Selection,
    *,
    environ: Mapping[str, str],
    secret_keeper: Callable[[str], str] | None = None,
    targets: bool = False,
    ports: bool = False,
    connect: bool = False,
    imports: float | None = None,
    seen: Seen | None = None,
) -> Inspection:
    """Return what is known of a service, and every problem in its files; this process imports none of its code.

    What is good in a faulty macaron.yaml is looked at as well: whoever mends it wants to see everything at once. What
    only follows from a problem that is told is not told. Handlers and tasks are looked for in the service's modules as
    they are written; `imports` imports them too, in a process of its own that may take so many seconds. `targets`
    looks for what deploy targets lack; `ports` whether the addresses to listen on are free, `connect` whether the
    broker answers. `seen` is the service as one target sees it, in place of what this machine's environment makes of
    it, and what that target lacks is told. Raises what `secret_keeper` does.
    """
    from macaron_runner.inspection.apis import inspect_apis
    from macaron_runner.inspection.clients import inspect_clients
    from macaron_runner.inspection.code import look_at_code
    from macaron_runner.inspection.security import check_keys

    with uncollected():
        files = _look_at_files(selection, environ, secret_keeper, seen=seen)
        configuration, found = files.configuration, list(files.found)
        if configuration is None:
            return _inspection(selection, files, found)
        doubts = Doubts(configuration, found)
        apis, in_apis = inspect_apis(configuration, files.documents, doubts)
        called, in_clients = inspect_clients(configuration, files.called, apis, doubts)
        look = look_at_code(configuration, files.documents, apis, doubts, called)
        found += (*in_apis, *in_clients, *check_keys(configuration))
        found += look.problems if imports is None or has_errors(found) else _import(look, environ, imports)
        if seen is not None:
            from macaron_runner.configuration.targets import check_views

            found += check_views(configuration, [seen])
        if targets:
            from macaron_runner.configuration.targets import check_targets

            found += [each for each in check_targets(configuration) if each not in found]
        if ports:
            found += _ports(configuration, doubts)
        if connect:
            found += _broker(configuration, doubts)
        return _inspection(selection, files, found, look)


def _look_at_files(
    selection: Selection,
    environ: Mapping[str, str],
    secret_keeper: Callable[[str], str] | None,
    cache: ParsedCache | None = None,
    seen: Seen | None = None,
) -> _Files:
    if seen is not None:
        configuration, found = seen.configuration, seen.problems
    else:
        configuration, found = examine(selection, environ=environ, secret_keeper=secret_keeper)
    if configuration is None:
        return _Files(None, (), (), list(found))
    documents, in_documents = read_documents(configuration, cache)
    called, in_called = read_client_documents(configuration, cache)
    problems = [*found, *in_documents, *in_called, *_check_settings(configuration)]
    return _Files(configuration, documents, called, problems)


def _check_settings(configuration: Configuration) -> Iterator[Diagnostic]:
    from macaron_runner.server.gunicorn import check_settings as check_server_settings
    from macaron_runner.tasks.brokers.promises import check_promises
    from macaron_runner.tasks.scheduling.planning import check_schedules
    from macaron_runner.tasks.settings import check_settings as check_task_settings

    yield from check_server_settings(configuration)
    yield from check_task_settings(configuration)
    yield from check_promises(configuration)
    yield from check_schedules(configuration)


def _import(look: CodeLook, environ: Mapping[str, str], deadline: float) -> tuple[Diagnostic, ...]:
    """Return what importing finds in the code; its modules and documents must be free of other faults."""
    from macaron_runner.inspection.imports import import_service

    return import_service(look.configuration, look.modules, environ=environ, deadline=deadline)


def _ports(configuration: Configuration, doubts: Doubts) -> Iterator[Diagnostic]:
    from macaron_runner.inspection.ports import check_ports

    if not doubts.about("server", "bind"):
        yield from check_ports(configuration)


def _broker(configuration: Configuration, doubts: Doubts) -> Iterator[Diagnostic]:
    from macaron_runner.inspection.broker import check_broker

    if not any(doubts.about("tasks", key) for key in ("broker", "store", "settings")):
        yield from check_broker(configuration)


def _inspection(
    selection: Selection,
    files: _Files,
    found: Sequence[Diagnostic],
    look: CodeLook | None = None,
) -> Inspection:
    configuration, documents = files.configuration, files.all_documents
    names = files_of(configuration, documents) if configuration is not None else [selection.file]
    layers = configuration.merged.layers if configuration is not None else ()
    diagnostics = in_order((noted(each, layers) for each in found), names)
    read = tuple(_read(configuration, documents))
    if look is None:
        return Inspection(selection, configuration, diagnostics=diagnostics, read=read)
    return Inspection(selection, configuration, look.apis, look.tasks, diagnostics, read)


def _read(configuration: Configuration | None, documents: Sequence[ApiDocument]) -> Iterator[Path]:
    if configuration is not None:
        yield from configuration.files
    for each in documents:
        if not each.builtin:
            yield from (Path(file.path).absolute() for file in each.document.files.loaded)
