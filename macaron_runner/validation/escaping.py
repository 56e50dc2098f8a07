"""How text is made raw in each place of a request: percent-encoded, or refused where nothing can be.

Not for what stands between the texts (parameter_encoder). RFC 3986 section 2, RFC 6570 section 3.2.3, RFC 9110 section
5.5, RFC 6265 section 4.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote, unquote

from macaron_runner.validation.style_table import ALSO_JOINTS, SYNTAXES, style_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Parameter

Escape: TypeAlias = Callable[[str], str]

_TRIPLE: Final = re.compile(r"(%[0-9A-Fa-f]{2})")
_RESERVED: Final[Mapping[str, str]] = {
    "query": ":/?@!$'()*,;=",
    "path": ":@!$&'()*+,;=",
    "cookie": ":/?@!$&'()*+=",
}
"""What allowReserved leaves as it is. Reserved are also #, [, ], in a query & and +, in a path / and ?, in a cookie the
comma and the semicolon; these would end the value (OpenAPI 3.1, Parameter Object, allowReserved)."""
_FIELD_VALUE: Final = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")
_FIELD_PART: Final = re.compile(r"(?:[!-+\--~](?:[ \t!-+\--~]*[!-+\--~])?)?")
_FIELD_NAME: Final = re.compile(r"(?:[!-+\--<>-~](?:[ \t!-+\--<>-~]*[!-+\--<>-~])?)?")
_COOKIE_OCTETS: Final = re.compile(r"[!#-+\--:<-\[\]-~]*")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Inexpressible(ValueError):
    """A value that a parameter has no text for; the message says why, for whoever calls the API."""


@dataclass(frozen=True, slots=True)
class Escapes:
    """How the texts of one parameter are made raw: one that is the whole value, one of several, a name before a value.

    Each raises Inexpressible.
    """

    alone: Escape
    part: Escape
    name: Escape


def compile_escapes(parameter: Parameter) -> Escapes:
    """Return how the texts of a parameter are made raw, in its place and style."""
    if parameter.location == "header":
        value, part = (
            _matching(_FIELD_VALUE, "in a header"),
            _matching(_FIELD_PART, "between commas in a header"),
        )
        return Escapes(value, part, _matching(_FIELD_NAME, "as a name in a header"))
    cookie_name = _matching(_TOKEN, "as the name of a cookie")
    if style_of(parameter) == "cookie":
        octets = _matching(_COOKIE_OCTETS, "in a cookie that is not encoded")
        return Escapes(octets, octets, cookie_name)
    safe = _RESERVED.get(parameter.location, "") if parameter.allow_reserved else ""
    part, name = _part(parameter, safe), _part(parameter, "")
    return Escapes(_quote(safe), part, cookie_name if parameter.location == "cookie" else name)


def _part(parameter: Parameter, safe: str) -> Escape:
    """Return how one of several texts is encoded: the delimiter between them is, or it is refused."""
    syntax = SYNTAXES[style_of(parameter)]
    delimiter = syntax.exploded if parameter.explode else syntax.joint
    encode = _quote(safe.replace(delimiter, ""))
    if style_of(parameter) == "label":  # older servers also cut at dots what is not exploded
        return lambda text: encode(text).replace(".", "%2E")
    if delimiter not in ALSO_JOINTS:
        return encode
    character = unquote(delimiter)

    def encode_undivided(text: str) -> str:
        if character in text:
            raise Inexpressible(f"{text[:60]!r} contains the delimiter {character!r} of its style")
        return encode(text)

    return encode_undivided


def _quote(safe: str) -> Escape:
    """Return percent-encoding of all but unreserved and `safe` characters; with these, `%41` stays as it is as well."""

    def encode(text: str) -> str:
        try:
            if not safe:
                return quote(text, safe="")
            pieces = enumerate(_TRIPLE.split(text))
            return "".join(piece if number % 2 else quote(piece, safe) for number, piece in pieces)
        except UnicodeEncodeError:
            raise Inexpressible("text that is not valid Unicode (a lone surrogate)") from None

    return encode


def _matching(pattern: re.Pattern[str], where: str) -> Escape:
    """Return what leaves a text as it is, and refuses one that has no place there."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise Inexpressible(f"{text[:60]!r} cannot stand {where}")
        return text

    return check
