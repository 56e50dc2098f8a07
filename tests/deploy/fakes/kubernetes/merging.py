"""Server-side apply: what a manager no longer names goes, what others own conflicts.

Lists whose items have a key of their own are merged by it, all others are replaced as a whole, as the published
schemas of Kubernetes say with x-kubernetes-list-map-keys. A path is written as in fieldsV1: f:name, k:{"name":"web"}.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any

_LIST_KEYS = {
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "ports": ("containerPort", "port", "protocol"),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}

Path = tuple[str, ...]


def merge(live: dict, gone: Iterable[Path], now: dict) -> dict:
    """Return an object without what is at the paths `gone`, and with all that `now` says."""
    merged = copy.deepcopy(live)
    for path in sorted(gone, key=len, reverse=True):
        _remove(merged, path)
    return _overlay(merged, now, ())


def leaves(tree: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value that is set: what its manager owns."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, (*path, f"f:{key}"))
    elif isinstance(tree, list) and (keys := _keys(path)):
        for item in tree:
            yield from leaves(item, (*path, _name(item, keys)))
    else:
        yield path


def as_fields(paths: Iterable[Path]) -> dict:
    """Return paths in the form of fieldsV1."""
    owned: dict = {}
    for path in sorted(paths):
        here = owned
        for step in path:
            here = here.setdefault(step, {})
    return owned


def look(tree: Any, path: Path) -> Any:
    """Return the value at a path, None where there is none."""
    for depth, step in enumerate(path):
        if step.startswith("k:"):
            keys = _keys(path[:depth])
            tree = next((item for item in tree or () if _name(item, keys) == step), None)
        else:
            tree = tree.get(step[2:]) if isinstance(tree, dict) else None
    return tree


def _overlay(live: Any, now: Any, path: Path) -> Any:
    if isinstance(now, dict):
        base = live if isinstance(live, dict) else {}
        return base | {key: _overlay(base.get(key), value, (*path, f"f:{key}")) for key, value in now.items()}
    if isinstance(now, list) and isinstance(live, list) and (keys := _keys(path)):
        there = {_name(item, keys): item for item in live}
        wanted = {_name(item, keys): item for item in now}
        merged = [_overlay(there.get(name), item, (*path, name)) for name, item in wanted.items()]
        return merged + [item for name, item in there.items() if name not in wanted]
    return copy.deepcopy(now)


def _remove(tree: Any, path: Path) -> None:
    """Remove the value at a path, and what is empty without it; an item of a list of which only its keys are left."""
    parent = look(tree, path[:-1])
    if path[-1].startswith("f:") and isinstance(parent, dict):
        parent.pop(path[-1][2:], None)
    elif path[-1].startswith("k:") and isinstance(parent, list):
        keys = _keys(path[:-1])
        parent[:] = [item for item in parent if _name(item, keys) != path[-1]]
    if len(path) > 1 and parent in ({}, []):
        _remove(tree, path[:-1])


def _keys(path: Path) -> tuple[str, ...]:
    return _LIST_KEYS.get(path[-1][2:], ()) if path and path[-1].startswith("f:") else ()


def _name(item: Any, keys: tuple[str, ...]) -> str:
    if not isinstance(item, dict):
        return f"v:{json.dumps(item)}"
    return "k:" + json.dumps({key: item[key] for key in keys if key in item}, separators=(",", ":"))
