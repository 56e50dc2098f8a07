"""Scalars, arrays and objects of one parameter, made of its raw texts once the style's delimiters are known.

Not for finding the texts or cutting them (styles).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.text_values import (
    Convert,
    Shape,
    UnreadableText,
    converter,
    decode_form,
    decode_percent,
    shape_of,
)

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Parameter, Schema

Split: TypeAlias = Callable[[str], list[str]]
"""Cuts the raw text of an array or object into its parts."""


def _strip(raw: str) -> str:
    return raw.strip(" \t")


DECODE: Final[dict[str, Callable[[str], str]]] = {
    "path": decode_percent,
    "query": decode_form,
    "header": _strip,  # RFC 9110 section 5.5: a field value is not percent-encoded
    "querystring": decode_percent,
    "cookie": decode_percent,
}
"""How raw text becomes text, by where the parameter is."""


class Values:
    """Closures that turn raw texts of one parameter into scalars, arrays and objects."""

    def __init__(self, parameter: Parameter, shape: Shape, definitions: Mapping[str, Schema]) -> None:
        self.decode = DECODE[parameter.location]
        self.shape = shape
        self.convert = converter(parameter.schema, definitions)
        self._definitions = definitions
        self._rest = self._convert(shape.items[0]) if shape.items else str
        self._prefix = [self._convert(item) for item in shape.prefix]
        self._members = {name: self._convert(member) for name, member in shape.properties.items()}
        self._other = self._convert(shape.additional[0]) if shape.additional else str
        self._arrays = {name: self._item(member) for name, member in shape.properties.items()}
        self._other_array = self._item(shape.additional[0]) if shape.additional else None

    def _item(self, schema: Schema) -> Convert | None:
        """Return what reads the items where a schema is an array's."""
        inner = shape_of(schema, self._definitions)
        return self._convert(inner.items[0] if inner.items else True) if "array" in inner.types else None

    def _convert(self, schema: Schema) -> Convert:
        return converter(schema, self._definitions)

    def scalar(self, clean: Callable[[str], str]) -> Convert:
        """Return raw text -> scalar; `clean` takes off what the style adds."""
        decode, convert = self.decode, self.convert
        return lambda raw: convert(decode(clean(raw)))

    def items(self, texts: Sequence[str]) -> Any:
        """Return the array of these raw texts; one alone may be the scalar that the schema admits as well."""
        decode, prefix, rest = self.decode, self._prefix, self._rest
        if len(texts) == 1 and self.shape.types and self.shape.scalar:
            return self.convert(decode(texts[0]))
        if not prefix:
            return [rest(decode(text)) for text in texts]
        return [
            (prefix[number] if number < len(prefix) else rest)(decode(text))
            for number, text in enumerate(texts)
        ]

    def array(self, split: Split) -> Convert:
        """Return raw text -> array."""
        return lambda raw: self.items(split(raw))

    def object(self, split: Split, *, exploded: bool) -> Convert:
        """Return raw text -> object, from `x=1` parts or from alternating names and values."""
        pairs_of = _named_parts if exploded else _alternating_parts

        def read(raw: str) -> Any:
            found: dict[str, Any] = {}
            for name, text in pairs_of(split(raw)):
                self.member(found, self.decode(name), text)
            return found

        return read

    def member(self, found: dict[str, Any], name: str, text: str) -> None:
        """Put one property into an object. Raises UnreadableText where it is there already."""
        if name in found:
            raise UnreadableText(f'has the property "{name}" twice')
        found[name] = self._members.get(name, self._other)(self.decode(text))

    def member_of_many(self, name: str, texts: Sequence[str]) -> Any:
        """Return the property of an exploded object, which as an array may have come several times."""
        item = self._arrays.get(name, self._other_array)
        if item is not None:
            return [item(self.decode(text)) for text in texts]
        return self._members.get(name, self._other)(self.decode(only(texts, name)))


def only(texts: Sequence[str], name: str = "") -> str:
    """Return the one text there is. Raises UnreadableText where there are several."""
    if len(texts) > 1:
        subject = f'has the property "{name}"' if name else "is given"
        raise UnreadableText(f"{subject} {len(texts)} times")
    return texts[0]


def _named_parts(parts: list[str]) -> list[tuple[str, str]]:
    pairs = []
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            raise UnreadableText('has a part without "="')
        pairs.append((name, value))
    return pairs


def _alternating_parts(parts: list[str]) -> list[tuple[str, str]]:
    if len(parts) % 2:
        raise UnreadableText("has a name without a value")
    return list(zip(parts[::2], parts[1::2], strict=True))
