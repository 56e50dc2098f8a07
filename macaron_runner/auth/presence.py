"""Credentials that are asked for and believed, whatever they are: what guards answers that are made up for everyone.

Only where nothing but made-up answers is served (`macaron mock`): no configuration leads here. Not for checking anybody
(security).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from macaron_runner.auth.credentials import HeaderOf, bearer_token, compile_reader
from macaron_runner.auth.identity import Identity
from macaron_runner.auth.security import Guard, NamingGuard, guard_of
from macaron_runner.errors import AuthorizationHeaderMissing, TokenInvalid
from macaron_runner.openapi.operation import Api, Operation, SecurityScheme

_SOMEBODY: Final = Identity("somebody", MappingProxyType({}), "")


def compile_presence(operation: Operation, api: Api) -> Guard | None:
    """Return a guard that lets pass whoever shows a credential of the right shape; None where none is asked for."""
    return guard_of(operation, lambda use: _present(api.security_schemes[use.scheme]))


def _present(scheme: SecurityScheme) -> NamingGuard:
    if scheme.type == "mutualTLS":  # whoever could connect has shown it
        return lambda _header, _cookies, _query: _SOMEBODY
    if scheme.type == "apiKey":
        return _some_key(scheme)
    word = scheme.scheme if scheme.type == "http" else "bearer"
    return _bearer if word == "bearer" else _authorization(word.capitalize())


def _some_key(scheme: SecurityScheme) -> NamingGuard:
    read = compile_reader(scheme)

    def check(header: HeaderOf, cookies: Mapping[str, str], query: str) -> Identity:
        with suppress(TokenInvalid):  # it is no token, and need not be
            read(header, cookies, query)
        return _SOMEBODY

    return check


def _bearer(header: HeaderOf, cookies: Mapping[str, str], query: str) -> Identity:
    bearer_token(header, cookies, query)
    return _SOMEBODY


def _authorization(word: str) -> NamingGuard:
    """Return what asks for `Authorization: <word> …` (RFC 9110 section 11.4)."""
    challenge = {"WWW-Authenticate": f'{word} realm="mock"'}

    def check(header: HeaderOf, _cookies: Mapping[str, str], _query: str) -> Identity:
        value = (header("Authorization") or "").strip()
        if not value:
            raise AuthorizationHeaderMissing(headers=challenge)
        if value.partition(" ")[0].lower() != word.lower():
            raise TokenInvalid(f"The credential must start with {word}", headers=challenge)
        return _SOMEBODY

    return check
