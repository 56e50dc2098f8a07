"""Media types as HTTP writes them: read, compared with what an operation describes, chosen by an Accept header.

Not for decoding or encoding bodies (body, responses). RFC 9110 sections 8.3.1 and 12.5.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from encodings.aliases import aliases
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PARAMETER: Final = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)\s*')
_ELEMENT: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.?)*(?:"|$))+')
"""A quote that nobody closes ends the header: to look for its end from every quote inside would take quadratic time."""
_WEIGHT: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


JSON: Final = "application/json"
URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
_JSON_LINES: Final = frozenset({"application/jsonl", "application/x-ndjson", "application/x-jsonlines"})

_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_NO_CHARSETS: Final = frozenset({"utf_7", "mbcs", "rot_13", "tactis"})
"""What Python lists beside its binary codecs and no client may ask for."""
_CHARSETS: Final = frozenset(
    alias
    for name, codec in aliases.items()
    if codec not in _NO_CHARSETS and not codec.endswith("_codec")
    for alias in (name, codec)
)
"""The charsets that Python knows. They are listed because it remembers, for ever, every name it is asked for."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """One media type or range: lower-case `name` ("application/json", "image/*"), parameters by lower-case name."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_json(self) -> bool:
        """Whether its content is JSON: by name, or by the suffix `+json` (RFC 6839 section 3.1)."""
        return self.name in {JSON, "text/json"} or self.name.endswith("+json")

    @property
    def is_xml(self) -> bool:
        """Whether its content is XML: by name, or by the suffix `+xml` (RFC 7303 section 9)."""
        return self.name.endswith(("/xml", "+xml"))

    @property
    def is_text(self) -> bool:
        """Whether its content is text and no JSON."""
        return self.name.startswith("text/") and not self.is_json

    @property
    def is_sequence(self) -> bool:
        """Whether its content is one JSON value after another (OpenAPI 3.2 "Sequential Media Types")."""
        return self.name in _JSON_LINES or self.is_json_seq

    @property
    def is_json_seq(self) -> bool:
        """Whether each JSON value in it begins with a record separator (RFC 7464)."""
        return self.name == "application/json-seq" or self.name.endswith("+json-seq")

    @property
    def is_event_stream(self) -> bool:
        """Whether its content is server-sent events."""
        return self.name == "text/event-stream"

    @property
    def is_form(self) -> bool:
        """Whether its content is the fields of a form."""
        return self.name in {URLENCODED, MULTIPART}

    @property
    def is_range(self) -> bool:
        """Whether it stands for many types."""
        return "*" in self.name

    @property
    def charset(self) -> str:
        """The charset parameter in lower case, "utf-8" where there is none."""
        return self.parameters.get("charset", "utf-8").lower()

    @property
    def is_readable(self) -> bool:
        """Whether its charset can be read.

        Text may be in any charset that Python knows, JSON and forms are in UTF-8 (RFC 8259 section 8.1; WHATWG URL
        section 5.1), and what is handed on as bytes is nobody's to decode here.
        """
        if self.is_text:
            return is_charset(self.charset)
        return self.charset in _UTF8 or not (self.is_json or self.is_sequence or self.name == URLENCODED)

    def accepts(self, other: MediaType) -> bool:
        """Tell whether this type or range covers `other`; parameters it has, but charset, must be equal."""
        wanted = ((name, value) for name, value in self.parameters.items() if name not in {"charset", "q"})
        return _covers(self.name, other.name) and all(
            other.parameters.get(name) == value for name, value in wanted
        )

    @property
    def precision(self) -> tuple[bool, bool, int]:
        """What decides between two ranges that both cover a type: the greater is the closer one."""
        kind, _, subtype = self.name.partition("/")
        return kind != "*", "*" not in subtype, len(self.parameters)


def parse_media_type(text: str) -> MediaType | None:
    """Return the media type of a Content-Type header or an element of Accept; None where it is malformed."""
    name, semicolon, rest = text.partition(";")
    name = name.strip().lower()
    kind, slash, subtype = name.partition("/")
    if not (kind and slash and subtype) or " " in name:
        return None
    found = _PARAMETER.findall(semicolon + rest)
    return MediaType(name, {key.lower(): _unquoted(value) for key, value in found})


def is_charset(name: str) -> bool:
    """Tell whether text of this charset (in lower case) can be decoded."""
    return name.replace("-", "_") in _CHARSETS


def closest(offered: Sequence[MediaType], given: MediaType) -> int | None:
    """Return which of the types or ranges on offer covers `given` most closely, None where none does."""
    fitting = [number for number, one in enumerate(offered) if one.accepts(given)]
    return max(fitting, key=lambda number: offered[number].precision, default=None)


def preferred(accept: str, offered: Iterable[MediaType]) -> MediaType | None:
    """Return the one on offer that an Accept header likes best, the first of equals; None where it wants none.

    An offered range is fine where the header names any type in it. A malformed header accepts everything.
    """
    wanted = _read_accept(accept)
    if not wanted:
        return next(iter(offered), None)
    best, best_weight = None, 0.0
    for one in offered:
        weight = _weight_of(one, wanted)
        if weight > best_weight:
            best, best_weight = one, weight
    return best


def _read_accept(accept: str) -> list[tuple[MediaType, float]]:
    """Return ranges with their weights; elements that cannot be read are left out."""
    found = []
    for element in _ELEMENT.findall(accept):
        media_range = parse_media_type(element)
        if media_range is not None:
            text = media_range.parameters.get("q", "1")
            found.append((media_range, float(text) if _WEIGHT.fullmatch(text) else 1.0))
    return found


def _weight_of(offered: MediaType, wanted: Sequence[tuple[MediaType, float]]) -> float:
    """Return the weight that the closest range gives to a type on offer (RFC 9110 section 12.5.1)."""
    fitting = [
        pair for pair in wanted if pair[0].accepts(offered) or (offered.is_range and offered.accepts(pair[0]))
    ]
    return max(fitting, key=lambda pair: pair[0].precision, default=(offered, 0.0))[1]


def _covers(wide: str, narrow: str) -> bool:
    if wide == narrow or wide == "*/*":
        return True
    kind, _, subtype = wide.partition("/")
    if not subtype.startswith("*") or not narrow.startswith(kind + "/"):
        return False
    return narrow.endswith(subtype[1:])  # `application/*`, and `application/*+json`


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
