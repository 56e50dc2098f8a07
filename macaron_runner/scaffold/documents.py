"""An API document and all files that it refers to, copied; operations in the copy say what binds them.

What is added is put into the text as it stands, so that comments and order stay. The original is only read. Not for
what is added (bindings).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from macaron_runner.configuration.source import read_yaml
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import UsageError
from macaron_runner.openapi.document import Document, File, Pointer
from macaron_runner.scaffold.bindings import Place
from macaron_runner.scaffold.files import NewFile

FOLDER: Final = "apis"
_PLAIN_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def copy_document(
    document: Document, additions: Mapping[Place, Mapping[str, Any]]
) -> tuple[str, tuple[NewFile, ...]]:
    """Return the path of the document's copy, and all copies, each where the references between them find it.

    Raises UsageError where its files have no folder in common.
    """
    files = document.files.loaded
    folder = _common_folder(document, files)
    copies = tuple(NewFile(_path_in(folder, file), _amended(file, additions)) for file in files)
    return _path_in(folder, document.source), copies


def stands_below(directory: Path, document: Document) -> str | None:
    """Return the document's path relative to `directory`, or None where one of its files is outside of it."""
    paths = [os.path.relpath(file.path, directory) for file in document.files.loaded]
    if any(path.startswith("..") for path in paths):
        return None
    return Path(os.path.relpath(document.source.path, directory)).as_posix()


def _common_folder(document: Document, files: tuple[File, ...]) -> str:
    folder = os.path.commonpath([os.path.abspath(file.path.parent) for file in files])  # noqa: PTH100 - no links followed
    if folder == os.sep and len(files) > 1:
        far = ", ".join(file.name for file in files[1:])
        raise UsageError(
            f"{document.file} refers to files that share no folder with it: {far}; put them side by side"
        )
    return folder


def _path_in(folder: str, file: File) -> str:
    return f"{FOLDER}/{Path(os.path.relpath(file.path, folder)).as_posix()}"


def _amended(file: File, additions: Mapping[Place, Mapping[str, Any]]) -> bytes:
    """Return the bytes of a file with the additions to operations in it."""
    content = file.path.read_bytes()
    here = {pointer: added for (name, pointer), added in additions.items() if name == file.name}
    if not here:
        return content
    wanted = _with(file.value, here)
    is_json = file.path.suffix.lower() == ".json"
    text = content.decode("utf-8-sig", "replace")
    amended = _inserted(text, file, here, is_json=is_json).encode()
    if _value_of(amended, file.name, is_json=is_json) == wanted:
        return amended
    # Anchors, odd line ends, a key that must be replaced: the values then count more than the form.
    return (json.dumps(wanted, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _with(tree: Any, additions: Mapping[Pointer, Mapping[str, Any]]) -> Any:
    """Return a copy of a tree with members added to the maps at some places."""
    copied = json.loads(json.dumps(tree))
    for pointer, added in additions.items():
        _at(copied, pointer).update(added)
    return copied


def _inserted(text: str, file: File, additions: Mapping[Pointer, Mapping[str, Any]], *, is_json: bool) -> str:
    """Return the text with the additions before the first members of their maps."""
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]
    places = {}
    for pointer in additions:
        first = next(iter(_at(file.value, pointer)), None)
        place = file.locate(pointer if first is None else (*pointer, first), key=True)
        places[starts[min(place.line, len(starts)) - 1] + place.column - 1] = additions[pointer]
    for index in sorted(places, reverse=True):
        text = text[:index] + _members(text[:index], places[index], is_json=is_json) + text[index:]
    return text


def _members(before: str, added: Mapping[str, Any], *, is_json: bool) -> str:
    """Return new members, to be put between the text `before` and the first member of a map."""
    members = [f"{_key(key, is_json)}: {_scalar(value, is_json)}" for key, value in added.items()]
    bare = before.rstrip()
    if bare.endswith("{"):
        return "".join(f"{member},{before[len(bare) :] or ' '}" for member in members)
    line = re.split(r"\r\n|\r|\n", before)[-1]
    return "".join(f"{member}\n{' ' * len(line)}" for member in members)


def _at(tree: Any, pointer: Pointer) -> Any:
    for step in pointer:
        tree = tree[step]
    return tree


def _key(key: str, is_json: bool) -> str:  # noqa: FBT001 - of this module alone
    return json.dumps(key) if is_json else key


def _scalar(value: Any, is_json: bool) -> str:  # noqa: FBT001 - of this module alone
    plain = isinstance(value, str) and not is_json and _PLAIN_WORD.fullmatch(value) is not None
    words = {"null", "true", "false", "~"}
    return value if plain and value.lower() not in words else json.dumps(value, ensure_ascii=False)


def _value_of(content: bytes, name: str, *, is_json: bool) -> Any:
    """Return what a file's text means, or None where that is nothing."""
    try:
        return orjson.loads(content) if is_json else read_yaml(content, name).value
    except (BadConfiguration, orjson.JSONDecodeError):
        return None
