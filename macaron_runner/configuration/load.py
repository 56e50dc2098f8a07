"""From a selection to a Configuration: read, interpolate, merge, validate, check; all problems at once.

The layers, from the lowest to the highest: the file; its overlay `<stem>.<environment>.yaml` beside it;
MACARON_LOG_LEVEL; each `--set`. WEB_CONCURRENCY and PORT come last but only fill in `server.workers: auto`
and a missing `server.bind`. Nothing else reads the environment, and nothing changes it. Not for API documents
(openapi).

A named environment without overlay is an error where the file has other overlays, for then the name is most
likely wrong, and only a warning where it has none: then the name is just a name, which /version tells.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from macaron_runner.configuration.checks import Subject, check
from macaron_runner.configuration.files import UnreadableError, read_file, shown_name
from macaron_runner.configuration.interpolate import Scope, failures, interpolate
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import Layer, Merged, merge_layers
from macaron_runner.configuration.model import Secret, Section, Variable
from macaron_runner.configuration.problems import shown, validate
from macaron_runner.configuration.secrets import Secrets, throw_away
from macaron_runner.configuration.selection import Selection
from macaron_runner.configuration.shape import is_ignored
from macaron_runner.configuration.source import SourceTree, read_yaml
from macaron_runner.configuration.variables import UnresolvedError, Variables
from macaron_runner.configuration.yaml_nodes import MOST_PROBLEMS
from macaron_runner.diagnostics import (
    BadConfiguration,
    Diagnostic,
    Location,
    Severity,
    near_word,
    raise_errors,
)

__all__ = ["Configuration", "examine", "load"]

LARGEST: Final = 2**20
"""Bytes that macaron.yaml or an overlay may have."""
MOST_VALUES: Final = 50_000
"""Values that it may have, aliases followed."""
DEEPEST_SET: Final = 20
"""Keys that a `--set` may go down."""
_SMALLEST: Final = (
    "the smallest useful file: macaron: 1, service: {name: …}, apis: {…: {spec: …, handlers: …}}"
)


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
) -> tuple[Configuration | None, tuple[Diagnostic, ...]]:
    """Return the configuration as far as it can be known, and every problem of it, sorted by place.

    Where there are errors, it has only the parts that have none: good for looking further, not for running.
    It is None where not even that can be known. Takes what `load` takes, and raises nothing.
    """
    path = Path(selection.file).absolute()
    try:
        files, layers, warnings = _read(path, selection)
    except BadConfiguration as error:
        return None, error.diagnostics
    scope = _scope(layers, environ, path.parent, secret_keeper or throw_away)
    merged = _fill_in([_interpolated(layer, scope) for layer in layers], selection, environ, scope)
    problems = [*warnings, *islice(failures(merged.value, is_ignored), MOST_PROBLEMS)]
    config, faults = validate(merged)
    problems += faults
    if config is not None:
        problems += islice(check(Subject(config, merged, path.parent)), MOST_PROBLEMS)
    found = tuple(_sorted(problems, [layer.name for layer in merged.layers]))
    if config is None:
        return None, found
    doubts = tuple(problem for problem in found if problem.severity is Severity.WARNING)
    version = environ.get("MACARON_VERSION", "")
    return Configuration(config, selection, path.parent, files, doubts, merged, version), found


def _sorted(problems: Iterable[Diagnostic], files: list[str]) -> list[Diagnostic]:
    def place(problem: Diagnostic) -> tuple[int, int, int]:
        where = problem.location or Location("")
        return (files.index(where.file) if where.file in files else -1, where.line, where.column)

    return sorted(dict.fromkeys(problems), key=place)


def _read(path: Path, selection: Selection) -> tuple[tuple[Path, ...], list[Layer], list[Diagnostic]]:
    """Return the files, the layers in them and in `--set`, and warnings. Raises BadConfiguration."""
    problems: list[Diagnostic] = []
    layers: list[Layer] = []
    overlay, missing = _overlay(path, selection)
    files = (path, overlay) if overlay is not None else (path,)
    readers = [partial(_read_file, file, selection.file, is_overlay=file != path) for file in files]
    readers += [partial(_override, word) for word in selection.overrides]
    for reader in readers:
        try:
            layers.append(reader())
        except BadConfiguration as error:
            problems += error.diagnostics
    return files, layers, list(raise_errors([*problems, *missing]))


def _read_file(path: Path, given: str, *, is_overlay: bool) -> Layer:
    name = _shown(path, given)
    try:
        text = read_file(path, LARGEST)
    except UnreadableError as error:
        missing = isinstance(error.__cause__, FileNotFoundError) and not is_overlay
        hint = "name the file, or start beside macaron.yaml" if missing else ""
        problem = Diagnostic("MAC101", f"{name} cannot be read: {error}", Location(name), help=hint)
        raise BadConfiguration([problem]) from None
    return _layer(read_yaml(text, name, largest=LARGEST, most_values=MOST_VALUES), is_overlay=is_overlay)


def _layer(tree: SourceTree, *, is_overlay: bool) -> Layer:
    value = tree.value
    if value is None and is_overlay:
        value = {}
    if not isinstance(value, dict):
        what = "the file is empty" if value is None else f"the file must be a map of keys, not {shown(value)}"
        place = Location(tree.file, 1, 1) if value is None else tree.locate(())
        raise BadConfiguration([Diagnostic("MAC105", what, place, help=_SMALLEST)])
    return Layer(tree.file, value, lambda path, key: tree.locate(path, key=key), tree.locate_text)


def _shown(path: Path, given: str) -> str:
    """Return a file's name as messages show it: relative to the working directory where it is below it."""
    if Path(given).is_absolute():
        return shown_name(path)
    return str(Path(given).with_name(path.name)) if Path(given).name else given


