"""Which security schemes a verifier of `auth:` can check: known from its type alone, without keys and without PyJWT.

Not for choosing among several (schemes), nor for checking credentials (verifiers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from macaron_runner.configuration.model import JwtVerifier
from macaron_runner.diagnostics import Location
from macaron_runner.openapi.operation import SecurityScheme

Locate: TypeAlias = Callable[..., Location]
"""Says where macaron.yaml has the value at a path of keys (configuration.load.Configuration.locate)."""


class Fitting(Protocol):
    """Something that can tell which schemes it serves."""

    def fits(self, scheme: SecurityScheme) -> bool:
        """Tell whether it can check what the scheme carries."""
        ...


Fits = TypeVar("Fits", bound=Fitting)


def carries_a_token(scheme: SecurityScheme) -> bool:
    """Tell whether a scheme carries a bearer token, or something that may be one (an apiKey)."""
    return scheme.type in {"oauth2", "openIdConnect", "apiKey"} or (
        scheme.type == "http" and scheme.scheme.lower() == "bearer"
    )


class ChecksTokens:
    """Fits every scheme that can carry a token."""

    def fits(self, scheme: SecurityScheme) -> bool:
        """Tell whether the scheme can carry a token."""
        return carries_a_token(scheme)


def declared_verifiers(auth: Mapping[str, JwtVerifier]) -> dict[str, Fitting]:
    """Return, for each entry of `auth:`, what the verifier made of it will fit."""
    return {name: ChecksTokens() for name in auth}


def for_builtin(verifiers: Mapping[str, Fits], absent: Fits) -> dict[str, Fits]:
    """Return the one verifier of the built-in APIs: the service's first, or `absent` where it has none.

    Nobody maps the schemes of an API they did not write, so there must be one choice only.
    """
    for name, verifier in verifiers.items():
        return {name: verifier}
    return {"nobody": absent}
