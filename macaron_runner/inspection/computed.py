"""How macaron works out what macaron.yaml leaves to it: the arithmetic behind `auto` and behind what is not set.

Not for what the file itself says (configuration.explain).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from macaron_runner.configuration.frozen import FrozenMap
from macaron_runner.configuration.keys import join_key
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import Touch
from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.builtin import BUILTIN_PREFIX
from macaron_runner.processes.capacity import Count, Limits, memory_share, pool_concurrency, web_workers

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Api
    from macaron_runner.openapi.unsure import Unsure


def computed(
    configuration: Configuration, path: Path, *, environ: Mapping[str, str], limits: Callable[[], Limits]
) -> tuple[str, ...]:
    """Return in sentences what is worked out for the key at a path, none where that is nothing.

    `limits` tells what this machine has; it is asked only where that matters.
    """
    subject = _Subject(configuration, environ, limits)
    for pattern, work in _WORKS.items():
        if len(pattern) == len(path) and all(
            want in ("*", step) for want, step in zip(pattern, path, strict=True)
        ):
            return tuple(work(subject, path))
    return ()


class _Subject:
    """What is worked from."""

    def __init__(
        self, configuration: Configuration, environ: Mapping[str, str], limits: Callable[[], Limits]
    ) -> None:
        self.configuration = configuration
        self.config = configuration.config
        self.environ = environ
        self.limits = limits

    @property
    def share(self) -> float:
        """The part of the memory that the web, and each pool, gets."""
        return memory_share(len(self.config.tasks.pools) if self.config.tasks is not None else 0)

    def counted(self, count: Callable[..., Count]) -> Iterator[str]:
        """Yield the sum that a count explains, on this machine."""
        result = count(self.limits(), share=self.share)
        yield f"auto is {result.number} on this machine: {result.reason}"
        if self.config.tasks is not None:
            parts = 1 + len(self.config.tasks.pools)
            yield f"the memory is shared by {parts}: the web, and each pool of tasks"


def _workers(subject: _Subject, _: Path) -> Iterator[str]:
    if subject.config.server.workers == "auto":
        yield from subject.counted(web_workers)
        yield "WEB_CONCURRENCY in the environment would set it"
    elif subject.environ.get("WEB_CONCURRENCY"):
        yield from _unused(subject, "WEB_CONCURRENCY", ("server", "workers"))


def _concurrency(subject: _Subject, path: Path) -> Iterator[str]:
    tasks = subject.config.tasks
    pool = tasks.pools.get(str(path[2])) if tasks is not None else None
    if pool is None or pool.concurrency == "auto":
        yield from subject.counted(pool_concurrency)


def _version(subject: _Subject, _: Path) -> Iterator[str]:
    configuration = subject.configuration
    if configuration.config.service.version:
        return
    if configuration.version_variable:
        source = "MACARON_VERSION in the environment"
    elif configuration.version != "local":
        source = "date, count and id of the commit that git is at; -dirty where the folder has changes"
    else:
        source = "MACARON_VERSION is not set, and git knows no version of the folder"
    yield f"the version is {configuration.version}: {source}"


def _worker(subject: _Subject, _: Path) -> Iterator[str]:
    server = subject.config.server
    if server.worker == "auto":
        yield "auto is gunicorn's gthread with a stop that loses no request (macaron's own class)"
        yield f"each worker answers {server.threads} requests at a time (server.threads)"


def _bind(subject: _Subject, path: Path) -> Iterator[str]:
    if subject.environ.get("PORT"):
        yield from _unused(subject, "PORT", path)
    elif not subject.configuration.merged.origins(path):
        yield "PORT is not set; where it is, the default is 127.0.0.1:$PORT"


def _unused(subject: _Subject, variable: str, path: Path) -> Iterator[str]:
    """Say that a variable is set and does not count, where the layer that counts does not refer to it."""
    counting: list[Touch] = [touch for touch in subject.configuration.merged.history(path) if touch.counts]
    said = f"{counting[-1].value} {counting[-1].layer.name}" if counting else ""
    if counting and variable not in said:
        yield f"{variable} is set and does not count: {join_key(path)} is said, without ${{{variable}}}"


def _extends(subject: _Subject, _: Path) -> Iterator[str]:
    for layer in subject.configuration.merged.layers:
        if layer.extended_at:
            yield f"{layer.name} is below the file: extended at {layer.extended_at[0]}"


def _base_path(subject: _Subject, path: Path) -> Iterator[str]:
    name = str(path[1])
    settings = subject.config.apis.get(name)
    if settings is None or settings.base_path is not None:
        return
    api, _, found = _read(subject.configuration, name)
    if api is None:
        yield from _unreadable(settings.spec, found)
    else:
        said = api.base_path or "nothing, so operations stand at the top"
        yield f"the document {settings.spec} says {said}"


def _security(subject: _Subject, path: Path) -> Iterator[str]:
    from macaron_runner.inspection.doubts import Doubts
    from macaron_runner.inspection.security import verifiers_of_api

    name = str(path[1])
    settings = subject.config.apis.get(name)
    if settings is None:
        return
    api, unsure, found = _read(subject.configuration, name)
    if api is None:
        yield from _unreadable(settings.spec, found)
        return
    doubts = Doubts(subject.configuration, ())
    verifiers, problems = verifiers_of_api(
        subject.configuration,
        api,
        settings.security,
        builtin=settings.spec.startswith(BUILTIN_PREFIX),
        doubts=doubts,
        unsure=unsure,
    )
    for scheme, verifier in verifiers.items():
        why = "as security: says" if scheme in settings.security else "the only verifier that fits"
        yield f"{scheme} is checked by {verifier}: {why}"
    yield from (problem.message for problem in problems)
    if not verifiers and not problems:
        yield "no operation of the API asks for a security scheme"


def _read(configuration: Configuration, name: str) -> tuple[Api | None, Unsure, tuple[Diagnostic, ...]]:
    """Return one API, its document read, or None; what in it faults make unsure; and what is wrong with it."""
    from macaron_runner.documents import read_apis, read_documents
    from macaron_runner.openapi.unsure import SURE

    alone = FrozenMap({name: configuration.config.apis[name]})
    documents, found = read_documents(
        replace(configuration, config=configuration.config.model_copy(update={"apis": alone}))
    )
    sources = [document for document in documents if document.name == name]
    apis, more = read_apis(sources)
    return apis.get(name), sources[0].unsure if sources else SURE, (*found, *more)


def _unreadable(spec: str, found: tuple[Diagnostic, ...]) -> Iterator[str]:
    yield f"{spec} says it, and cannot be used: {found[0].message}" if found else f"{spec} cannot be used"


_WORKS: Final[Mapping[Path, Callable[[_Subject, Path], Iterator[str]]]] = {
    ("extends",): _extends,
    ("server", "workers"): _workers,
    ("server", "worker"): _worker,
    ("server", "bind"): _bind,
    ("service", "version"): _version,
    ("tasks", "pools", "*", "concurrency"): _concurrency,
    ("apis", "*", "base_path"): _base_path,
    ("apis", "*", "security"): _security,
}
