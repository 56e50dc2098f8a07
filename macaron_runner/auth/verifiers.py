"""`auth:` of macaron.yaml as callables that turn a credential into an Identity. Imports PyJWT.

Another kind of verifier is another class that meets `Verifier` (identity). Not for finding the credential in a request
(credentials), nor for choosing which scheme needs which verifier (schemes).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from macaron_runner.auth.claims import Expected, Window
from macaron_runner.auth.fitting import ChecksTokens, Locate
from macaron_runner.auth.identity import Identity, Verifier
from macaron_runner.auth.tokens import Clock, Key, open_token, prepare_key, read_claims
from macaron_runner.configuration.model import JwtVerifier
from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.recent import RecentCache

VERIFIED_TOKENS_KEPT: Final = 4096
"""How many verified tokens one verifier remembers: a few megabytes."""


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token that was right. `payload` is kept where its claims hold lists or maps: see `TokenVerifier`."""

    identity: Identity
    window: Window
    payload: bytes | None


class TokenVerifier(ChecksTokens):
    """Verifies JSON Web Tokens (RFC 7519), remembering those it has verified.

    A remembered token is answered from memory only inside its own window, read on the clock that verification
    itself uses: the wall clock. So the answer is at any moment the one a fresh verification would give, also
    when the clock is set or the machine was asleep, which a monotonic deadline would not promise. Other keys
    mean another verifier, with a memory of its own; what failed is not remembered.

    Claims that hold lists or maps are read again for each request, so that no handler can change what the
    next one sees.
    """

    challenge: Final = "Bearer"

    def __init__(
        self,
        expected: Expected,
        keys: Mapping[str, Key],
        algorithms: tuple[str, ...],
        clock: Clock = time.time,
    ) -> None:
        self._expected = expected
        self._keys = dict(keys)
        self._algorithms = algorithms
        self._clock = clock
        self._verified: RecentCache[_Verified] = RecentCache(VERIFIED_TOKENS_KEPT)

    def __call__(self, credential: str) -> Identity:
        """Return who the token stands for. Raises TokenInvalid or TokenExpired."""
        now = self._clock()
        known = self._verified.get(credential)
        if known is not None and known.window.start <= now < known.window.end:
            if known.payload is None:
                return known.identity
            return _identity(credential, read_claims(known.payload))
        return self._verify(credential, now)

    def _verify(self, token: str, now: float) -> Identity:
        payload = open_token(token, self._keys, self._algorithms)
        claims = read_claims(payload)
        window = self._expected.window(claims)
        window.check(now)
        identity = _identity(token, claims)
        shared = not any(isinstance(value, list | dict) for value in claims.values())
        self._verified.put(token, _Verified(identity, window, None if shared else payload))
        return identity


def _identity(token: str, claims: dict[str, Any]) -> Identity:
    return Identity(claims["sub"], MappingProxyType(claims), token)


def compile_verifiers(
    auth: Mapping[str, JwtVerifier], locate: Locate | None = None, *, clock: Clock = time.time
) -> dict[str, Verifier]:
    """Return a verifier for each entry of `auth:`. Raises BadConfiguration (MAC406): a key cannot be used."""
    problems: list[Diagnostic] = []
    verifiers: dict[str, Verifier] = {
        name: TokenVerifier(
            Expected(entry.issuer, entry.audience, entry.leeway),
            _prepare_keys(name, entry, locate, problems),
            entry.algorithms,
            clock,
        )
        for name, entry in auth.items()
    }
    if problems:
        raise BadConfiguration(problems)
    return verifiers


def _prepare_keys(
    name: str, entry: JwtVerifier, locate: Locate | None, problems: list[Diagnostic]
) -> dict[str, Key]:
    """Return the keys that can be used; what is wrong with the others joins `problems`."""
    keys = {}
    for kid, key in entry.keys.items():
        try:
            keys[kid] = prepare_key(name, kid, key, locate("auth", name, "keys", kid) if locate else None)
        except BadConfiguration as problem:
            problems += problem.diagnostics
    return keys
