"""A made-up value as XML, as its schemas name it: the XML Object of OpenAPI 3.2 section 4.27 and 3.1 section 4.8.26.

    {"type": "object", "xml": {"name": "pet"}, "properties": {"id": {"xml": {"attribute": True}}}}, {"id": 1}
->  <pet id="1"></pet>

Not for reading XML: nothing says whether it fits a schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.discriminators import name_of
from macaron_runner.validation.text_values import parts_of, shape_of

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?")
_TEXTS: Final = frozenset({"text", "cdata"})


def xml_document(
    value: Any, schema: Schema, definitions: Mapping[str, Schema], text_of: Callable[[Any], str]
) -> bytes:
    """Return a value as an XML document; `text_of` writes scalars.

    Its root is called what the schema says, else what the component is called.
    """
    writer = _Writer(definitions, text_of)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{writer.root(value, schema)}'.encode()


class _Writer:
    """Writes elements, each by what its schema says."""

    def __init__(self, definitions: Mapping[str, Schema], text_of: Callable[[Any], str]) -> None:
        self._definitions = definitions
        self._text_of = text_of

    def root(self, value: Any, schema: Schema) -> str:
        name = "response" if isinstance(schema, bool) or "$ref" not in schema else name_of(schema["$ref"])
        if isinstance(value, list):
            said = self._said(schema)
            return _tag(said.get("name") or name, said, "", self._items("item", value, schema))
        return self._node(name, value, schema)

    def _node(self, name: str, value: Any, schema: Schema) -> str:
        """Return an element; of an array that is not wrapped, one for each item (3.1 section 4.8.26.2.6)."""
        said = self._said(schema)
        named = said.get("name") or name
        if isinstance(value, list):
            if not (said.get("wrapped") is True or said.get("nodeType") == "element"):
                return self._items(name, value, schema)
            return _tag(named, said, "", self._items(named, value, schema))
        if isinstance(value, dict):
            return _tag(named, said, *self._members(value, schema))
        return _tag(named, said, "", escape(self._text_of(value)))

    def _items(self, name: str, items: list[Any], schema: Schema) -> str:
        inner = next(iter(shape_of(schema, self._definitions).items), True)
        return "".join(self._node(name, item, inner) for item in items)

    def _members(self, value: Mapping[str, Any], schema: Schema) -> tuple[str, str]:
        """Return the attributes and the content that the properties of an object are."""
        shape = shape_of(schema, self._definitions)
        rest = next(iter(shape.additional), True)
        attributes, content = "", ""
        for name, member in value.items():
            inner = shape.properties.get(name, rest)
            said = self._said(inner)
            if said.get("attribute") is True or said.get("nodeType") == "attribute":
                named = _named(said.get("name") or name, said)
                attributes += f"{_prefix_of(said)} {named}={quoteattr(self._text_of(member))}"
            elif said.get("nodeType") in _TEXTS:
                content += escape(self._text_of(member))
            else:
                content += self._node(name, member, inner)
        return attributes, content

    def _said(self, schema: Schema) -> Mapping[str, Any]:
        """Return what a schema, or what it is made of, says of XML."""
        said = (part.get("xml") for part in parts_of(schema, self._definitions))
        return next((each for each in said if isinstance(each, Mapping)), {})


def _tag(name: str, said: Mapping[str, Any], attributes: str, content: str) -> str:
    named, space = _named(name, said), _prefix_of(said) or _namespace(said, "xmlns")
    return f"<{named}{space}{attributes}>{content}</{named}>"


def _prefix_of(said: Mapping[str, Any]) -> str:
    """Return the declaration of a prefix, where there is one with its namespace."""
    return _namespace(said, f"xmlns:{said['prefix']}") if isinstance(said.get("prefix"), str) else ""


def _namespace(said: Mapping[str, Any], name: str) -> str:
    return f" {name}={quoteattr(said['namespace'])}" if isinstance(said.get("namespace"), str) else ""


def _named(name: str, said: Mapping[str, Any]) -> str:
    """Return a name with its prefix; one that XML does not have is "item"."""
    full = f"{said['prefix']}:{name}" if isinstance(said.get("prefix"), str) else name
    return full if _NAME.fullmatch(full) else "item"
