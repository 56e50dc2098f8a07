"""What an operation takes and gives, as type annotations for the stub of a client.

What is taken is wider than what models say: a dictionary goes for a model, a text for a date or a UUID. Not for the
text around the annotations (stubs), nor for the types of properties (models.types).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from macaron_runner.models.names import literal
from macaron_runner.models.source import ModelSource
from macaron_runner.models.types import STRING_FORMATS
from macaron_runner.models.words import origin_of
from macaron_runner.validation.media_types import MediaType, parse_media_type
from macaron_runner.validation.text_values import parts_of, shape_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Api, Content, Operation, Parameter, Response, Schema

ANY: Final = "_t.Any"
_JSON_TYPES: Final = {
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),
    str: frozenset({"string"}),
}
"""What a value that can stand as a default is in JSON."""
_STREAMS: Final = ("_t.IO[bytes]", "_abc.Iterable[bytes]")
_OBJECT: Final = "_abc.Mapping[str, _t.Any]"


class OperationTypes:
    """The annotations of one API's operations; `names` are those of the methods, which hide others in their class."""

    def __init__(self, api: Api, source: ModelSource, names: Iterable[str]) -> None:
        self._definitions = api.schemas
        self._source = source
        self._hidden = frozenset(names)
        self._mentioned: dict[str, None] = {}

    def imports(self) -> Iterator[str]:
        """Yield the lines that bring what the annotations made so far mention."""
        for name in sorted(self._mentioned, key=lambda name: (origin_of(name), name)):
            spelled = f"_{name}" if name in self._hidden else name
            if home := origin_of(name):
                yield f"from {home} import {name}" + (f" as {spelled}" if spelled != name else "")
            elif spelled != name:
                yield f"{spelled} = {name}"

    def parameter(self, parameter: Parameter) -> str:
        """Return what may be given for a parameter; an optional one may be None, and is left out then."""
        given = self._given(parameter.schema)
        return _union([given] if parameter.required else [given, "None"])

    def default(self, parameter: Parameter) -> str:
        """Return the default that the document tells of an optional parameter, where it is one and short to say."""
        value = parameter.schema.get("default") if isinstance(parameter.schema, Mapping) else None
        shape = shape_of(parameter.schema, self._definitions)
        parts = parts_of(parameter.schema, self._definitions)
        fits = _JSON_TYPES.get(type(value), frozenset()) & shape.types
        listed = all(value in part["enum"] for part in parts if "enum" in part)
        return literal(value) if fits and listed else "None"

    def body(self, operation: Operation) -> str:
        """Return what may be given for the body of an operation that takes one."""
        assert operation.body is not None
        arms = [self._sent(content) for content in operation.body.content]
        return _union([*arms, *([] if operation.body.required else ["None"])])

    def result(self, operation: Operation) -> str:
        """Return what an operation gives where it does not fail."""
        return _union(arm for each in _successes(operation) for arm in self._received(each)) or ANY

    def item(self, operation: Operation) -> str:
        """Return what the pages that an operation gives are lists of: themselves, or the one list in each."""
        found = {self._item_of(content.schema) for each in _successes(operation) for content in each.content}
        return found.pop() if len(found) == 1 else ANY

    def _item_of(self, schema: Schema | None) -> str:
        if schema is None:
            return ANY
        shape = shape_of(schema, self._definitions)
        if shape.items:
            return self._annotation(shape.items[0])
        lists = [
            inner.items[0]
            for member in shape.properties.values()
            if (inner := shape_of(member, self._definitions)).items
        ]
        return self._annotation(lists[0]) if len(lists) == 1 else ANY

    def _sent(self, content: Content) -> str:
        media_type = parse_media_type(content.media_type) or MediaType("*/*")
        if media_type.is_sequence and content.item_schema is not None:
            return f"_abc.Iterable[{self._given(content.item_schema)}]"
        if media_type.is_json or media_type.is_form:
            return self._given(content.schema)
        return self._word("str") if media_type.is_text else _union((self._word("bytes"), *_STREAMS))

    def _received(self, response: Response) -> Iterator[str]:
        for content in response.content:
            media_type = parse_media_type(content.media_type) or MediaType("*/*")
            if media_type.is_sequence:
                item = content.item_schema
                yield f"{self._word('list')}[{ANY if item is None else self._annotation(item)}]"
            elif media_type.is_json:
                yield ANY if content.schema is None else self._annotation(content.schema)
            else:
                yield self._word("str" if media_type.is_text else "bytes")
        if not response.content:
            yield "None"

    def _given(self, schema: Schema | None) -> str:
        """Return what may be given for a schema: what it is in Python, and what is the same in JSON."""
        if schema is None:
            return ANY
        if isinstance(schema, Mapping) and schema.get("type") == "array" and "items" in schema:
            return self._several(schema["items"])
        annotation = self._annotation(schema)
        if annotation == "Any":
            return ANY
        types = shape_of(schema, self._definitions).types
        formats = {part.get("format") for part in parts_of(schema, self._definitions)}
        widened = [
            *([_OBJECT] if "object" in types else []),
            *([self._word("str")] if STRING_FORMATS.keys() & formats else []),
        ]
        return _union([annotation, *widened])

    def _several(self, items: Schema) -> str:
        """Return what may be given for an array: not a text, although that is a sequence of texts."""
        item = self._given(items)
        if "string" in shape_of(items, self._definitions).types:
            return f"{self._word('list')}[{item}] | {self._word('tuple')}[{item}, ...]"
        return f"_abc.Sequence[{item}]"

    def _annotation(self, schema: Schema) -> str:
        found = self._source.annotation(schema, self._hidden)
        self._mentioned.update(dict.fromkeys(found.mentions))
        return found.text

    def _word(self, name: str) -> str:
        """Return how a built-in type is spelled inside the class."""
        self._mentioned[name] = None
        return f"_{name}" if name in self._hidden else name


def _successes(operation: Operation) -> list[Response]:
    """Return the responses that are results: of 2xx, where there are none the default."""
    return [each for each in operation.responses if each.status[:1] == "2"] or [
        each for each in operation.responses if each.status == "default"
    ]


def _union(arms: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(arms))
