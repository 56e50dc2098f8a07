"""Values as macaron.yaml would write them: scalars in YAML that read back as the same, numbers with their units.

Pure. Not for whole files (effective).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import TypeAdapter

from macaron_runner.configuration.interpolate import escaped
from macaron_runner.configuration.section import Section
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.shape import whole
from macaron_runner.configuration.values import Duration, Size, parse_duration, parse_size
from macaron_runner.configuration.yaml_nodes import is_text

_WORD: Final = r"[A-Za-z0-9_./@%+=$-]"
_PLAIN: Final = re.compile(rf"[A-Za-z_./]{_WORD}*(:{_WORD}+)*( {_WORD}+)*|\d[\d.]*(ms|[smhd]|[kKMG]i?B|B)")
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+(:\d+)?")
_OTHER_YAML: Final = frozenset(("y", "n", "yes", "no", "on", "off"))
NOT_SHOWN: Final = "not-shown"
"""The name under which a secret is written that has none."""
_REFERENCE: Final = re.compile(r"\$\{(secret:)?[A-Za-z_][A-Za-z0-9_-]*\}")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def scalar(value: Any) -> str:
    """Return a scalar as YAML on one line, which every reader of YAML 1.1 and 1.2 takes for the same value.

    A Sensitive is shown, as `‹secret name›`.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int) or (isinstance(value, Sensitive) and not value.literal):
        return str(value)
    return text(str(value))


def text(value: str) -> str:
    """Return a text as YAML on one line: plain where nobody could take it for anything else, else in quotes."""
    plain = _PLAIN.fullmatch(value) or _ADDRESS.fullmatch(value)
    if plain and is_text(value) and value.lower() not in _OTHER_YAML and value.strip("."):
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """Return a text in double quotes (YAML 1.2, section 7.3.1), all that is not printable escaped."""
    return f'"{"".join(_escaped(char) for char in value)}"'


def flow(value: Any) -> str:
    """Return any value on one line, in YAML's flow style; secrets are shown by their names."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{text(str(key))}: {flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    return scalar(value)


def reference(value: Any) -> Any:
    """Return a text as a file would write it: `$` as `$$`, a secret as `${secret:name}`; other scalars as they are.

    A secret that the file has in clear has no name; it becomes a reference that cannot be followed.
    """
    if isinstance(value, Sensitive):
        return "".join(
            escaped(part) if isinstance(part, str) else f"${{secret:{part[0] or NOT_SHOWN}}}"
            for part in value.parts
        )
    return escaped(value) if isinstance(value, str) else value


def hidden(value: Any, annotation: Any) -> Any:
    """Return a value that a layer says, with the secrets in it hidden that it has in clear: by its type, it may.

    References stay readable, but for defaults in them.
    """
    if not isinstance(value, str) or not any(kind is Sensitive for kind in kinds(annotation)):
        return value
    text: Sensitive = TypeAdapter(annotation).validate_python(value)
    parts = (
        part if isinstance(part, str) or not _REFERENCE.fullmatch(part[1]) else part[1] for part in text.parts
    )
    return Sensitive(tuple(parts))


def written(value: Any, annotation: Any) -> Any:
    """Return a value of the model as plain data that a file could say: 30.0 seconds as "30s", nothing left out.

    Keys without value are left out; secrets stay Sensitive.
    """
    if isinstance(value, Section):
        fields = type(value).model_fields.items()
        items = ((name, written(getattr(value, name), whole(field))) for name, field in fields)
        return {name: item for name, item in items if item is not None}
    if isinstance(value, Mapping):
        inner = next((get_args(kind)[1] for kind in kinds(annotation) if get_origin(kind) is dict), Any)
        return {key: written(item, inner) for key, item in value.items()}
    if isinstance(value, list | tuple):
        inner = next((get_args(kind)[0] for kind in kinds(annotation) if get_origin(kind) is tuple), Any)
        return [written(item, inner) for item in value]
    return _with_unit(value, annotation)


def kinds(annotation: Any) -> Iterator[Any]:
    """Yield the arms of a type: those of a union, with what they are annotated with and without."""
    yield annotation
    if get_origin(annotation) is Annotated:
        yield from kinds(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for arm in get_args(annotation):
            yield from kinds(arm)


def duration(seconds: float) -> str:
    """Return seconds with the largest unit that says them exactly: 86400.0 -> "24h"."""
    units = (("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001))
    for unit, length in units:
        shown = f"{seconds / length:.12g}{unit}"
        if seconds >= length and "." not in shown and "e" not in shown and parse_duration(shown) == seconds:
            return shown
    return f"{seconds:.12f}".rstrip("0").rstrip(".") + "s"


def size(count: int) -> str:
    """Return bytes with the largest unit that says them exactly: 1048576 -> "1MiB"."""
    for unit, length in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= length and count % length == 0 and parse_size(f"{count // length}{unit}") == count:
            return f"{count // length}{unit}"
    return f"{count}B"


def _with_unit(value: Any, annotation: Any) -> Any:
    if isinstance(value, float) and any(kind == Duration for kind in kinds(annotation)):
        return duration(value)
    if type(value) is int and any(kind == Size for kind in kinds(annotation)):
        return size(value)
    return value


def _number(value: float) -> str:
    return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(str(value), repr(value))


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
