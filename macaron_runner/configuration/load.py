"""From a selection to a Configuration: read, merge, resolve, validate, check; all problems at once.

The layers, from the lowest to the highest: the files that the service's file extends; the file; its overlay
`<stem>.<environment>.yaml` beside it; MACARON_LOG_LEVEL; each `--set`. WEB_CONCURRENCY and PORT come last but only
fill in `server.workers: auto` and a missing `server.bind`. Nothing else reads the environment, and nothing changes it.
Not for API documents (openapi).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from macaron_runner.configuration.checks import check
from macaron_runner.configuration.interpolate import Scope, escaped, failures
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import Layer, Merged, merge_layers
from macaron_runner.configuration.model import Secret, Variable
from macaron_runner.configuration.problems import validate
from macaron_runner.configuration.reading import LARGEST, noted, read_layers
from macaron_runner.configuration.resolve import no_secret, resolve, resolve_secrets
from macaron_runner.configuration.secrets import Placeholders, Secrets, throw_away
from macaron_runner.configuration.section import Section
from macaron_runner.configuration.selection import Selection
from macaron_runner.configuration.shape import is_ignored
from macaron_runner.configuration.subject import Subject
from macaron_runner.configuration.taint import secrets_in
from macaron_runner.configuration.variables import Variables
from macaron_runner.configuration.yaml_nodes import MOST_PROBLEMS
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Severity, by_place, raise_errors
from macaron_runner.redaction import Redactor

__all__ = ["LARGEST", "Configuration", "examine", "load"]


def load(
    selection: Selection,
    *,
    environ: Mapping[str, str],
    secret_keeper: Callable[[str], str] | None = None,
) -> Configuration:
    """Return the configuration that a selection means in an environment.

    `secret_keeper(name)` gives the value of a secret with `generate: true` whose source is absent; without
    one it is a random value, good for this process only. Raises BadConfiguration with every problem, sorted
    by place.
    """
    configuration, problems = examine(selection, environ=environ, secret_keeper=secret_keeper)
    raise_errors(problems)
    assert configuration is not None  # there were no errors
    return configuration


def examine(
    selection: Selection,
    *,
    environ: Mapping[str, str],
    secret_keeper: Callable[[str], str] | None = None,
    placeholders: bool = False,
) -> tuple[Configuration | None, tuple[Diagnostic, ...]]:
    """Return the configuration as far as it can be known, and every problem of it, sorted by place.

    Where there are errors, it has only the parts that have none: good for looking further, not for running.
    It is None where not even that can be known. With `placeholders`, no secret is read: a text that says its name
    stands for each. Takes what `load` takes, and raises nothing.
    """
    path = Path(selection.file).absolute()
    try:
        files, layers, warnings = read_layers(path, selection)
    except BadConfiguration as error:
        return None, error.diagnostics
    raw = merge_layers(layers)
    scope = _scope(raw, environ, path.parent, None if placeholders else secret_keeper or throw_away)
    merged = _resolved(layers, selection, environ, scope)
    problems = [*warnings, *islice(failures(merged.value, is_ignored), MOST_PROBLEMS)]
    config, faults = validate(merged)
    problems += faults
    if config is not None:
        problems += islice(check(Subject(config, merged, path.parent)), MOST_PROBLEMS)
    names = [layer.name for layer in merged.layers]
    found = tuple(noted(problem, layers) for problem in by_place(problems, names))
    if config is None:
        return None, found
    doubts = tuple(problem for problem in found if problem.severity is Severity.WARNING)
    version = _printable(environ.get("MACARON_VERSION", ""))
    assert isinstance(scope.secret, Secrets | Placeholders)  # as made above
    redactor = Redactor(secrets_in(scope.secret, merged.value))
    return Configuration(config, selection, path.parent, files, doubts, merged, version, redactor), found


def _printable(text: str) -> str:
    """Return a text of the environment in which each byte that is not UTF-8 is a replacement character."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _scope(
    raw: Merged, environ: Mapping[str, str], directory: Path, keeper: Callable[[str], str] | None
) -> Scope:
    """Return what references may refer to; without a keeper, placeholders stand for secrets.

    Faulty declarations are left out: validation will tell them.
    """
    variables = Variables(
        {name: found for name, found in _declared(raw.value.get("vars"), Variable).items() if found}, environ
    )
    secrets = resolve_secrets(raw, Scope(variables, no_secret))
    declared = _declared(secrets, Secret)
    sources = {secret.env: name for name, secret in declared.items() if secret and secret.env}
    if keeper is not None:
        return Scope(variables, Secrets(declared, environ, directory, keeper), sources)
    stand_in = Placeholders(declared)
    return Scope(replace(variables, environ={**stand_in.environ(), **environ}), stand_in, sources)


def _declared(tree: Any, kind: type[Section]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, declaration in tree.items() if isinstance(tree, dict) else ():
        try:
            found[name] = kind.model_validate(declaration)
        except ValidationError:
            found[name] = None
    return found


def _resolved(
    layers: tuple[Layer, ...], selection: Selection, environ: Mapping[str, str], scope: Scope
) -> Merged:
    """Return the layers as one tree, with what the environment says by itself."""
    if level := environ.get("MACARON_LOG_LEVEL"):
        value = {"observability": {"logs": {"level": escaped(level.lower())}}}
        first_set = len(layers) - len(selection.overrides)
        ours = Layer.nowhere("environment MACARON_LOG_LEVEL", value)
        layers = (*layers[:first_set], ours, *layers[first_set:])
    merged = resolve(merge_layers(layers), scope)
    more = tuple(_filling(merged.value.get("server") or {}, environ))
    return resolve(merge_layers((*layers, *more)), scope) if more else merged


def _filling(server: Any, environ: Mapping[str, str]) -> Iterable[Layer]:
    """Yield the layers for what a section `server` leaves to the environment."""
    if not isinstance(server, dict):
        return
    if server.get("bind") is None and environ.get("PORT"):
        yield Layer.nowhere("environment PORT", {"server": {"bind": "127.0.0.1:${PORT}"}})
    if server.get("workers") in (None, "auto") and (workers := environ.get("WEB_CONCURRENCY")):
        yield Layer.nowhere("environment WEB_CONCURRENCY", {"server": {"workers": escaped(workers)}})
