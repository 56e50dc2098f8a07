"""What a client's `auth:` puts into a request: whose credential, and where the document wants it.

    none        nothing
    forward     the token of the request under way; in a task, where it did not travel, a new one for the same user
    backend     a token of this service's own, for itself, renewed before it expires
    {token: …}  {api_key: …}    what macaron.yaml says

It goes where the operation's security scheme says; a token without one as `Authorization: Bearer …`. A caller's own
header of that name wins. Not for checking credentials (auth), nor for keeping them from other origins (redirects).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote

from macaron_runner import context
from macaron_runner.auth.fitting import carries_a_token
from macaron_runner.clients.failures import CannotSend
from macaron_runner.configuration.clients import Credential

if TYPE_CHECKING:
    from macaron_runner.clients.outgoing import Outgoing
    from macaron_runner.openapi.operation import Operation, SecurityScheme

Source: TypeAlias = Callable[[], str | None]
"""Gives the credential of now; None where there is none to show. Raises CannotSend where there should be one."""

Show: TypeAlias = Callable[["Outgoing", str | None], "Outgoing"]
"""Returns a request that shows the credential of now, or the token given for this one call. Raises CannotSend."""

Placing: TypeAlias = Callable[["Outgoing", str], "Outgoing"]
"""Returns a request with a credential in it."""

OWN_LIFETIME: Final = 300.0
"""Seconds that a token of this service for itself lasts."""
_RENEWED: Final = 0.8
"""Of its lifetime: then a new one is made."""
_FORWARDED_LIFETIME: Final = 60.0
"""Seconds that a token for somebody else's task lasts: long enough for a call, useless when found later."""
_ITS_OWN: Final = frozenset({"iss", "sub", "aud", "iat", "exp", "nbf", "jti"})
"""Claims that say something of one token, not of its user."""


def compile_identity(
    operation: Operation,
    schemes: Mapping[str, SecurityScheme],
    auth: str | Credential,
    source: Source,
) -> Show:
    """Return what shows the credential of `source` to an operation, or a token given for one call in its place."""
    is_key = isinstance(auth, Credential) and auth.api_key is not None
    place = _placing(operation, schemes, is_key=is_key)
    place_token = _placing(operation, schemes, is_key=False) if is_key else place

    def show(outgoing: Outgoing, token: str | None) -> Outgoing:
        if token is not None:
            return place_token(outgoing, token)
        credential = source()
        return outgoing if credential is None else place(outgoing, credential)

    return show


def credential_source(auth: str | Credential, *, clock: Callable[[], float] = time.time) -> Source:
    """Return where a client's credentials come from; one for all its operations."""
    if isinstance(auth, Credential):
        secret = auth.token or auth.api_key
        credential = secret.reveal() if secret is not None else None
        return lambda: credential
    if auth == "forward":
        return _forwarded
    if auth == "backend":
        return OwnToken(clock)
    return lambda: None


def _forwarded() -> str | None:
    """Return the token of whoever asks; None where nobody did."""
    here = context.current()
    if here is None or here.token is not None or here.user_id is None:
        return here.token if here is not None else None
    issuer = _issuer("its caller's token does not travel into a task")
    claims = {name: value for name, value in here.claims.items() if name not in _ITS_OWN}
    return issuer.issue(here.user_id, claims=claims, lifetime=_FORWARDED_LIFETIME)


class OwnToken:
    """A token of this service for itself, kept while it is good; called for the one of now."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._made: tuple[str, float] = "", 0.0

    def __call__(self) -> str:
        """Return the token of now. Raises CannotSend where no key signs one."""
        token, until = self._made
        now = self._clock()
        if not until - OWN_LIFETIME <= now < until:
            issuer = _issuer("it shows a token of this service")
            token = issuer.issue(context.service().name, lifetime=OWN_LIFETIME)
            self._made = token, now + OWN_LIFETIME * _RENEWED
        return token


def _issuer(why: str) -> context.TokenIssuer:
    issuer = context.service().tokens
    if issuer is None:
        raise CannotSend(f"The call needs a key of this service to sign a token with, because {why}")
    return issuer


def _placing(operation: Operation, schemes: Mapping[str, SecurityScheme], *, is_key: bool) -> Placing:
    """Return what puts a credential where the first scheme that can carry it wants it."""
    for scheme in _schemes_of(operation, schemes):
        if scheme.type == "apiKey" and (is_key or not _is_authorization(scheme)):
            return _placing_of_key(scheme)
        if not is_key and carries_a_token(scheme):
            return _as_bearer
    return _as_it_is if is_key else _as_bearer


def _schemes_of(operation: Operation, schemes: Mapping[str, SecurityScheme]) -> Iterable[SecurityScheme]:
    for requirement in operation.security:
        for use in requirement:
            if use.scheme in schemes:
                yield schemes[use.scheme]


def _is_authorization(scheme: SecurityScheme) -> bool:
    return scheme.carrier == "header" and scheme.parameter_name.lower() == "authorization"


def _as_bearer(outgoing: Outgoing, credential: str) -> Outgoing:
    """RFC 6750 section 2.1."""
    return _with_header(outgoing, "Authorization", f"Bearer {credential}")


def _as_it_is(outgoing: Outgoing, credential: str) -> Outgoing:  # noqa: ARG001 - a Placing
    """Show nothing: no scheme says where."""
    return outgoing


def _placing_of_key(scheme: SecurityScheme) -> Placing:
    name = scheme.parameter_name
    if scheme.carrier == "query":
        return lambda outgoing, credential: _with_query(outgoing, name, credential)
    if scheme.carrier == "cookie":
        return lambda outgoing, credential: _with_cookie(outgoing, name, credential)
    return lambda outgoing, credential: _with_header(outgoing, name, credential)


def _with_header(outgoing: Outgoing, name: str, value: str) -> Outgoing:
    return outgoing if outgoing.header(name) is not None else outgoing.with_headers((name, value))


def _with_query(outgoing: Outgoing, name: str, value: str) -> Outgoing:
    pair = f"{quote(name, safe='')}={quote(value, safe='')}"
    return replace(outgoing, query=f"{outgoing.query}&{pair}" if outgoing.query else pair)


def _with_cookie(outgoing: Outgoing, name: str, value: str) -> Outgoing:
    """RFC 6265 section 4.2.1: all cookies in one header."""
    pair = f"{name}={quote(value, safe=_IN_COOKIES)}"
    there = outgoing.header("Cookie")
    return outgoing.with_headers(("Cookie", f"{there}; {pair}" if there else pair))


_IN_COOKIES: Final = "!#$&'()*+-./:<=>?@[]^_`{|}~"
"""What a cookie's value may hold as it is (RFC 6265 section 4.1.1), but %, which readers decode."""
