"""What a token must say to be accepted, and the span of time in which it is.

Pure: no clock, no key. Not for signatures (tokens).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.errors import TokenExpired, TokenInvalid

_FURTHEST: Final = 1e15
"""Seconds since 1970 beyond which a NumericDate is nonsense; keeps NaN, infinities and giant integers out."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of unix time: `start <= now < end`."""

    start: float
    end: float

    def check(self, now: float) -> None:
        """Return if `now` lies inside. Raises TokenInvalid before it, TokenExpired after it."""
        if now < self.start:
            raise TokenInvalid("The token is not valid yet")
        if now >= self.end:
            raise TokenExpired


@dataclass(frozen=True, slots=True)
class Expected:
    """What the claims of a token must be; `leeway` is how far clocks may differ, in seconds."""

    issuer: str
    audience: str
    leeway: float

    def window(self, claims: Mapping[str, Any]) -> Window:
        """Return the span in which a token with these claims holds, leeway included (RFC 7519 section 4.1).

        `iss`, `aud`, `exp` and a textual `sub` are required. Raises TokenInvalid where anything is wrong that
        no clock can mend; so a token counts as expired only where all else is right.
        """
        if claims.get("iss") != self.issuer:
            raise TokenInvalid("The token was issued by somebody else")
        if not self._is_for_us(claims.get("aud")):
            raise TokenInvalid("The token is meant for another audience")
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise TokenInvalid("The token names no user")
        end = _date(claims, "exp")
        if end is None:
            raise TokenInvalid("The token has no expiry")
        start = max(_date(claims, "nbf") or 0.0, _date(claims, "iat") or 0.0)
        return Window(start - self.leeway, end + self.leeway)

    def _is_for_us(self, audience: Any) -> bool:
        return audience == self.audience or (isinstance(audience, list) and self.audience in audience)


def _date(claims: Mapping[str, Any], name: str) -> float | None:
    """Return a NumericDate (RFC 7519 section 2), or None where the claim is absent. Raises TokenInvalid."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _FURTHEST:
        raise TokenInvalid(f"The token's {name} is not a date")
    return float(value)
