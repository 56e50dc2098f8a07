"""The files of one configuration and the `--set` words, read into layers: bases, the file itself, overlays.

    extends: [a.yaml, b.yaml]  ->  a.yaml, a.prod.yaml, b.yaml, b.prod.yaml, macaron.yaml, macaron.prod.yaml, --set …

A file is extended by a path or a list of paths, relative to its own folder; what it says goes over what they say, and
what a later one says over an earlier. A file that is reached twice (two bases with one base in common, two links to
one file) is merged once, where it is first reached: merged again, it would undo what stands between. The folder of a
link is that in which the link lies. Overlays of bases need not exist, and overlays extend nothing.

Not for what is in the files (load), nor for following references (resolve).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from macaron_runner.configuration.files import UnreadableError, read_file, shown_name
from macaron_runner.configuration.merge import Layer
from macaron_runner.configuration.model import FORMAT_VERSION
from macaron_runner.configuration.overlays import missing_overlay, overlay_of
from macaron_runner.configuration.problems import shown
from macaron_runner.configuration.selection import Selection, shown_override
from macaron_runner.configuration.source import SourceTree, read_yaml
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Location, raise_errors

LARGEST: Final = 2**20
"""Bytes that all files of one configuration may have together, and a `--set` alone."""
MOST_VALUES: Final = 50_000
"""Values that one of them may have, aliases followed."""
MOST_FILES: Final = 32
"""Files that a service may extend, directly or not."""
DEEPEST_SET: Final = 20
"""Keys that a `--set` may go down."""
_SMALLEST: Final = (
    "the smallest useful file: macaron: 1, service: {name: …}, apis: {…: {spec: …, handlers: …}}"
)


def read_layers(
    path: Path, selection: Selection
) -> tuple[tuple[Path, ...], tuple[Layer, ...], tuple[Diagnostic, ...]]:
    """Return the files read, that of the service first; the layers, lowest first; warnings.

    `path` is the service's file, absolute. Raises BadConfiguration with the problems of all files.
    """
    reader = _Reader(selection)
    reader.read(_File(path, _shown(path, selection.file)))
    for word in selection.overrides:
        reader.attempt(partial(_override, word), ())
    if not reader.has_overlay:
        reader.problems += missing_overlay(path, _shown(path, selection.file), selection.environment)
    warnings = raise_errors(reader.problems)
    files = sorted(reader.files, key=lambda file: file not in (path, overlay_of(path, selection.environment)))
    return tuple(files), tuple(reader.layers), warnings


def noted(problem: Diagnostic, layers: Iterable[Layer]) -> Diagnostic:
    """Return a problem; where it is in a file that others extend, with a note for each place that led there."""
    file = problem.location.file if problem.location is not None else ""
    places = next((layer.extended_at for layer in layers if layer.name == file), ())
    return _with_notes(problem, file, places)


def _with_notes(problem: Diagnostic, file: str, places: tuple[Location, ...]) -> Diagnostic:
    extended = [file, *(place.file for place in places)]
    notes = tuple((place, f"{name} is extended here") for name, place in zip(extended, places, strict=False))
    told = tuple(note for note in notes if note[0] != problem.location and note not in problem.related)
    return replace(problem, related=(*problem.related, *told)) if told else problem


@dataclass(frozen=True, slots=True)
class _File:
    """One file to read: `name` is how messages call it, `folder` leads to its folder from the service's.

    `extended_at` are the places that led to it, the nearest first; `chain` the real paths of the files they are in.
    """

    path: Path
    name: str
    folder: str = ""
    extended_at: tuple[Location, ...] = ()
    chain: tuple[str, ...] = ()

    @property
    def real(self) -> str:
        """The file itself, whatever the links that lead to it."""
        try:
            return os.path.realpath(self.path)
        except ValueError:  # a zero byte in its name: reading it will tell
            return str(self.path)

    def base(self, text: str, place: Location) -> _File:
        """Return a file that this one extends."""
        relative = _tidy(self.path.parent, text)
        folder = os.path.dirname(os.path.join(self.folder, relative))  # noqa: PTH118, PTH120 - Path drops "./"
        path = self.path.parent / relative
        name = os.path.join(os.path.dirname(self.name), relative)  # noqa: PTH118, PTH120
        shown_as = _tidy(Path.cwd(), str(path) if Path(name).is_absolute() else name)
        if Path(shown_as).is_absolute():
            shown_as = shown_name(Path(shown_as))
        return _File(path, shown_as, folder, (place, *self.extended_at), (*self.chain, self.real))


@dataclass(slots=True)
class _Reader:
    """Reads files into layers, and goes on after a problem: one wants to see them all."""

    selection: Selection
    files: list[Path] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    has_overlay: bool = False
    _met: set[str] = field(default_factory=set)
    _room: int = LARGEST
    _is_full: bool = False

    def read(self, file: _File) -> None:
        """Read a file with what it extends below it and its overlay above it."""
        self._met.add(file.real)
        layer = self.attempt(partial(self._layer, file), file.extended_at, file.name, add=False)
        if layer is not None:
            for text, place in self._extended(layer):
                if self._is_full:
                    break
                self._extend(file, text, place)
            self.layers.append(replace(layer, value=_without_extends(layer.value)))
        overlay = overlay_of(file.path, self.selection.environment)
        if overlay is not None:
            self.has_overlay = True
            above = replace(file, path=overlay, name=str(Path(file.name).with_name(overlay.name)))
            self.attempt(partial(self._overlay, above), file.extended_at, above.name)

    def attempt(
        self, make: Any, extended_at: tuple[Location, ...], name: str = "", *, add: bool = True
    ) -> Layer | None:
        """Return the layer that `make` makes, or None where that has problems: they are kept."""
        try:
            layer: Layer = make()
        except BadConfiguration as error:
            self.problems += (_with_notes(problem, name, extended_at) for problem in error.diagnostics)
            return None
        if add:
            self.layers.append(layer)
        return layer

    def _layer(self, file: _File) -> Layer:
        layer = _layer(self._tree(file), file, may_be_empty=bool(file.extended_at))
        version = layer.value.get("macaron")
        if file.extended_at and type(version) is int and version != FORMAT_VERSION:
            place = layer.locate(("macaron",), False)  # noqa: FBT003
            message = f"format version {shown(version)} is not known"
            raise BadConfiguration(
                [Diagnostic("MAC108", message, place, help=f"write macaron: {FORMAT_VERSION}")]
            )
        return layer

    def _overlay(self, file: _File) -> Layer:
        layer = _layer(self._tree(file), file, may_be_empty=True)
        if "extends" in layer.value:
            place = layer.locate(("extends",), True)  # noqa: FBT003
            hint = "write extends: in the file that the overlay goes over"
            raise BadConfiguration([Diagnostic("MAC218", "an overlay cannot extend", place, help=hint)])
        return layer

    def _tree(self, file: _File) -> SourceTree:
        try:
            text = read_file(file.path, LARGEST)
        except UnreadableError as error:
            raise BadConfiguration([_unreadable(file, error)]) from None
        self.files.append(file.path)
        if self._room < len(text) <= LARGEST:
            message = f"the files of the configuration are larger than {LARGEST // 2**20} MiB together"
            raise BadConfiguration([Diagnostic("MAC219", message, Location(file.name))])
        self._room -= len(text)
        return read_yaml(text, file.name, largest=LARGEST, most_values=MOST_VALUES)

    def _extended(self, layer: Layer) -> Iterator[tuple[str, Location]]:
        """Yield the paths that a file extends with their places."""
        value = layer.value.get("extends")
        several = value if isinstance(value, list) else [] if value is None else [value]
        for index, text in enumerate(several):
            place = layer.locate(("extends", index) if isinstance(value, list) else ("extends",), False)  # noqa: FBT003
            fault = _fault_of(text)
            if fault:
                self.problems.append(Diagnostic("MAC105", f"extends {fault}", place, help=_WRITE_EXTENDS))
            else:
                yield text, place

    def _extend(self, file: _File, text: str, place: Location) -> None:
        base = file.base(text, place)
        if base.real in base.chain:
            around = " -> ".join([*(each.file for each in reversed(base.extended_at)), base.name])
            self.problems.append(Diagnostic("MAC217", f"the files extend each other: {around}", place))
        elif base.real not in self._met and len(self._met) <= MOST_FILES:
            self.read(base)
        elif base.real not in self._met:
            self._is_full = True
            self.problems.append(Diagnostic("MAC219", f"more than {MOST_FILES} files are extended", place))


_WRITE_EXTENDS: Final = (
    "write extends: ../platform/base.yaml, or a list of paths; they are relative to this file"
)


def _fault_of(text: Any) -> str:
    """Return what is wrong with an entry of `extends`, or ""."""
    if not isinstance(text, str):
        return f"must be a path or a list of paths, not {shown(text)}"
    if "${" in text:
        return "cannot refer to variables: which files there are must not depend on where one looks"
    if "://" in text:
        return f"must be a path, not {shown(text)}: nothing is fetched"
    return "" if text and "\0" not in text else f"must be a path, not {shown(text)}"


def _without_extends(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != "extends"}


def _unreadable(file: _File, error: UnreadableError) -> Diagnostic:
    if file.extended_at:
        message = f"the extended file {file.name} cannot be read: {error}"
        return Diagnostic(
            "MAC216", message, file.extended_at[0], help="the path is relative to the file that says it"
        )
    missing = isinstance(error.__cause__, FileNotFoundError)
    hint = "name the file, or start beside macaron.yaml" if missing else ""
    return Diagnostic("MAC101", f"{file.name} cannot be read: {error}", Location(file.name), help=hint)


_API_DOCUMENT: Final = ("openapi", "swagger")
"""With one of these words an API document begins."""


def _layer(tree: SourceTree, file: _File, *, may_be_empty: bool = False) -> Layer:
    value = tree.value
    if value is None and may_be_empty:
        value = {}
    if not isinstance(value, dict):
        what = "the file is empty" if value is None else f"the file must be a map of keys, not {shown(value)}"
        place = Location(tree.file, 1, 1) if value is None else tree.locate(())
        hint = "" if file.extended_at else _SMALLEST
        raise BadConfiguration([Diagnostic("MAC105", what, place, help=hint)])
    if "macaron" not in value and (keyword := next((each for each in _API_DOCUMENT if each in value), None)):
        hint = f"name it as the spec of an API, or begin with it: macaron init --from {tree.file}"
        place = tree.locate((keyword,), key=True)
        raise BadConfiguration(
            [Diagnostic("MAC105", "the file is an API document, no macaron.yaml", place, help=hint)]
        )
    return Layer(
        tree.file,
        value,
        lambda path, key: tree.locate(path, key=key),
        tree.locate_text,
        file.folder,
        file.extended_at,
    )


def _shown(path: Path, given: str) -> str:
    """Return a file's name as messages show it: relative to the working directory where it is below it."""
    if Path(given).is_absolute():
        return shown_name(path)
    return str(Path(given).with_name(path.name)) if Path(given).name else given


