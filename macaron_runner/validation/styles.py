"""Parameters out of the raw, still percent-encoded text: every style of OpenAPI, for one parameter each.

Not for required, defaults and checks (parameters). OpenAPI 3.1 section 4.8.12.2, RFC 6570. Delimiters are
found before anything is decoded, so an encoded one (`%2C`) is part of a value. Array ids = 3, 4; object at =
{x: 1, y: 2}:

    style            one array              exploded              one object            exploded
    simple           3,4                    3,4                   x,1,y,2               x=1,y=2
    label            .3,4  (or .3.4)        .3.4                  .x,1,y,2 (or dots)    .x=1.y=2
    matrix           ;ids=3,4               ;ids=3;ids=4          ;at=x,1,y,2           ;x=1;y=2
    form             ids=3,4                ids=3&ids=4           at=x,1,y,2            x=1&y=2
    spaceDelimited   ids=3%204 (or 3+4)     as form               at=x%201%20y%202      as form
    pipeDelimited    ids=3|4 (or 3%7C4)     as form               at=x|1|y|2            as form
    tabDelimited     ids=3%094              as form               at=x%091%09y%092      as form
    deepObject                                                    at[x]=1&at[y]=2
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.media_types import parse_media_type
from macaron_runner.validation.parameter_values import DECODE, Split, Values, only
from macaron_runner.validation.text_values import UnreadableText, decode_form, shape_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Parameter, Schema
    from macaron_runner.validation.text_values import Convert, Shape

Pairs: TypeAlias = Mapping[str, Sequence[str]]
"""A query or a form: decoded names, raw values in the order they came."""

Read: TypeAlias = Callable[[Any], Any]
"""Gives a JSON value, or ABSENT, from where its parameters are: path and cookie a mapping of raw texts, query Pairs,
header a function of a name. Raises UnreadableText."""

ABSENT: Final = object()
"""The parameter was not sent."""

_DELIMITERS: Final = {
    "form": re.compile(","),
    "spaceDelimited": re.compile(r"%20|\+"),
    "pipeDelimited": re.compile(r"%7[Cc]|\|"),
    "tabDelimited": re.compile(r"%09|\t"),
}


def parse_pairs(text: str) -> dict[str, list[str]]:
    """Return the raw values of a query or form by decoded name: "a=%31&a=2" -> {"a": ["%31", "2"]}."""
    pairs: dict[str, list[str]] = {}
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.setdefault(_decoded_name(name), []).append(value)
    return pairs


def _decoded_name(raw: str) -> str:
    try:
        return decode_form(raw)
    except UnreadableText:
        return raw  # nobody declares such a name


def compile_reader(
    parameter: Parameter, definitions: Mapping[str, Schema], others: Iterable[str] = ()
) -> Read:
    """Return what reads one parameter; `others` are names in the same place that belong to someone else."""
    if parameter.media_type is not None:
        return _lone(parameter, _content_reader(parameter.media_type, DECODE[parameter.location]))
    shape = shape_of(parameter.schema, definitions)
    values = Values(parameter, shape, definitions)
    if parameter.location in {"query", "cookie"}:
        return _form_reader(parameter, shape, values, frozenset(others))
    if "array" in shape.types:
        return _lone(parameter, values.array(_splitter(parameter, named=True)))
    if "object" in shape.types:
        split = _splitter(parameter, named=False)
        return _lone(parameter, values.object(split, exploded=parameter.explode))
    return _lone(parameter, values.scalar(_prefix_remover(parameter)))


# Where the text is


def _lone(parameter: Parameter, convert: Convert) -> Read:
    """Return what finds the one text of a parameter in its place."""
    name = parameter.name
    if parameter.location == "header":

        def read_header(header: Callable[[str], str | None]) -> Any:
            raw = header(name)
            return ABSENT if raw is None else convert(raw)

        return read_header
    if parameter.location == "query":

        def read_query(pairs: Pairs) -> Any:
            texts = pairs.get(name)
            return ABSENT if texts is None else convert(only(texts))

        return read_query

    def read_text(texts: Mapping[str, str]) -> Any:
        raw = texts.get(name)
        return ABSENT if raw is None else convert(raw)

    return read_text


def _content_reader(media_type: str, decode: Callable[[str], str]) -> Convert:
    """Return what reads a parameter described by `content`: JSON where that is its media type, else text."""
    parsed = parse_media_type(media_type)
    if parsed is None or not parsed.is_json:
        return decode
    return lambda raw: read_json(decode(raw).encode("utf-8", "surrogatepass"))


# Path and header: everything in one text


def _prefix_remover(parameter: Parameter) -> Callable[[str], str]:
    """Return what takes off the beginning that label and matrix put before a value."""
    if parameter.style == "label":
        return lambda raw: _after(raw, ".")
    if parameter.style == "matrix":
        name = ";" + parameter.name
        return lambda raw: "" if raw == name else _after(raw, name + "=")
    return str


def _splitter(parameter: Parameter, *, named: bool) -> Split:
    """Return what cuts a text into its parts; those of an exploded matrix array are `named`: `;ids=3;ids=4`."""
    if parameter.style == "label":
        return _split_label if not parameter.explode else lambda raw: _cut(_after(raw, "."), ".")
    if parameter.style == "matrix":
        return _matrix_splitter(parameter, named=named)
    return lambda raw: _cut(raw, ",")


def _split_label(raw: str) -> list[str]:
    """Cut `.a,b`; older versions of the specification wrote `.a.b`."""
    rest = _after(raw, ".")
    return _cut(rest, "," if "," in rest else ".")


def _matrix_splitter(parameter: Parameter, *, named: bool) -> Split:
    remove = _prefix_remover(parameter)
    if not parameter.explode:
        return lambda raw: _cut(remove(raw), ",")
    if named:
        return lambda raw: [remove(";" + part) for part in _cut(_after(raw, ";"), ";")]
    return lambda raw: _cut(_after(raw, ";"), ";")


def _cut(text: str, delimiter: str) -> list[str]:
    return text.split(delimiter) if text else []


def _after(raw: str, prefix: str) -> str:
    if not raw.startswith(prefix):
        raise UnreadableText(f'does not begin with "{prefix}"')
    return raw[len(prefix) :]


# Query and cookie: names and values


def _form_reader(parameter: Parameter, shape: Shape, values: Values, others: frozenset[str]) -> Read:
    """Return what reads a parameter of a query, a form or the cookies."""
    if parameter.style == "deepObject":
        return _deep_reader(parameter.name, values)
    delimiter = _DELIMITERS.get(parameter.style, _DELIMITERS["form"])
    if "array" in shape.types:
        if parameter.explode:
            return _repeated_reader(parameter, values)
        return _lone(parameter, values.array(lambda raw: delimiter.split(raw) if raw else []))
    if "object" in shape.types:
        if parameter.explode:
            return _spread_reader(parameter, shape, values, others)
        return _lone(
            parameter, values.object(lambda raw: delimiter.split(raw) if raw else [], exploded=False)
        )
    return _lone(parameter, values.scalar(str))


def _repeated_reader(parameter: Parameter, values: Values) -> Read:
    """Return what reads `ids=3&ids=4`; `ids=` alone is the empty array, which has no other way to be sent."""
    name = parameter.name
    if parameter.location == "cookie":
        return _lone(parameter, values.array(lambda raw: _cookie_parts(name, raw)))

    def read(pairs: Pairs) -> Any:
        texts = pairs.get(name)
        if texts is None:
            return ABSENT
        return values.items(() if list(texts) == [""] else texts)

    return read


def _cookie_parts(name: str, raw: str) -> list[str]:
    """Cut `3&ids=4`, which is what form style makes of a cookie; clients also send `3,4`."""
    if "&" in raw:
        return [part.removeprefix(name + "=") for part in raw.split("&")]
    return _cut(raw, ",")


def _spread_reader(parameter: Parameter, shape: Shape, values: Values, others: frozenset[str]) -> Read:
    """Return what reads `x=1&y=2`: the properties by name, and the rest only where the schema speaks of it."""
    known = tuple(shape.properties)
    takes_rest = bool(shape.additional) and shape.additional[0] is not False
    single = parameter.location == "cookie"

    def read(pairs: Mapping[str, Any]) -> Any:
        names = [name for name in known if name in pairs]
        if takes_rest:
            names += [name for name in pairs if name not in shape.properties and name not in others]
        found = {
            name: values.member_of_many(name, [pairs[name]] if single else pairs[name]) for name in names
        }
        return found or ABSENT

    return read


def _deep_reader(name: str, values: Values) -> Read:
    """Return what reads `at[x]=1&at[y]=2`, one level deep as the specification defines it."""
    start = name + "["

    def read(pairs: Pairs) -> Any:
        found = {}
        for key, texts in pairs.items():
            if key.startswith(start):
                member = key[len(start) : -1]
                if not key.endswith("]") or "[" in member or "]" in member:
                    raise UnreadableText(f"has the malformed key {key[:60]}")
                found[member] = values.member_of_many(member, texts)
        return found or ABSENT

    return read
