"""Texts that match a regular expression: of the usual part of ECMA 262, in time linear in the text's length.

    ^[A-Z]{2}-[0-9]+$  ->  "AB-4567"

What is made up is looked at by the engine, which knows what is passed over here. Not for reading the expression
(expressions), nor for matching bodies (validation.schema).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from macaron_runner.mock.expressions import (
    LONGEST,
    Chars,
    Choice,
    Edge,
    InOrder,
    Node,
    Repeat,
    Unreadable,
    parse,
)
from macaron_runner.validation.schema import Check, compile_published

_VARIANTS: Final = 24
_SPARE: Final = (3, 0, 8, 1)
"""How much longer than its shortest a text is, in turn: texts of the least length look like nothing."""


def texts_of(pattern: str, least: int = 0, most: int | None = None) -> Iterator[str]:
    """Yield texts that very likely match, of a length from `least` to `most`; none where the pattern is too unusual."""
    try:
        node = parse(pattern)
    except (Unreadable, RecursionError):
        return
    limit = min(LONGEST, LONGEST if most is None else most)
    if max(least, node.least) > limit:
        return
    for number in range(_VARIANTS):
        wanted = min(limit, max(least + number % 4, node.least + _SPARE[number % len(_SPARE)]))
        text = "".join(_Writer(number).write(node, wanted - node.least))
        yield _padded(text, node, least)


def matches(pattern: str, text: str) -> bool:
    """Tell whether a regular expression is found in a text, as the engine sees it."""
    return _check(pattern).valid(text)


@lru_cache(maxsize=1024)
def _check(pattern: str) -> Check:
    return compile_published({"pattern": pattern}, 2020)


def _padded(text: str, node: Node, least: int) -> str:
    """Return a text that is long enough, where the pattern does not say what comes before or after."""
    missing = least - len(text)
    if missing <= 0:
        return text
    parts = node.parts if isinstance(node, InOrder) else (node,)
    if parts[-1:] != (Edge("$"),):
        return text + "a" * missing
    return "a" * missing + text if parts[:1] != (Edge("^"),) else text


class _Writer:
    """Writes one text; `variant` tells texts of one pattern apart."""

    def __init__(self, variant: int) -> None:
        self._variant = variant
        self._written = 0

    def write(self, node: Node, spare: int) -> list[str]:
        """Return the pieces of a text for a node: `spare` characters longer than its shortest, as far as that goes."""
        match node:
            case Chars(chars=chars):
                self._written += 1
                return [chars[(self._variant + self._written - 1) % len(chars)]]
            case InOrder(parts=parts):
                return self._all_of(parts, spare)
            case Choice(arms=arms):
                arm = arms[self._variant % len(arms)]
                extra = spare - (arm.least - node.least)
                return self.write(arm, max(0, extra))
            case Repeat():
                return self._repeated(node, spare)
        return []

    def _all_of(self, parts: Sequence[Node], spare: int) -> list[str]:
        pieces: list[str] = []
        for part in parts:
            given = min(spare, part.most - part.least)
            written = self.write(part, given)
            pieces += written
            spare -= max(0, sum(map(len, written)) - part.least)
        return pieces

    def _repeated(self, node: Repeat, spare: int) -> list[str]:
        part, pieces = node.part, []
        for number in range(min(node.times, LONGEST)):
            needed = number < node.fewest
            if not needed and (spare < max(1, part.least) or part.most == 0):
                break
            given = min(spare if needed else spare - part.least, part.most - part.least)
            written = self.write(part, max(0, given))
            length = sum(map(len, written))
            spare -= length - part.least if needed else length
            pieces += written
        return pieces
