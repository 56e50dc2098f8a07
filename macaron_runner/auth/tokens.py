"""JSON Web Tokens as signed bytes: opening them, and issuing the service's own. The one door to PyJWT.

Only signatures are PyJWT's business here: what a token must say is checked by `claims`, against an injected
clock and in the order that tells expired from invalid. Not for cookies and headers (credentials).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import orjson
from jwt import InvalidKeyError, PyJWS, PyJWTError
from jwt.algorithms import HMACAlgorithm

from macaron_runner.configuration.model import JwtKey, JwtVerifier
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Location
from macaron_runner.errors import TokenInvalid

Clock: TypeAlias = Callable[[], float]
"""Returns unix time in seconds."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key ready for use: its id and what the algorithm works with."""

    kid: str
    material: bytes = field(repr=False)


class _PreparedHmac(HMACAlgorithm):
    """HMAC with material that `prepare_key` below has looked at once, when the service started."""

    def prepare_key(self, key: str | bytes) -> bytes:
        assert isinstance(key, bytes)
        return key

    def check_key_length(self, key: bytes) -> None:  # noqa: ARG002 - of any length
        # A short secret is a finding about the configuration, not a Python warning for every token.
        return None


_SIGNATURES: Final = PyJWS(algorithms=())
"""Knows the algorithms registered here and no other: `none` does not exist in it."""
_SIGNATURES.register_algorithm("HS256", _PreparedHmac(HMACAlgorithm.SHA256))


def prepare_key(verifier: str, kid: str, key: JwtKey, place: Location | None = None) -> Key:
    """Return the key ready for use.

    Raises BadConfiguration (MAC406): there is no secret, or it is empty, or it is really a PEM or a JWK.
    """
    secret = key.secret.reveal() if key.secret else ""
    try:
        return Key(kid, HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret))
    except InvalidKeyError as error:
        problem = Diagnostic(
            "MAC406",
            f'key "{kid}" of verifier "{verifier}" cannot be used',
            place,
            label=str(error) if key.secret else "it has no secret",
            help="HS256 works with a shared secret, at least 32 random bytes",
        )
        raise BadConfiguration([problem]) from None


def open_token(token: str, keys: Mapping[str, Key], algorithms: Sequence[str]) -> bytes:
    """Return the payload of a compact JWS (RFC 7515 section 7.1) whose signature is right.

    The key is the one its `kid` names, or the first where it names none. Raises TokenInvalid in every other
    case, whatever the bytes are.
    """
    if not token.isascii():
        raise TokenInvalid
    try:
        key = _key_for(_SIGNATURES.get_unverified_header(token).get("kid"), keys)
        payload: bytes = _SIGNATURES.decode(token, key.material, algorithms)
    except PyJWTError:
        # PyJWT's texts would tell a forger how far they came.
        raise TokenInvalid from None
    return payload


def _key_for(kid: str | None, keys: Mapping[str, Key]) -> Key:
    if kid is None:
        return next(iter(keys.values()))
    if kid not in keys:
        raise TokenInvalid("The token was signed with a key that is not known here")
    return keys[kid]


def read_claims(payload: bytes) -> dict[str, Any]:
    """Return the claims in a payload. Raises TokenInvalid where it is not a JSON object."""
    try:
        claims = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise TokenInvalid from None
    if not isinstance(claims, dict):
        raise TokenInvalid
    return claims


@dataclass(frozen=True, slots=True)
class Issuer:
    """Issues this service's own tokens (context.TokenIssuer), signed with a verifier's first key."""

    issuer: str
    audience: str
    algorithm: str
    key: Key
    lifetime: float
    clock: Clock = time.time

    @classmethod
    def of(cls, auth: Mapping[str, JwtVerifier], *, clock: Clock = time.time) -> Issuer | None:
        """Return what issues the service's tokens, with the first verifier's first key; None without `auth:`.

        Raises BadConfiguration (MAC406): the key cannot be used.
        """
        for name, verifier in auth.items():
            kid, key = next(iter(verifier.keys.items()))
            return cls(
                issuer=verifier.issuer,
                audience=verifier.audience,
                algorithm=verifier.algorithms[0],
                key=prepare_key(name, kid, key),
                lifetime=verifier.token_lifetime,
                clock=clock,
            )
        return None

    def issue(
        self,
        user_id: str,
        *,
        claims: Mapping[str, Any] | None = None,
        lifetime: float | None = None,
        issuer: str | None = None,
    ) -> str:
        """Return a signed token for `user_id`, valid for `lifetime` seconds (default: token_lifetime).

        `claims` are added; they cannot replace iss, sub, aud, iat and exp. Raises ValueError where the user
        id is empty or no text, or where a claim is not JSON.
        """
        if not isinstance(user_id, str) or not user_id:
            raise ValueError("a token needs a user id: a text that is not empty")
        now = int(self.clock())
        payload = {
            **(claims or {}),
            "iss": self.issuer if issuer is None else issuer,
            "sub": user_id,
            "aud": self.audience,
            "iat": now,
            "exp": now + int(self.lifetime if lifetime is None else lifetime),
        }
        try:
            text = orjson.dumps(payload)
        except TypeError as error:
            raise ValueError(f"the token's claims are not JSON: {error}") from None
        return _SIGNATURES.encode(text, self.key.material, self.algorithm, {"kid": self.key.kid})
