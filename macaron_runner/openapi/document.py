"""API documents as files: text to a tree with positions, and which specification it follows.

Not for what the tree means (openapi3, swagger2), nor for checking it (rules, validation.document).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache as called_once
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import unquote

import orjson

from macaron_runner.collection import uncollected
from macaron_runner.configuration.files import UnreadableError
from macaron_runner.configuration.files import read_file as read_bytes
from macaron_runner.configuration.source import LARGEST, decode, read_yaml
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Location
from macaron_runner.openapi.cache import ParsedCache
from macaron_runner.openapi.positions import JsonPositions, first_deeper_than, repeats_a_key

Pointer: TypeAlias = tuple[str | int, ...]
"""A JSON pointer (RFC 6901), taken apart: names of maps and indexes of lists."""

Place: TypeAlias = tuple[str, Pointer]
"""A file by its name, and where in it."""

Specification: TypeAlias = Literal["2.0", "3.0", "3.1", "3.2"]

_DEEPEST = 200  # levels; as configuration.source has it for YAML, and far from Python's own recursion limit


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """One file, parsed: `name` is what messages call it, `value` its content, with text keys only.

    `identifies` is False where no schema in it can have an identifier, an anchor or a dialect of its own.
    """

    path: Path
    name: str
    value: Any
    _locate: Callable[[Pointer, bool], Location] = field(repr=False)
    identifies: bool = True

    def locate(self, pointer: str | Pointer, *, key: bool = False) -> Location:
        """Return where the value (with `key`: its key) stands; where there is none, the nearest one above."""
        steps = parse_pointer(pointer) if isinstance(pointer, str) else pointer
        found = self._locate(steps, key)
        return found if found.pointer else replace(found, pointer=steps)


class Files:
    """The files of one document, each read once, when a reference first leads into it; perhaps from a cache."""

    def __init__(self, *files: File, cache: ParsedCache | None = None) -> None:
        self._files: dict[str, File | BadConfiguration] = {_identity(file.path): file for file in files}
        self._cache = cache

    @property
    def loaded(self) -> tuple[File, ...]:
        """The files that were read so far and could be, the document's own first."""
        return tuple(file for file in self._files.values() if isinstance(file, File))

    def load(self, path: Path) -> File:
        """Return the file at `path`. Raises BadConfiguration, each time the same, where it cannot be read."""
        identity = _identity(path)
        if identity not in self._files:
            try:
                self._files[identity] = read_file(path, self._cache)
            except BadConfiguration as error:
                self._files[identity] = error
        found = self._files[identity]
        if isinstance(found, BadConfiguration):
            raise found
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One API document: its tree (never to be changed), its specification, and the files it refers to."""

    file: str
    tree: dict[str, Any]
    specification: Specification
    source: File = field(repr=False)
    files: Files = field(repr=False)

    def locate(self, pointer: str | Pointer, *, key: bool = False) -> Location:
        """Return where the value (with `key`: its key) stands; where there is none, the nearest one above."""
        return self.source.locate(pointer, key=key)


def read_document(path: Path, cache: ParsedCache | None = None) -> Document:
    """Return the API document at `path`, Swagger 2.0 or OpenAPI 3.0 to 3.2, in YAML or JSON.

    What is in YAML is parsed once, where there is a `cache`. Raises BadConfiguration where the file cannot be read, is
    broken, or is no such document.
    """
    source = read_file(path, cache)
    if not isinstance(source.value, dict):
        nothing = "the document is empty: " if source.value is None else ""
        message = f"{nothing}an API document is a map, with swagger or openapi at its top"
        raise _refusal("MAC303", message, source.locate(()))
    specification = _specification(source)
    return Document(source.name, source.value, specification, source, Files(source, cache=cache))


def read_file(path: Path, cache: ParsedCache | None = None) -> File:
    """Return a YAML or (by its name, *.json) JSON file, parsed. Raises BadConfiguration."""
    name = os.path.normpath(path)
    try:
        content = read_bytes(Path(name), LARGEST)
    except UnreadableError as error:
        raise _refusal("MAC301", f"{name} cannot be read: {error}", Location(name)) from None
    if len(content) > LARGEST:
        message = f"{name} is larger than {LARGEST // 2**20} MiB"
        raise _refusal("MAC301", message, Location(name))
    return _read_json(content, name) if path.suffix.lower() == ".json" else _read_yaml(content, name, cache)


def parse_pointer(text: str) -> Pointer:
    """Return the steps of a JSON pointer (RFC 6901 section 4): "/paths/~1orders" -> ("paths", "/orders")."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])


