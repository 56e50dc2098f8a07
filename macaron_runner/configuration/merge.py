"""Layers of one configuration made into one tree, and for each value the layer that it came from.

Pure. Not for deciding which layers there are (load).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One source of values: a file, a variable of the environment, a `--set`.

    `locate(path, key)` is the place of the value, or with `key` that of its key; `locate_text(path, text,
    occurrence)` the place of a piece of a scalar.
    """

    name: str
    value: dict[str, Any]
    locate: Callable[[Path, bool], Location]
    locate_text: Callable[[Path, str, int], Location]

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
class Merged:
    """The merged tree, with its layers from the lowest to the highest."""

    layers: tuple[Layer, ...]
    value: dict[str, Any]

    def origins(self, path: Path) -> tuple[Layer, ...]:
        """Return the layers that the value at `path` is made of: one, or for a map one or more.

        For a value that is null, or that a null removed, that is the layer with the null.
        """
        origins: list[Layer] = []
        for layer in self.layers:
            depth, value = layer.reach(path)
            whole = depth == len(path)
            if not whole and isinstance(value, dict):
                continue  # it says nothing about this path
            both_maps = isinstance(value, dict) and origins and isinstance(origins[-1].reach(path)[1], dict)
            if not (whole and both_maps):
                origins = []  # it replaces, or removes, what is below
            if whole:
                origins.append(layer)
        return tuple(origins)

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """Return the place that the value at `path` came from (`key`: of its key), or of its nearest parent.

        A map that several layers made is shown in the lowest. The whole document begins where its first key does.
        """
        for length in range(len(path), 0, -1):
            origins = self.origins(path[:length])
            if origins:
                return origins[0].locate(path[:length], key if length == len(path) else True)
        return self.layers[0].locate((), False) if self.layers else Location("")  # noqa: FBT003


def merge_layers(layers: tuple[Layer, ...]) -> Merged:
    """Return the layers as one tree; there must be one at least, and nothing is removed from the lowest."""
    value: dict[str, Any] = layers[0].value
    for layer in layers[1:]:
        value = merge(value, layer.value)
    return Merged(layers, value)
