"""The token of the secured workload, and how the peers check one: PyJWT, as their users would call it."""

from __future__ import annotations

from typing import Any, Final

import jwt
from jwt.types import Options

SECRET: Final = "the secret of the benchmark: long enough for HS256"
ISSUER: Final = "orders.example.com"
AUDIENCE: Final = "orders"

TOKEN: Final = jwt.encode(
    # One text for ever, so that repeated counts of instructions see the same bytes.
    {"iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "iat": 1_750_000_000, "exp": 4_102_444_800},
    SECRET,
    algorithm="HS256",
    headers={"kid": "main"},
)

_REQUIRED: Final[Options] = {"require": ["exp", "iss", "aud", "sub"]}


def check_authorization(header: str | None) -> dict[str, Any] | None:
    """Return the claims of an Authorization header, None where it is missing or not valid."""
    if header is None or not header.startswith("Bearer "):
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            header[7:], SECRET, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER, options=_REQUIRED
        )
    except jwt.InvalidTokenError:
        return None
    return claims
