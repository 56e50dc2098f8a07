"""Who a credential stands for, and what can tell: the nouns of this room.

A service without `auth:` needs no more of it, and so never imports PyJWT. Not for verifying anything (verifiers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from macaron_runner.auth.fitting import ChecksTokens, for_builtin
from macaron_runner.errors import TokenInvalid
from macaron_runner.openapi.operation import SecurityScheme


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified credential stands for. `token` is the credential itself and shows nowhere."""

    user_id: str
    claims: Mapping[str, Any]
    token: str = field(repr=False, compare=False)


class Verifier(Protocol):
    """Checks one kind of credential."""

    @property
    def challenge(self) -> str:
        """What `WWW-Authenticate` asks for when there is no credential (RFC 9110 section 11.6.1)."""
        ...

    def fits(self, scheme: SecurityScheme) -> bool:
        """Tell whether this verifier can check what the scheme carries."""
        ...

    def __call__(self, credential: str) -> Identity:
        """Return who the credential stands for. Raises TokenInvalid or TokenExpired."""
        ...


class NoVerifier(ChecksTokens):
    """Verifies nothing: stands in for the verifier of the built-in APIs in a service without `auth:`.

    Their secured operations then answer 401 always: they are neither open nor a reason to refuse the start.
    """

    challenge: Final = "Bearer"

    def __call__(self, credential: str) -> Identity:  # noqa: ARG002 - whatever it is
        """Raise TokenInvalid."""
        raise TokenInvalid("This service accepts no tokens")


def verifiers_for_builtin(verifiers: Mapping[str, Verifier]) -> dict[str, Verifier]:
    """Return the one verifier of the built-in APIs: the service's first, or NoVerifier where it has none."""
    return for_builtin(verifiers, NoVerifier())