def _overlay(path: Path, selection: Selection) -> tuple[Path | None, list[Diagnostic]]:
    name = selection.environment
    if not name:
        return None, []
    overlay = path.with_name(f"{path.stem}.{name}{path.suffix}") if re.fullmatch(r"[\w-]+", name) else None
    if overlay is not None and os.path.lexists(overlay):
        return overlay, []
    known, place = _overlays_of(path), Location(_shown(path, selection.file))
    message = f'there is no overlay for the environment "{name}"'
    wanted = f"{path.stem}.{name}{path.suffix}"
    if not known and overlay is not None:
        hint = f"make {wanted} if it should differ"
        return None, [Diagnostic("MAC115", message, place, help=hint, severity=Severity.WARNING)]
    label = (
        f"there are: {', '.join(known)}" if known else "an environment is a word of letters, digits, - and _"
    )
    return None, [Diagnostic("MAC115", message, place, label, near_word(name, known))]


def _overlays_of(path: Path) -> list[str]:
    """Return the names of the environments that have an overlay beside the file."""
    try:
        files = sorted(file.name for file in path.parent.iterdir())
    except OSError:
        return []
    pattern = re.compile(rf"{re.escape(path.stem)}\.([\w-]+){re.escape(path.suffix)}")
    return [match[1] for file in files if (match := pattern.fullmatch(file))]


def _override(word: str) -> Layer:
    """Return the layer of one `--set`: "server.workers=4". Raises BadConfiguration (MAC116)."""
    name = f"--set {word}"
    dotted, equals, text = word.partition("=")
    keys = dotted.split(".")
    if not equals or not all(keys) or len(keys) > DEEPEST_SET:
        what = "it has no value" if not equals else "it has too many keys" if all(keys) else "a key is empty"
        hint = "write --set KEY=VALUE, as --set server.workers=4"
        message = f'"{shown(name)[1:-1]}" makes no sense: {what}'
        raise BadConfiguration([Diagnostic("MAC116", message, Location(name), help=hint)])
    raw = text.encode("utf-8", "surrogateescape")
    try:
        value = read_yaml(raw, name, largest=LARGEST, most_values=MOST_VALUES).value
    except BadConfiguration as error:
        nowhere = partial(replace, code="MAC116", location=Location(name), related=())
        raise BadConfiguration(map(nowhere, error.diagnostics)) from None
    for key in reversed(keys):
        value = {key: value}
    return Layer.nowhere(name, value)


def _scope(
    layers: list[Layer], environ: Mapping[str, str], directory: Path, keeper: Callable[[str], str]
) -> Scope:
    """Return what the layers may refer to. Faulty declarations are left out: validation will tell them."""
    raw = merge_layers(tuple(layers)).value
    variables = Variables(
        {name: variable for name, variable in _declared(raw.get("vars"), Variable).items() if variable},
        environ,
    )
    only_variables = Scope(variables, _no_secret_in_secrets)
    secrets = [
        replace(layer, value={"secrets": _values(layer, "secrets", only_variables)})
        for layer in layers
        if "secrets" in layer.value
    ]
    declared = _declared(merge_layers(tuple(secrets)).value.get("secrets"), Secret) if secrets else {}
    return Scope(variables, Secrets(declared, environ, directory, keeper))


def _declared(tree: Any, kind: type[Section]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, declaration in tree.items() if isinstance(tree, dict) else ():
        try:
            found[name] = kind.model_validate(declaration)
        except ValidationError:
            found[name] = None
    return found


def _no_secret_in_secrets(_: str) -> str:
    raise UnresolvedError("MAC114", "a secret cannot say where another secret is")


def _values(layer: Layer, key: str, scope: Scope) -> Any:
    return interpolate(layer.value[key], scope, layer.locate_text, (key,))


def _interpolated(layer: Layer, scope: Scope) -> Layer:
    """Return a layer with its references followed, but for `x-*` and for `vars`, which declares them."""
    only_variables = replace(scope, secret=_no_secret_in_secrets)
    value = {
        key: value
        if key == "vars" or key.startswith("x-")
        else _values(layer, key, only_variables if key == "secrets" else scope)
        for key, value in layer.value.items()
    }
    return replace(layer, value=value)


def _fill_in(layers: list[Layer], selection: Selection, environ: Mapping[str, str], scope: Scope) -> Merged:
    """Return the layers merged, with what the environment says by itself."""
    if level := environ.get("MACARON_LOG_LEVEL"):
        value = {"observability": {"logs": {"level": level.lower()}}}
        first_set = len(layers) - len(selection.overrides)
        layers.insert(first_set, Layer.nowhere("environment MACARON_LOG_LEVEL", value))
    merged = merge_layers(tuple(layers))
    server = merged.value.get("server") or {}
    if not isinstance(server, dict):
        return merged
    if server.get("bind") is None and environ.get("PORT"):
        name = "environment PORT"
        bind = interpolate("127.0.0.1:${PORT}", scope, lambda *_: Location(name))
        layers.append(Layer.nowhere(name, {"server": {"bind": bind}}))
    if server.get("workers") in (None, "auto") and (workers := environ.get("WEB_CONCURRENCY")):
        layers.append(Layer.nowhere("environment WEB_CONCURRENCY", {"server": {"workers": workers}}))
    return merge_layers(tuple(layers))
