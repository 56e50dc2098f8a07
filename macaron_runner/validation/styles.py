"""Parameters out of the raw, still percent-encoded text: every style of OpenAPI, for one parameter each.

Not for required, defaults and checks (parameters), nor for writing them (parameter_encoder). The forms are those of
style_table; delimiters are found before anything is decoded, so an encoded one (`%2C`) is part of a value. What clients
write otherwise is read as well: `.3.4` for `.3,4` (older versions of the specification), `+` and `|` for `%20` and
`%7C`, and of exploded arrays in cookies what each version of the specification made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.deep_object import DeepReader, nodes_of
from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.media_types import parse_media_type
from macaron_runner.validation.parameter_values import Split, Values, decoder_of, only
from macaron_runner.validation.style_table import SYNTAXES, Syntax, cutter, style_of
from macaron_runner.validation.text_values import (
    UnreadableText,
    converter,
    decode_form,
    decode_percent,
    shape_of,
)

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Parameter, ParameterLocation, Schema
    from macaron_runner.validation.text_values import Convert, Shape

Pairs: TypeAlias = Mapping[str, Sequence[str]]
"""A query, a form or the cookies: decoded names (but of cookies), raw values in the order they came."""

Read: TypeAlias = Callable[[Any], Any]
"""Gives a JSON value, or ABSENT, from where its parameters are: path and header a function of a name, query and cookie
Pairs, querystring the query itself. Raises UnreadableText."""

ABSENT: Final = object()
"""The parameter was not sent."""


def parse_pairs(text: str) -> dict[str, list[str]]:
    """Return the raw values of a query or form by decoded name: "a=%31&a=2" -> {"a": ["%31", "2"]}."""
    pairs: dict[str, list[str]] = {}
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            if "%" in name or "+" in name or not name.isascii():
                name = _decoded_name(name)
            if name in pairs:
                pairs[name].append(value)
            else:
                pairs[name] = [value]
    return pairs


def _decoded_name(raw: str) -> str:
    try:
        return decode_form(raw)
    except UnreadableText:
        return raw  # nobody declares such a name


def parse_cookie_pairs(text: str) -> dict[str, list[str]]:
    """Return the values of a Cookie header as they were sent, by name (RFC 6265 section 4.2.1).

    parse_cookie_pairs('a=1; token="Bearer%20x"; a=2') == {"a": ["1", "2"], "token": ['"Bearer%20x"']}
    """
    cookies: dict[str, list[str]] = {}
    for pair in text.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            cookies.setdefault(name.strip(), []).append(value.strip())
    return cookies


def compile_reader(
    parameter: Parameter, definitions: Mapping[str, Schema], others: Iterable[str] = ()
) -> Read:
    """Return what reads one parameter; `others` are names in the same place that belong to someone else."""
    if parameter.media_type is not None:
        return lone_reader(parameter, _content_reader(parameter, definitions))
    if style_of(parameter) == "deepObject":
        return _deep_reader(parameter, definitions)
    shape = shape_of(parameter.schema, definitions)
    values = Values(parameter, shape, definitions)
    if "array" in shape.types:
        return _array_reader(parameter, values)
    if "object" in shape.types:
        return _object_reader(parameter, shape, values, frozenset(others))
    return lone_reader(parameter, values.scalar(_prefix_remover(parameter)))


# Where the text is


def lone_reader(parameter: Parameter, convert: Convert) -> Read:
    """Return what finds the one text of a parameter in its place; of two cookies of one name the first counts."""
    name = parameter.name

    def read_text(find: Callable[[str], str | None]) -> Any:
        raw = find(name)
        return ABSENT if raw is None else convert(raw)

    def read_query(pairs: Pairs) -> Any:
        texts = pairs.get(name)
        return ABSENT if texts is None else convert(only(texts))

    def read_cookie(cookies: Pairs) -> Any:
        texts = cookies.get(name)
        return ABSENT if texts is None else convert(texts[0])

    def read_all(query: str) -> Any:
        return convert(query) if query else ABSENT

    readers: Mapping[ParameterLocation, Read] = {
        "path": read_text,
        "header": read_text,
        "query": read_query,
        "cookie": read_cookie,
        "querystring": read_all,
    }
    return readers[parameter.location]


def _content_reader(parameter: Parameter, definitions: Mapping[str, Schema]) -> Convert:
    """Return what reads a parameter described by `content`: JSON where that is its media type, else a scalar."""
    media_type = parse_media_type(parameter.media_type or "")
    if media_type is None or not media_type.is_json:
        decode, convert = decoder_of(parameter), converter(parameter.schema, definitions)
        return lambda raw: convert(decode(raw))
    if parameter.location == "header":
        return lambda raw: read_json(raw.encode("latin-1", "replace"))  # the characters are WSGI's bytes
    decode = decoder_of(parameter)
    return lambda raw: read_json(decode(raw).encode("utf-8", "surrogatepass"))


# Arrays and objects


def _array_reader(parameter: Parameter, values: Values) -> Read:
    if not (parameter.explode and parameter.location in {"query", "cookie"}):
        return lone_reader(parameter, values.array(_splitter(parameter)))
    name, single = parameter.name, _cookie_splitter(parameter)

    def read_repeated(pairs: Pairs) -> Any:
        texts = pairs.get(name)
        if texts is None:
            return ABSENT
        return values.items(single(texts[0]) if single is not None and len(texts) == 1 else texts)

    return read_repeated


def _object_reader(parameter: Parameter, shape: Shape, values: Values, others: frozenset[str]) -> Read:
    if parameter.explode and parameter.location in {"query", "cookie"}:
        return _spread_reader(shape, values, others)
    split, bare = _splitter(parameter, named=False), SYNTAXES[style_of(parameter)].bare
    return lone_reader(parameter, values.object(split, exploded=parameter.explode, bare=bare))


def _spread_reader(shape: Shape, values: Values, others: frozenset[str]) -> Read:
    """Return what reads `x=1&y=2`: the properties by name, and the rest only where the schema speaks of it.

    It does where it describes additional properties, or has no properties of its own.
    """
    known = tuple(shape.properties)
    takes_rest = shape.additional[0] is not False if shape.additional else not known

    def read(pairs: Pairs) -> Any:
        names = [name for name in known if name in pairs]
        if takes_rest:
            names += [name for name in pairs if name not in shape.properties and name not in others]
        found = {name: values.member_of_many(name, pairs[name]) for name in names}
        return found or ABSENT

    return read


def _deep_reader(parameter: Parameter, definitions: Mapping[str, Schema]) -> Read:
    name = parameter.name
    read_node = DeepReader(definitions, decoder_of(parameter)).compile(parameter.schema)

    def read(pairs: Pairs) -> Any:
        node = nodes_of(name, pairs)
        return ABSENT if node is None else read_node(node)

    return read


# Cutting one text into parts


def _prefix_remover(parameter: Parameter) -> Callable[[str], str] | None:
    """Return what takes off the beginning that a style puts before a value in one text; None where it puts none."""
    syntax = SYNTAXES[style_of(parameter)]
    if parameter.location in {"query", "cookie"} or not syntax.start:
        return None
    if not syntax.named:
        return lambda raw: _after(raw, syntax.start)

    def remove(raw: str) -> str:
        name, _, value = raw.partition("=")
        known = decode_percent(_after(name, syntax.start)) == parameter.name
        return value if known else _after(raw, f"{syntax.start}{parameter.name}=")

    return remove


def _splitter(parameter: Parameter, *, named: bool = True) -> Split:
    """Return what cuts a text into its parts; those of an exploded matrix array are `named`: `;ids=3;ids=4`."""
    style = style_of(parameter)
    syntax, remove = SYNTAXES[style], _prefix_remover(parameter)
    if parameter.explode and parameter.location == "path":
        return _exploded_splitter(syntax, remove if syntax.named and named else None)
    if style == "label":
        return _split_label
    cut = cutter(syntax.joint)
    return cut if remove is None else lambda raw: cut(remove(raw))


def _exploded_splitter(syntax: Syntax, remove: Callable[[str], str] | None) -> Split:
    cut = cutter(syntax.exploded)
    if remove is None:
        return lambda raw: cut(_after(raw, syntax.start))
    return lambda raw: [remove(syntax.start + part) for part in cut(_after(raw, syntax.start))]


def _split_label(raw: str) -> list[str]:
    """Cut `.a,b`; older versions of the specification wrote `.a.b`."""
    rest = _after(raw, ".")
    return cutter("," if "," in rest else ".")(rest)


def _cookie_splitter(parameter: Parameter) -> Split | None:
    """Return what cuts `3&ids=4`, which form style makes of an exploded array in a cookie; clients also send `3,4`."""
    if parameter.location != "cookie" or style_of(parameter) != "form":
        return None
    start = parameter.name + "="

    def split(raw: str) -> list[str]:
        if "&" in raw:
            return [part.removeprefix(start) for part in raw.split("&")]
        return raw.split(",")

    return split


def _after(raw: str, prefix: str) -> str:
    if not raw.startswith(prefix):
        raise UnreadableText(f'does not begin with "{prefix}"')
    return raw[len(prefix) :]
