"""Layers of one configuration made into one tree, and for each value the layer that it came from.

Pure. Not for deciding which layers there are (load).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import Location


def merge(below: Any, above: Any) -> Any:
    """Return `above` over `below`: maps deep, scalars and lists replace, null removes (RFC 7396)."""
    if not isinstance(above, dict):
        return above
    merged = dict(below) if isinstance(below, dict) else {}
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


ABSENT: Final = object()


def child(value: Any, step: str | int) -> Any:
    """Return what stands under a key or at a list position of `value`, or ABSENT."""
    if isinstance(value, dict):
        return value.get(step, ABSENT)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return ABSENT


def value_at(tree: Any, path: Path) -> Any:
    """Return what stands at a path of plain data, or ABSENT."""
    for step in path:
        tree = child(tree, step)
    return tree


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One source of values: a file, a variable of the environment, a `--set`; its references are not followed.

    `locate(path, key)` is the place of the value, or with `key` that of its key; `locate_text(path, text,
    occurrence)` the place of a piece of a scalar. `folder` leads from the service's folder to that of the file, ""
    where they are the same; `extended_at` are the places that led to the file, the nearest first.
    """

    name: str
    value: dict[str, Any]
    locate: Callable[[Path, bool], Location]
    locate_text: Callable[[Path, str, int], Location]
    folder: str = ""
    extended_at: tuple[Location, ...] = ()

    @classmethod
    def nowhere(cls, name: str, value: dict[str, Any]) -> Layer:
        """Return a layer that stands in no file: all its values have the one place `name`."""
        place = Location(name)
        return cls(name, value, lambda *_: place, lambda *_: place)

    def reach(self, path: Path) -> tuple[int, Any]:
        """Return how many steps of `path` this layer has, and the value to which they lead."""
        value: Any = self.value
        for depth, step in enumerate(path):
            below = child(value, step)
            if below is ABSENT:
                return depth, value
            value = below
        return len(path), value


@dataclass(frozen=True, slots=True)
class Touch:
    """What one layer does to the value at a path.

    It says `value` at `path`: the path asked for, or one above it where the layer has something else than a map, which
    ends all that was there. `counts` tells whether any of it is left in the merged tree.
    """

    layer: Layer
    path: Path
    value: Any
    counts: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged tree, with its layers from the lowest to the highest."""

    layers: tuple[Layer, ...]
    value: dict[str, Any]

    def history(self, path: Path) -> tuple[Touch, ...]:
        """Return what every layer that touches the value at `path` does to it, the lowest first."""
        touches: list[Touch] = []
        for layer in self.layers:
            depth, value = layer.reach(path)
            whole = depth == len(path)
            if not whole and isinstance(value, dict):
                continue  # it says nothing about this path
            deepens = whole and isinstance(value, dict) and touches and isinstance(touches[-1].value, dict)
            if not deepens:  # it replaces, or removes, what is below
                touches = [replace(touch, counts=False) for touch in touches]
            touches.append(Touch(layer, path[:depth], value, counts=whole))
        return tuple(touches)

    def origins(self, path: Path) -> tuple[Layer, ...]:
        """Return the layers that the value at `path` is made of: one, or for a map one or more.

        For a value that is null, or that a null removed, that is the layer with the null.
        """
        return tuple(touch.layer for touch in self.history(path) if touch.counts)

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """Return the place that the value at `path` came from (`key`: of its key), or of its nearest parent.

        A map that several layers made is shown in the lowest. The whole document begins where its first key does;
        of several files, it is the service's own.
        """
        for length in range(len(path), 0, -1):
            origins = self.origins(path[:length])
            if origins:
                return origins[0].locate(path[:length], key if length == len(path) else True)
        own = next((layer for layer in self.layers if not layer.extended_at), None)
        return own.locate((), False) if own is not None else Location("")  # noqa: FBT003

    def locate_text(self, path: Path, text: str, occurrence: int) -> Location:
        """Return the place of an occurrence (from 0) of `text` in the scalar at `path`, where its layer wrote it."""
        return self.origins(path)[0].locate_text(path, text, occurrence)


def merge_layers(layers: tuple[Layer, ...]) -> Merged:
    """Return the layers as one tree; there must be one at least, and nothing is removed from the lowest."""
    value: dict[str, Any] = layers[0].value
    for layer in layers[1:]:
        value = merge(value, layer.value)
    return Merged(layers, value)
