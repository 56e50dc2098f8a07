"""Which answer a client prefers: `Prefer: code=404, example=missing, dynamic=true` (RFC 7240).

The names of these preferences are those of other mock servers. Not for finding the answer (answers).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from macaron_runner.errors import InvalidParameter

_PREFERENCE: Final = re.compile(
    r'\s*([^\s=;,"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?\s*(?:;.*)?', re.DOTALL
)
_ELEMENT: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_FLAGS: Final = {"": True, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What is preferred: a status, an example by name, values of the schema instead of examples; None: not said."""

    code: int | None = None
    example: str | None = None
    dynamic: bool | None = None

    @property
    def applied(self) -> str:
        """The header Preference-Applied (RFC 7240 section 3), "" where nothing was preferred."""
        words = []
        if self.code is not None:
            words.append(f"code={self.code}")
        if self.example is not None:
            words.append(f"example={_quoted(self.example)}")
        if self.dynamic is not None:
            words.append(f"dynamic={str(self.dynamic).lower()}")
        return ", ".join(words)


def read_preferences(header: str | None) -> Preferences:
    """Return what a Prefer header says; preferences of others are passed over, of two equal ones the first counts.

    Raises InvalidParameter where a value of one of ours makes no sense.
    """
    found: dict[str, str] = {}
    for element in _ELEMENT.findall(header or ""):
        match = _PREFERENCE.fullmatch(element)
        if match is not None:
            found.setdefault(match[1].lower(), _unquoted(match[2] or ""))
    return Preferences(_code(found.get("code")), found.get("example") or None, _flag(found.get("dynamic")))


def _code(text: str | None) -> int | None:
    if text is None:
        return None
    if not (re.fullmatch("[0-9]{3}", text) and 200 <= int(text) <= 599):
        raise InvalidParameter("Prefer: code must be a status from 200 to 599, as in code=404")
    return int(text)


def _flag(text: str | None) -> bool | None:
    if text is None:
        return None
    if text.lower() not in _FLAGS:
        raise InvalidParameter("Prefer: dynamic must be true or false")
    return _FLAGS[text.lower()]


def _quoted(text: str) -> str:
    """Return a token as it is, and anything else as a quoted string that HTTP can carry (RFC 9110 section 5.6.4)."""
    if re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", text):
        return text
    plain = "".join(char if "\x20" <= char <= "\x7e" else "?" for char in text)
    return '"' + re.sub(r'(["\\])', r"\\\1", plain) + '"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
