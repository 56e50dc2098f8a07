"""What is wrong with a value, as a client sees it: findings become error details.

Not for finding it (schema), nor for putting it into words (wording).

    {"items": [{"qty": "a"}]}  ->  body  /items/0/qty   is not an integer: "a"
                                   body  /items/0       "sku" is required
"""

from __future__ import annotations

import json
import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from macaron_runner.errors import ErrorDetail, InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST: Final = 100
"""How many problems are reported at once: an answer is not to grow without bounds with a wrong request."""

SHOWN: Final = 60
"""How many characters of a wrong value are repeated in a message."""

LONGEST: Final = 10_000
"""How many characters the pointers of one answer may have together: each repeats what may be a long name."""

_LONG_POINTER: Final = 200

_detail: Final = partial(tuple.__new__, ErrorDetail)
"""Makes one of its three parts, in a third of the time that calling the class takes."""

Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """One problem: where in the value (`path`), which keyword of the schema saw it, and what it is in words.

    `subject` is the name that an unknown, missing or misnamed property, or a format, has; `types` and `options` are the
    types and values that were expected; `schema_path` tells where in the schema the keyword stands.
    """

    path: Path
    keyword: str
    message: str
    subject: str = ""
    types: tuple[str, ...] = ()
    options: tuple[Any, ...] = ()
    schema_path: Path = ()


class Unusable(ValueError):
    """A value that fits its schema and that Python cannot hold: a leap second, the year 0. `findings` tell where."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            "; ".join(f"{pointer_of(each.path)} {each.message}".strip() for each in self.findings)
        )


def pointer_of(path: Sequence[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path: ("a/b", 0) -> "/a~1b/0"; the whole value is ""."""
    text = "/".join(("", *map(str, path)))
    if "~" in text or text.count("/") != len(path):
        return "".join(["/" + str(step).replace("~", "~0").replace("/", "~1") for step in path])
    return text


def invalid(details: Sequence[ErrorDetail]) -> InvalidParameter:
    """Return the error that answers a request with these problems; its description tells the first of them."""
    location, pointer, message = details[0]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    place = pointer if len(pointer) <= _LONG_POINTER else pointer[:_LONG_POINTER] + "…"
    return InvalidParameter(f"{location}{place}: {message}{more}", errors=details)


def details_of(findings: Iterable[Finding], location: str, pointer: str = "") -> tuple[ErrorDetail, ...]:
    """Return the findings as a client sees them, as `details_at` does."""
    return details_at(
        [(pointer_of(finding.path), finding.message) for finding in findings], location, pointer
    )


def details_at(told: Iterable[tuple[str, str]], location: str, before: str = "") -> tuple[ErrorDetail, ...]:
    """Return messages by their pointers as a client sees them: each once, with `before` in front of the pointers.

    A missing property is reported at the object that lacks it, an unknown one at the property itself. At most
    MOST, and after the first only as many as LONGEST has room for.
    """
    room = LONGEST
    details: dict[ErrorDetail, None] = {}
    for pointer, message in told:
        detail = _detail((location, before + pointer, message))
        if detail in details:
            continue
        room -= len(detail[1])
        if len(details) == MOST or (room < 0 and details):
            break
        details[detail] = None
    return tuple(details)


def shown(value: Any) -> str:
    """Return a value for a message: scalars as JSON, at most SHOWN characters; containers only by their kind."""
    kind = type(value)
    if kind is str:
        text = _written(value if len(value) <= SHOWN else value[: SHOWN + 1])
    elif kind is int:
        text = str(value)
    elif isinstance(value, dict):
        return "an object"
    elif isinstance(value, list | tuple):
        return "an array"
    elif isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)  # Infinity, NaN
    else:
        text = _written(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _written(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):  # a lone surrogate, an instance of some class
        return ascii(value)
