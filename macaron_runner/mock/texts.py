"""Texts that fit a shape: by its format, its pattern, what the property is called, and its length.

Not for numbers and containers (numbers, values).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from macaron_runner.mock.expressions import LONGEST
from macaron_runner.mock.patterns import matches, texts_of
from macaron_runner.mock.samples import text_by_name, text_of_format
from macaron_runner.mock.shape import Shape
from macaron_runner.validation.schema import Check, compile_published

_FILLING: Final = "example "
_PADDED: Final = {
    "email": "{}@example.com",
    "idn-email": "{}@example.com",
    "uri": "https://example.com/{}",
    "iri": "https://example.com/{}",
    "url": "https://example.com/{}",
    "uri-reference": "/{}",
    "iri-reference": "/{}",
    "json-pointer": "/{}",
    "regex": "{}",
}
"""Formats whose texts can be of any length, and where they grow."""
_TRIED: Final = 40


def text_for(shape: Shape, name: str, number: int) -> str | None:
    """Return the `number`-th text that fits a shape; `name` is what its property is called. None where none is found.

    Beyond the last it begins again with the first.
    """
    found: list[str] = []
    for text in _candidates(shape, name, number):
        if text not in found and fits(text, shape):
            found.append(text)
            if len(found) > number:
                return text
    return found[number % len(found)] if found else None


def fits(text: str, shape: Shape) -> bool:
    """Tell whether a text has the length, the patterns and the formats of a shape."""
    if "binary" not in shape.formats and not _has_length(text, shape):
        return False
    if not shape.admits(text) or not all(matches(pattern, text) for pattern in shape.patterns):
        return False
    return all(_format_check(form).valid(text) for form in shape.formats)


def _has_length(text: str, shape: Shape) -> bool:
    return shape.least_length <= len(text) and (shape.most_length is None or len(text) <= shape.most_length)


@lru_cache(maxsize=256)
def _format_check(form: str) -> Check:
    return compile_published({"format": form}, 2020)


def _candidates(shape: Shape, name: str, number: int) -> Iterator[str]:
    least, most = int(shape.least_length), shape.most_length
    numbers = range(number, number + _TRIED)
    if least > LONGEST:
        return
    for form in shape.formats:
        yield from (text for each in range(_TRIED) if (text := text_of_format(form, each)) is not None)
        if form in _PADDED:
            yield _stretched(_PADDED[form], least, most)
    for pattern in shape.patterns:
        yield from texts_of(pattern, least, most)
    if not shape.formats or not shape.patterns:
        yield from (text for each in numbers if (text := text_by_name(name, each)) is not None)
    yield from _plain(least, most)


def _plain(least: int, most: int | None) -> Iterator[str]:
    """Yield texts that mean nothing, of the length asked for."""
    limit = LONGEST if most is None else int(most)
    for number in range(_TRIED):
        text = "string" if number == 0 else f"string{number + 1}"
        if len(text) < least:
            text = (
                (text + " ").ljust(least, "x") if number else (_FILLING * (least // 8 + 1))[:least].rstrip()
            )
            text = text.ljust(least, "x")
        elif len(text) > limit:
            text = "abcdefghijklmnopqrstuvwxyz"[number % 26 :][:limit]
        yield text
    yield ""


def _stretched(template: str, least: int, most: int | None) -> str:
    """Return a text of a format that is as short as it must be, and so long at least."""
    fixed = len(template) - 2
    room = max(1, least - fixed)
    if most is not None:
        room = max(0, min(room, int(most) - fixed))
    return template.format(_parted(room))


def _parted(length: int) -> str:
    """Return a text of a length, in pieces that are short enough for the label of a name."""
    return "".join(
        "." if position % 32 == 31 and position < length - 1 else "a" for position in range(length)
    )