def _tidy(directory: Path, relative: str) -> str:
    """Return a path without detours, where that leads to the same file: behind a link, ".." may lead elsewhere."""
    tidied = os.path.normpath(relative)
    same = os.path.realpath(directory / tidied) == os.path.realpath(directory / relative)
    return tidied if same else relative


def _override(word: str) -> Layer:
    """Return the layer of one `--set`: "server.workers=4". Raises BadConfiguration (MAC116)."""
    name = f"--set {shown_override(word)}"
    dotted, equals, text = word.partition("=")
    keys = dotted.split(".")
    if not equals or not all(keys) or len(keys) > DEEPEST_SET or keys[0] == "extends":
        raise BadConfiguration([Diagnostic("MAC116", *_senseless(word), help=_WRITE_SET)])
    raw = text.encode("utf-8", "surrogateescape")
    try:
        value = read_yaml(raw, name, largest=LARGEST, most_values=MOST_VALUES).value
    except BadConfiguration as error:
        nowhere = partial(replace, code="MAC116", location=Location(name), related=())
        raise BadConfiguration(map(nowhere, error.diagnostics)) from None
    for key in reversed(keys):
        value = {key: value}
    return Layer.nowhere(name, value)


_WRITE_SET: Final = "write --set KEY=VALUE, as --set server.workers=4"


def _senseless(word: str) -> tuple[str, Location]:
    dotted, equals, _ = word.partition("=")
    keys = dotted.split(".")
    what = (
        "it has no value"
        if not equals
        else "a key is empty"
        if not all(keys)
        else "it has too many keys"
        if len(keys) > DEEPEST_SET
        else "a file says what it extends"
    )
    name = f"--set {shown_override(word)}"
    return f'"{shown(name)[1:-1]}" makes no sense: {what}', Location(name)
