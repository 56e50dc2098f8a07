"""Schemas as the type hints and defaults of a handler's arguments, where they help whoever reads the function.

A hint says what the argument surely is; where that takes more than a word, there is none. Not for models (models).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.models.shape import Schemas
from macaron_runner.openapi.operation import Api, Body, Schema
from macaron_runner.scaffold.python import literal
from macaron_runner.validation.identifiers import identifier
from macaron_runner.validation.media_types import parse_media_type

HOMES: Final[Mapping[str, str]] = {
    "Decimal": "decimal",
    "UUID": "uuid",
    "date": "datetime",
    "datetime": "datetime",
}
"""The module of each type that must be imported."""

_FORMATS: Final[Mapping[str, str]] = {
    "byte": "bytes",
    "date": "date",
    "date-time": "datetime",
    "decimal": "Decimal",
    "uuid": "UUID",
}
_TYPES: Final[Mapping[str, str]] = {"boolean": "bool", "integer": "int", "number": "float", "object": "dict"}
_SIMPLE: Final[Mapping[str, type | tuple[type, ...]]] = {
    "bool": bool, "int": int, "float": (int, float), "str": str,
}  # fmt: skip
_OF_NAMESPACE: Final = ("client", "model")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a handler: its text in the signature, and the types that its hint names."""

    name: str
    hint: str
    default: str

    @property
    def text(self) -> str:
        """The argument as it is written: "limit: int = 20"."""
        hint = f": {self.hint}" if self.hint else ""
        equals = (" = " if hint else "=") if self.default else ""
        return f"{self.name}{hint}{equals}{self.default}"


class Hints:
    """Writes the arguments for the operations of one API."""

    def __init__(self, api: Api) -> None:
        self._api = identifier(api.name)
        self._named = api.schemas
        self._schemas = Schemas(api.schemas)

    def parameter(self, name: str, schema: Schema, *, required: bool) -> Argument:
        """Return a parameter's argument. An optional one is None where a request leaves it out.

        One with a default of the document always arrives; where that can be written in Python, it is shown.
        """
        hint = self.of(schema)
        default = schema.get("default") if isinstance(schema, Mapping) else None
        if required:
            return Argument(name, hint, "")
        if default is None:
            return Argument(name, _or_none(hint), "None")
        return Argument(name, hint, _default(hint, default))

    def body(self, name: str, body: Body) -> Argument:
        """Return the body's argument."""
        hints = {self._content(content.media_type, content.schema) for content in body.content}
        hint = hints.pop() if len(hints) == 1 else ""
        return Argument(name, hint, "") if body.required else Argument(name, _or_none(hint), "None")

    def _content(self, media_type: str, schema: Schema | None) -> str:
        parsed = parse_media_type(media_type)
        if schema is None or parsed is None:
            return ""
        return self.of(schema) if parsed.is_json or "$ref" in _map(schema) else ""

    def of(self, schema: Schema, depth: int = 0) -> str:
        """Return the hint of a schema, or ""."""
        found = _map(schema)
        name = self._schemas.target(found)
        if name is not None and self._schemas.is_class(name):
            return self._model(name)
        if name is not None:
            return self.of(self._named[name], depth + 1) if depth < 10 else ""
        types = found.get("type")
        kinds = [types] if isinstance(types, str) else [each for each in types or () if each != "null"]
        if len(kinds) != 1 or any(key in found for key in ("allOf", "anyOf", "oneOf")):
            return ""
        hint = self._plain(kinds[0], found, depth)
        return _or_none(hint) if isinstance(types, list | tuple) and "null" in types else hint

    def _plain(self, kind: str, schema: Mapping[str, Any], depth: int) -> str:
        if kind == "array":
            item = self.of(schema.get("items", True), depth + 1) if depth < 10 else ""
            return f"list[{item}]" if item and "prefixItems" not in schema else "list"
        if kind == "string":
            form = schema.get("format")
            return "" if form == "binary" else _FORMATS.get(form, "str") if isinstance(form, str) else "str"
        if kind == "object" and schema.get("properties"):
            return ""  # a class without a name of its own
        return _TYPES.get(kind, "")

    def _model(self, name: str) -> str:
        attribute = identifier(name)
        inner = "model." if attribute in _OF_NAMESPACE else ""
        return f"apipool.{self._api}.{inner}{attribute}"


def _map(schema: Schema) -> Mapping[str, Any]:
    return {} if isinstance(schema, bool) else schema


def _default(hint: str, default: Any) -> str:
    """Return a document's default in Python, or "" where it is of a type that no literal has."""
    simple = _SIMPLE.get(hint.removesuffix(" | None"))
    if simple is None or not isinstance(default, simple) or isinstance(default, bool) != (simple is bool):
        return ""
    return literal(default)


def _or_none(hint: str) -> str:
    return f"{hint} | None" if hint and not hint.endswith("| None") else hint
