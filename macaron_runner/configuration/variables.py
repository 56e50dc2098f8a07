"""Variables of the environment as the file may read them: their types, their defaults.

Not for the syntax of `${…}` (interpolate).
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from macaron_runner.configuration.model import Variable
from macaron_runner.diagnostics import Diagnostic, Location, near_word


class UnresolvedError(Exception):
    """A reference to a variable or secret cannot be followed; becomes a diagnostic at its place.

    Where `name` is near to one of `known`, the diagnostic offers that instead of the hint.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", *, name: str = "", known: Iterable[str] = ()
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.name, self.known = code, message, hint, name, known

    def diagnostic(self, place: Location) -> Diagnostic:
        """Return the diagnostic at the place where the reference stands."""
        hint = near_word(self.name, self.known) or self.hint
        return Diagnostic(self.code, self.message, place, help=hint)


def is_utf8(text: str) -> bool:
    """Tell whether a text of the environment was UTF-8: other bytes come as lone surrogates (PEP 383)."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _string(text: str) -> str:
    return text


def _integer(text: str) -> int:
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        raise ValueError("a whole number")
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", text) or math.isinf(
        float(text)
    ):
        raise ValueError("a number")
    return float(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError("true, false, 1 or 0")
    return text in ("true", "1")


def _host(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        label = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
        if len(text) > 253 or not re.fullmatch(rf"{label}(\.{label})*\.?", text):
            raise ValueError("a host name or IP address") from None
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise ValueError("a port, from 0 to 65535")
    return int(text)


def _url(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#]+[^\s]*", text):
        raise ValueError("a URL, as https://example.com/path")
    return text


def _path(text: str) -> str:
    if not text:
        raise ValueError("a path")
    return text


TYPES: Final[Mapping[str, Callable[[str], Any]]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "host": _host,
    "port": _port,
    "url": _url,
    "path": _path,
}
"""For each type what makes a value of a text; it raises ValueError with what the text must be.

host: RFC 1123 section 2.1 (and `_`, which container networks use), or an address of IPv4 or IPv6; url: RFC
3986 with an authority; number: a finite one.
"""

PORT: Final = Variable(type="port")
"""PORT is declared in every file."""


def text_of(default: str | float) -> str:
    """Return a default as the text that the environment would hold."""
    return str(default).lower() if isinstance(default, bool) else str(default)


@dataclass(frozen=True, slots=True)
class Variables:
    """The environment, through the file's declarations (`vars:`)."""

    declared: Mapping[str, Variable]
    environ: Mapping[str, str] = field(repr=False)

    def read(self, name: str) -> str | None:
        """Return the variable's text, or its declared default where that is not set or empty, or None.

        Raises UnresolvedError where the text is not of the declared type; an empty one passes.
        """
        text = self.environ.get(name)
        if text and not is_utf8(text):
            raise UnresolvedError("MAC111", f"the environment variable {name} must be UTF-8 text")
        default = self._declaration(name).default
        if not text and default is not None:
            text = text_of(default)
        if text:
            self.convert(name, text)
        return text

    def convert(self, name: str, text: str) -> Any:
        """Return a text as a value of the variable's type. Raises UnresolvedError where it is none."""
        kind = self._declaration(name).type
        try:
            return TYPES[kind](text)
        except ValueError as error:
            shown = (
                f', not "{text}"'
                if kind in ("integer", "number", "boolean", "port") and len(text) < 40
                else ""
            )
            own = not text or self.environ.get(name)
            what = f"the environment variable {name}" if own else f"the default of {name}"
            raise UnresolvedError("MAC111", f"{what} must be {error}{shown}") from None

    def unset(self, name: str, message: str | None) -> UnresolvedError:
        """Return the error of a variable that must be set and is not."""
        if message:
            return UnresolvedError(
                "MAC110", f"the environment variable {name} is not set: {message}", name=name
            )
        what, hint = (
            f"the environment variable {name} is not set",
            f"set it, or give a default: ${{{name}:-…}}",
        )
        return UnresolvedError("MAC110", what, hint, name=name, known=self.declared)

    def _declaration(self, name: str) -> Variable:
        return self.declared.get(name) or (PORT if name == "PORT" else _UNDECLARED)


_UNDECLARED: Final = Variable()
