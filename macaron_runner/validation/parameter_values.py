"""Scalars, arrays and objects of one parameter, made of its raw texts once the style's delimiters are known.

Not for finding the texts or cutting them (styles).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.style_table import SYNTAXES, cutter, style_of
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
    from macaron_runner.openapi.operation import Parameter, Schema, Style

Split: TypeAlias = Callable[[str], list[str]]
"""Cuts the raw text of an array or object into its parts."""

ReadItems: TypeAlias = Callable[[Sequence[str]], list[Any]]
"""Makes an array of the raw texts of its items."""


def _strip(raw: str) -> str:
    return raw.strip(" \t")


_DECODE: Final[Mapping[str, Convert]] = {
    "path": decode_percent,
    "query": decode_form,
    "header": _strip,  # RFC 9110 section 5.5: a field value is not percent-encoded
    "cookie": decode_percent,
    "querystring": decode_percent,
}


def decoder_of(parameter: Parameter) -> Callable[[str], str]:
    """Return how the raw text of a parameter becomes text; that of style `cookie` is what it is."""
    return str if style_of(parameter) == "cookie" else _DECODE[parameter.location]


def part_converter(schema: Schema, definitions: Mapping[str, Schema]) -> Convert:
    """Return what makes a JSON value of one text; where that can only be an array or an object, the text is JSON.

    No style writes what is inside the parts of an array or object: OpenAPI leaves it open. JSON is what common
    clients send.
    """
    shape = shape_of(schema, definitions)
    if shape.types & {"array", "object"} and not shape.scalar:
        return lambda text: read_json(text.encode("utf-8", "surrogatepass"))
    return converter(schema, definitions)


class Values:
    """Closures that turn raw texts of one parameter into scalars, arrays and objects."""

    def __init__(self, parameter: Parameter, shape: Shape, definitions: Mapping[str, Schema]) -> None:
        self.decode = decoder_of(parameter)
        self.shape = shape
        self._convert = converter(parameter.schema, definitions)
        self._definitions = definitions
        self._lone = _first if parameter.location == "cookie" else only
        self._items = self._array(shape, parameter.inner_styles)
        self._members = {name: self._one(member) for name, member in shape.properties.items()}
        self._arrays = {name: self._array_of(member) for name, member in shape.properties.items()}
        self._other = self._one(shape.additional[0] if shape.additional else True)
        self._other_array = self._array_of(shape.additional[0]) if shape.additional else None

    def scalar(self, clean: Callable[[str], str] | None = None) -> Convert:
        """Return raw text -> scalar; `clean` takes off what the style adds."""
        decode, convert = self.decode, self._convert
        if clean is not None:
            return lambda raw: convert(decode(clean(raw)))
        if convert is str:
            return decode
        return lambda raw: convert(decode(raw))

    def items(self, texts: Sequence[str]) -> Any:
        """Return the array of these raw texts; one alone may be the scalar that the schema admits as well."""
        if len(texts) == 1 and self.shape.types and self.shape.scalar:
            return self._convert(self.decode(texts[0]))
        return self._items(texts)

    def array(self, split: Split) -> Convert:
        """Return raw text -> array."""
        return lambda raw: self.items(split(raw))

    def object(self, split: Split, *, exploded: bool, bare: bool = False) -> Convert:
        """Return raw text -> object, from `x=1` parts (`bare`: or `x`) or from alternating names and values."""
        pairs_of = (_bare_parts if bare else _named_parts) if exploded else _alternating_parts

        def read(raw: str) -> Any:
            found: dict[str, Any] = {}
            for name, text in pairs_of(split(raw)):
                self._put(found, self.decode(name), text)
            return found

        return read

    def member_of_many(self, name: str, texts: Sequence[str]) -> Any:
        """Return the property of an exploded object, which as an array may have come several times."""
        read_items = self._arrays.get(name, self._other_array)
        if read_items is not None:
            return read_items(texts)
        return self._members.get(name, self._other)(self._lone(texts, name))

    def _put(self, found: dict[str, Any], name: str, text: str) -> None:
        """Put one property into an object. Raises UnreadableText where it is there already."""
        if name in found:
            raise UnreadableText(f'has the property "{name}" twice')
        found[name] = self._members.get(name, self._other)(text)

    def _one(self, schema: Schema) -> Convert:
        decode, convert = self.decode, part_converter(schema, self._definitions)
        return lambda raw: convert(decode(raw))

    def _array_of(self, schema: Schema) -> ReadItems | None:
        """Return what reads the items where a schema is an array's."""
        shape = shape_of(schema, self._definitions)
        return self._array(shape) if "array" in shape.types else None

    def _inner(self, schema: Schema, styles: tuple[Style, ...]) -> Convert:
        """Return what makes an item of raw text: an array where there is a style for it."""
        shape = shape_of(schema, self._definitions)
        if not styles or "array" not in shape.types:
            return self._one(schema)
        cut, read_items = cutter(SYNTAXES[styles[0]].joint), self._array(shape, styles[1:])
        return lambda raw: read_items(cut(raw))

    def _array(self, shape: Shape, inner_styles: tuple[Style, ...] = ()) -> ReadItems:
        """Return what makes an array of the raw texts of its items.

        No text and one empty text look the same in every style. They are the empty array, but where the schema
        admits none (minItems) one empty item.
        """
        rest = self._inner(shape.items[0] if shape.items else True, inner_styles)
        prefix = [self._one(item) for item in shape.prefix]
        if_empty = [""] if shape.fewest else []

        def read(texts: Sequence[str]) -> list[Any]:
            if not texts or (len(texts) == 1 and not texts[0]):
                texts = if_empty
            if not prefix:
                return [rest(text) for text in texts]
            return [
                (prefix[number] if number < len(prefix) else rest)(text) for number, text in enumerate(texts)
            ]

        return read


def only(texts: Sequence[str], name: str = "") -> str:
    """Return the one text there is. Raises UnreadableText where there are several."""
    if len(texts) > 1:
        subject = f'has the property "{name}"' if name else "is given"
        raise UnreadableText(f"{subject} {len(texts)} times")
    return texts[0]


def _first(texts: Sequence[str], _name: str) -> str:
    """Return the first of the cookies of one name: browsers send the most specific one first (RFC 6265 section 5.4)."""
    return texts[0]


def _named_parts(parts: list[str]) -> list[tuple[str, str]]:
    if not all("=" in part for part in parts):
        raise UnreadableText('has a part without "="')
    return _bare_parts(parts)


def _bare_parts(parts: list[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in parts)]


def _alternating_parts(parts: list[str]) -> list[tuple[str, str]]:
    if len(parts) % 2:
        raise UnreadableText("has a name without a value")
    return list(zip(parts[::2], parts[1::2], strict=True))
