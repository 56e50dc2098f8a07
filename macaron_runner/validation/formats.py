"""Formats of texts: which are asserted beyond those the engine knows, and what a service adds to them (`formats:`).

Not for formats of numbers, which are limits (openapi.normalise). OpenAPI 3.1 section 4.4, and its format registry.
"""

from __future__ import annotations

import binascii
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.validation.engine import readable_pattern

if TYPE_CHECKING:
    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.configuration.model import Format

Fits: TypeAlias = Callable[[str], object]
"""Tells, by whether its result is true, whether a text is of a format; a ValueError means that it is not."""

_log = logging.getLogger("macaron")

STANDARD: Final = frozenset({
    "date", "date-time", "time", "duration", "uuid", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
    "uri", "uri-reference", "iri", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "regex",
    "byte", "binary", "password", "decimal", "float", "double",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
})  # fmt: skip
"""Formats that mean something already."""


@dataclass(frozen=True, slots=True)
class Formats:
    """What is asserted of texts of a format: the `patterns` they match, and the `functions` that take them."""

    patterns: Mapping[str, str]
    functions: Mapping[str, Callable[[str], bool]]

    @property
    def has_functions(self) -> bool:
        """Whether some of the functions are the service's own."""
        return self.functions.keys() > ALONE.functions.keys()


def is_base64(text: str) -> bool:
    """Tell whether a text is base64 (RFC 4648 section 4), its padding included."""
    try:
        read_base64(text)
    except ValueError:
        return False
    return True


def read_base64(text: str) -> bytes:
    """Return the bytes that a base64 text stands for (RFC 4648 section 4). Raises ValueError where it is none."""
    return binascii.a2b_base64(text, strict_mode=True)


ALONE: Final = Formats(MappingProxyType({}), MappingProxyType({"byte": is_base64}))
"""The formats of a service that adds none."""


def own_formats(
    described: Mapping[str, Format], functions: Mapping[str, Fits] = MappingProxyType({})
) -> Formats:
    """Return the formats of a service: what `formats:` describes, with its functions as far as they are there."""
    patterns = {name: each.pattern for name, each in described.items() if each.pattern is not None}
    own = {name: _guarded(name, function) for name, function in functions.items()}
    return Formats(patterns, {**ALONE.functions, **own})


def check_formats(configuration: Configuration) -> Iterator[Diagnostic]:
    """Yield what is wrong with `formats:` (MAC238); that functions are not there is another problem (code.named)."""
    for name, described in configuration.config.formats.items():
        place = configuration.locate("formats", name, key=True)
        if name in STANDARD:
            message = f'the format "{name}" means something already'
            yield Diagnostic("MAC238", message, place, help="give yours another name")
        elif described.pattern is None and described.check is None:
            message = f'the format "{name}" does not say which texts fit'
            yield Diagnostic("MAC238", message, place, help="give it a pattern, a check, or both")
        elif described.pattern is not None and not readable_pattern(described.pattern):
            yield Diagnostic(
                "MAC238",
                f'the pattern of the format "{name}" cannot be used',
                configuration.locate("formats", name, "pattern"),
                "it is not a regular expression of ECMA 262, or grows too large",
            )


def _guarded(name: str, function: Fits) -> Callable[[str], bool]:
    """Return a function that never raises: a value over which the service's own stumbles does not fit.

    Whoever sent it must not get a 500 for it. What is no ValueError is a mistake in the function, and goes to the log.
    """

    def fits(text: str) -> bool:
        try:
            return bool(function(text))
        except ValueError:
            return False
        except Exception:
            _log.exception('the check of the format "%s" failed; the value is refused', name)
            return False

    return fits
