"""Values as people write them: by format, and by what a property is called.

Not for making them fit (texts, numbers).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Final

_WORD_BREAKS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a property's name: "createdAt", "created-at" -> ("created", "at")."""
    return tuple(word.lower() for word in _WORD_BREAKS.split(name) if word)


def _uuid(number: int) -> str:
    return f"3fa85f64-5717-4562-b3fc-{number:012x}"


def _moment(number: int) -> str:
    return f"2024-{1 + number % 12:02}-{1 + number % 28:02}T{9 + number % 12:02}:30:00Z"


def _path(name: str) -> Callable[[int], str]:
    """Return what makes names that grow with a number: example, example2, …."""
    return lambda number: name if number == 0 else f"{name}{number + 1}"


_host = _path("example")
_FORMATS: Final[Mapping[str, Callable[[int], str]]] = {
    "date-time": _moment,
    "datetime": _moment,
    "date": lambda number: _moment(number)[:10],
    "time": lambda number: _moment(number)[11:],
    "duration": lambda number: f"PT{number + 1}H",
    "email": lambda number: f"{_path('ada')(number)}@example.com",
    "idn-email": lambda number: f"{_path('ada')(number)}@example.com",
    "hostname": lambda number: f"{_host(number)}.com",
    "idn-hostname": lambda number: f"{_host(number)}.com",
    "ipv4": lambda number: f"192.0.2.{1 + number % 250}",
    "ip": lambda number: f"192.0.2.{1 + number % 250}",
    "cidr": lambda number: f"192.0.{number % 250}.0/24",
    "ipv6": lambda number: f"2001:db8::{1 + number % 65000:x}",
    "uri": lambda number: f"https://example.com/{_path('page')(number)}",
    "url": lambda number: f"https://example.com/{_path('page')(number)}",
    "iri": lambda number: f"https://example.com/{_path('page')(number)}",
    "uri-reference": lambda number: f"/{_path('page')(number)}",
    "iri-reference": lambda number: f"/{_path('page')(number)}",
    "uri-template": lambda number: f"/{_path('page')(number)}/{{id}}",
    "json-pointer": lambda number: f"/{_path('item')(number)}",
    "relative-json-pointer": lambda number: f"{number}/item",
    "regex": lambda number: f"^[a-z]{{{number + 1}}}$",
    "uuid": _uuid,
    "guid": _uuid,
    "byte": lambda number: base64.b64encode(f"example {number}".encode()).decode(),
    "base64": lambda number: base64.b64encode(f"example {number}".encode()).decode(),
    "base64url": lambda number: base64.urlsafe_b64encode(f"example {number}".encode()).decode().rstrip("="),
    "password": lambda number: f"Aa1!-example-{number}",
    "decimal": lambda number: f"{number + 9}.99",
    "int64": lambda number: str(number + 1),
    "int32": lambda number: str(number + 1),
    "color": lambda number: f"#{0x3366CC + number:06x}",
    "media-range": lambda _: "text/plain",
    "sf-string": lambda number: f'"{_path("example")(number)}"',
    "sf-token": _path("example"),
    "char": lambda number: "abcdefghijklmnopqrstuvwxyz"[number % 26],
    "http-date": lambda number: f"Mon, 0{1 + number % 9} Jan 2024 09:30:00 GMT",
}


def text_of_format(name: str, number: int) -> str | None:
    """Return the `number`-th text of a format; None where the format is not known."""
    make = _FORMATS.get(name)
    return make(number) if make is not None else None


_BY_WORD: Final[Mapping[str, str]] = {
    "email": "email", "mail": "email", "uuid": "uuid", "guid": "uuid", "url": "uri", "uri": "uri", "href": "uri",
    "link": "uri", "website": "uri", "homepage": "uri", "date": "date", "birthday": "date", "time": "time",
    "host": "hostname", "hostname": "hostname", "domain": "hostname", "ip": "ipv4", "ipv4": "ipv4", "ipv6": "ipv6",
    "timestamp": "date-time", "color": "color", "colour": "color",
}  # fmt: skip
_SAID: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra"),
    "username": ("ada", "grace", "alan"),
    "login": ("ada", "grace", "alan"),
    "title": ("An example", "Another example", "A third example"),
    "description": ("An example of what stands here.", "Another example of what stands here."),
    "message": ("This is an example.", "This is another example."),
    "text": ("This is an example.", "This is another example."),
    "phone": ("+442079460958", "+442079460959"),
    "city": ("London", "Paris", "Rome"),
    "street": ("1 Example Street", "2 Example Street"),
    "address": ("1 Example Street", "2 Example Street"),
    "country": ("GB", "FR", "IT"),
    "currency": ("EUR", "USD", "GBP"),
    "language": ("en", "fr", "it"),
    "locale": ("en-GB", "fr-FR"),
    "timezone": ("Europe/London", "Europe/Paris"),
    "zip": ("10115", "10117"),
    "postcode": ("10115", "10117"),
    "version": ("1.0.0", "1.0.1"),
    "status": ("active", "inactive"),
    "type": ("example", "other"),
    "sku": ("ABC-1234", "ABC-1235"),
    "token": ("an-example-of-a-token",),
    "id": ("1", "2", "3", "4"),
}


def text_by_name(name: str, number: int) -> str | None:
    """Return the `number`-th text that a property of that name may have; None where the name says nothing."""
    words = words_of(name)
    if not words:
        return None
    if words[-1] == "at" and len(words) > 1:
        return text_of_format("date-time", number)
    if words[-1] in _BY_WORD:
        return text_of_format(_BY_WORD[words[-1]], number)
    if words[-1] in _SAID:
        said = _SAID[words[-1]]
        return said[number % len(said)]
    return None


_NUMBERS: Final[Mapping[str, float]] = {
    "price": 9.99, "amount": 9.99, "cost": 9.99, "total": 29.97, "rate": 0.5, "percent": 50, "percentage": 50,
    "latitude": 51.5074, "lat": 51.5074, "longitude": -0.1278, "lng": -0.1278, "lon": -0.1278, "year": 2024, "month": 6,
    "day": 15, "hour": 12, "minute": 30, "second": 30, "age": 36, "quantity": 1, "qty": 1, "count": 3, "limit": 20,
    "size": 20, "port": 8080, "width": 640, "height": 480, "timestamp": 1704101400, "created": 1704101400,
    "updated": 1704101400, "at": 1704101400, "temperature": 20.5, "weight": 1.5, "score": 4.5, "rating": 4.5,
}  # fmt: skip


def number_by_name(name: str) -> float:
    """Return a number that a property of that name may have."""
    words = words_of(name)
    return _NUMBERS.get(words[-1], 1) if words else 1
