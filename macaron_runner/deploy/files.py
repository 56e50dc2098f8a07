"""Files that a deployment puts somewhere: paths, bytes and modes, always in one order; and YAML and JSON as their text.

Pure: the same values give the same bytes. Not for writing them (hands).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final, TypeAlias

import yaml

_HIDDEN_TYPE: Final = re.compile(
    # What is no text to a reader of YAML 1.1 or 1.2 (section 10.3.2), though PyYAML writes it without quotes.
    r"[-+]?(0o[0-7_]+|0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9_]+([eE][-+]?[0-9]+)?"
    r"|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|\.(inf|nan))|y|n|yes|no|on|off|true|false|null|~|=|<<",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class File:
    """One file: its `path` ("k8s/web.yaml", or absolute in a container), its `content`, its permissions."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644

    @property
    def text(self) -> str:
        """The content as UTF-8 text; what is none shows as replacement characters."""
        return self.content.decode("utf-8", "replace")


Files: TypeAlias = tuple[File, ...]
"""Files sorted by path, each path once; `in_order` makes them."""


def in_order(files: Iterable[File]) -> Files:
    """Return files sorted by path. Raises ValueError where a path stands twice, is empty or leads upwards."""
    ordered = tuple(sorted(files))
    seen: set[str] = set()
    for file in ordered:
        if not file.path or ".." in PurePosixPath(file.path).parts or "\0" in file.path:
            raise ValueError(f"{file.path!r} is no path of a file")
        if file.path in seen:
            raise ValueError(f"{file.path!r} stands twice")
        seen.add(file.path)
    return ordered


def digest(files: Files) -> str:
    """Return what changes with any path, content or mode: "sha256:" and 64 hexadecimal digits."""
    total = hashlib.sha256()
    for file in files:
        head = f"{file.path}\0{file.mode:o}\0{len(file.content)}\0"
        total.update(head.encode() + file.content)
    return f"sha256:{total.hexdigest()}"


def yaml_text(*documents: Any) -> str:
    """Return plain data as YAML, block style, keys in the order they are given; several documents with `---`.

    Every text is read back as that text by YAML 1.1 and 1.2 alike. Raises TypeError where there is anything but plain
    data, a Sensitive above all: no secret is rendered by accident.
    """
    plain = [_plain(document, ()) for document in documents]
    return "---\n".join(
        yaml.dump(each, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000) for each in plain
    )


def json_text(document: Any) -> str:
    """Return plain data as indented JSON with a newline at its end. Raises as `yaml_text`."""
    return json.dumps(_plain(document, ()), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any, path: tuple[object, ...]) -> Any:
    """Return data made of dicts, lists and scalars alone; each a copy, so that YAML has no aliases."""
    if isinstance(value, Mapping):
        return {_key(key, path): _plain(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, index)) for index, item in enumerate(value)]
    if value is None or type(value) in (str, int, float, bool):
        return value
    raise TypeError(f"{'.'.join(map(str, path)) or 'the document'} is no plain data: {type(value).__name__}")


def _key(key: Any, path: tuple[object, ...]) -> str:
    if type(key) is not str:
        raise TypeError(f"{'.'.join(map(str, path)) or 'the document'} has a key that is no text: {key!r}")
    return key


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: lists indented, texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent lists below their key, too."""
        super().increase_indent(flow, indentless=False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text and not re.search(r"[^\S\n]\n|\A\s|[^\n\t -퟿-�]", text):
        style = "|"
    elif _HIDDEN_TYPE.fullmatch(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