def parse_fragment(text: str) -> Pointer:
    """Return the steps of a pointer written as a URI fragment (RFC 6901 section 6), without its "#"."""
    return parse_pointer(unquote(text))


def _refusal(
    code: str, message: str, location: Location, *, label: str = "", mend: str = ""
) -> BadConfiguration:
    return BadConfiguration([Diagnostic(code, message, location, label, mend)])


def _identity(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolve() fails where the name cannot be one


def _read_json(content: bytes, name: str) -> File:
    text = decode(content, name, LARGEST)
    too_deep = (
        f"the JSON is nested too deep: more than {_DEEPEST} objects and arrays stand inside one another"
    )
    try:
        with uncollected():
            value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = Location(name, error.lineno, error.colno)
        if (deep := first_deeper_than(text, _DEEPEST)) is not None:  # orjson gives up at some depth itself
            raise _refusal("MAC302", too_deep, Location.at(name, text, deep)) from None
        raise _refusal("MAC302", "the JSON is broken", place, label=_in_plain_words(error.msg)) from None
    if (deep := first_deeper_than(text, _DEEPEST)) is not None:
        raise _refusal("MAC302", too_deep, Location.at(name, text, deep))
    positions = JsonPositions(text, name)
    _refuse_repeated_keys(text, positions)
    return File(
        Path(name),
        name,
        value,
        lambda pointer, key: positions.locate(pointer, key=key),
        _mentions_identifiers(content),
    )


def _in_plain_words(reason: str) -> str:
    return {
        "Input is a zero-length, empty document": "the file is empty",
        "unexpected end of data": "it ends in the middle",
    }.get(reason, reason)


def _refuse_repeated_keys(text: str, positions: JsonPositions) -> None:
    """Raise BadConfiguration where a key stands twice in one object: orjson silently keeps the last one."""
    if repeats_a_key(text):
        raise BadConfiguration(
            Diagnostic("MAC103", f'the key "{name}" stands twice in one object', place, "the second one")
            for name, place in positions.repeated_keys()
        )


def _read_yaml(content: bytes, name: str, cache: ParsedCache | None) -> File:
    identifies = _mentions_identifiers(content)
    if cache is not None and (kept := cache.get(content)) is not None:
        return File(Path(name), name, kept, _places_in(content, name), identifies)
    tree = read_yaml(content, name)
    if cache is not None:
        cache.put(content, tree.value)
    return File(Path(name), name, tree.value, lambda pointer, key: tree.locate(pointer, key=key), identifies)


def _places_in(content: bytes, name: str) -> Callable[[Pointer, bool], Location]:
    """Return what tells places in a text that is parsed only when the first is asked for."""
    parsed = called_once(lambda: read_yaml(content, name))
    return lambda pointer, key: parsed().locate(pointer, key=key)


def _mentions_identifiers(content: bytes) -> bool:
    return any(word in content for word in (b"$id", b"$schema", b"$anchor", b"$dynamicAnchor"))


def _specification(source: File) -> Specification:
    """Return the specification a document follows. Raises BadConfiguration where it is none of ours."""
    tree = source.value
    keyword = "openapi" if "openapi" in tree else "swagger"
    if keyword not in tree:
        raise _refusal(
            "MAC303",
            "this is not an API document: it has neither swagger nor openapi at its top",
            source.locate(()),
            mend='an OpenAPI document begins with openapi: 3.1.0, an older one with swagger: "2.0"',
        )
    version = tree[keyword]
    if not isinstance(version, str):
        raise _refusal(
            "MAC303",
            f"{keyword} must be a text",
            source.locate((keyword,)),
            mend=f'put it in quotes: {keyword}: "{_full(keyword, version)}"',
        )
    if keyword == "swagger" and version == "2.0":
        return "2.0"
    match = re.fullmatch(r"(3\.[012])(\.\d+(-.+)?)?", version) if keyword == "openapi" else None
    if match is None:
        raise _refusal(
            "MAC303",
            f'{keyword} "{version}" is not known',
            source.locate((keyword,)),
            label="not one of: openapi 3.0.x, 3.1.x, 3.2.x; swagger 2.0",
        )
    return cast("Specification", match[1])


def _full(keyword: str, version: Any) -> str:
    """Return the version that an author means who wrote a number, or nothing at all."""
    if keyword == "swagger":
        return "2.0"
    return {"3.0": "3.0.3", "3.2": "3.2.0"}.get(str(version), "3.1.0")
