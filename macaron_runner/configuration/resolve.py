"""The merged tree with its references followed and its paths made relative to the service's folder.

Pure: what the references give comes in as a Scope. Only what is left after merging is looked at, so that nothing that
an upper layer replaced or removed is read, be it a variable or a secret. Not for merging (merge).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import Any, Final

from macaron_runner.configuration.interpolate import Scope, interpolate
from macaron_runner.configuration.merge import Merged
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.shape import below, is_path
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.variables import UnresolvedError

_BUILTIN: Final = "macaron:"


def resolve(merged: Merged, scope: Scope) -> Merged:
    """Return the tree resolved, but for `x-*` and for `vars`, which declares what references may refer to."""
    value = {
        key: value if key == "vars" or key.startswith("x-") else _section(merged, key, scope)
        for key, value in merged.value.items()
    }
    return replace(merged, value=value)


def resolve_secrets(merged: Merged, scope: Scope) -> Any:
    """Return the section `secrets` resolved, or None where there is none; it may refer to variables only."""
    return _section(merged, "secrets", scope) if "secrets" in merged.value else None


def _section(merged: Merged, key: str, scope: Scope) -> Any:
    if key == "secrets":
        scope = replace(scope, secret=no_secret)
    value = interpolate(merged.value[key], scope, merged.locate_text, (key,))
    if not any(layer.folder for layer in merged.layers):
        return value
    return _relocated(value, list(below(MacaronConfig, key, merged.value)), (key,), merged)


def no_secret(_: str) -> str:
    """Refuse a reference to a secret: Scope.secret where secrets are declared. Raises UnresolvedError."""
    raise UnresolvedError("MAC114", "a secret cannot say where another secret is")


def _relocated(value: Any, kinds: list[Any], path: Path, merged: Merged) -> Any:
    """Return a value of one of the types `kinds` with its paths as seen from the service's folder."""
    if not kinds:
        return value
    if isinstance(value, str):
        return _from_service(value, path, merged) if any(map(is_path, kinds)) else value
    if not isinstance(value, dict | list):
        return value

    def inner(step: str | int, item: Any) -> Any:
        inside = [kind for each in kinds for kind in below(each, step, value)]
        return _relocated(item, inside, (*path, step), merged)

    if isinstance(value, dict):
        return {key: inner(key, item) for key, item in value.items()}
    return [inner(index, item) for index, item in enumerate(value)]


def _from_service(text: str, path: Path, merged: Merged) -> str:
    folder = merged.origins(path)[0].folder
    if not folder or not text or text.startswith(_BUILTIN):
        return text
    return str(PurePath(folder, text))  # ".." stays: what it leads to depends on links
