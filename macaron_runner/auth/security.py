"""Security requirements of an operation as one guard, compiled when the service starts.

    security: [{bearerAuth: [orders:write]}, {}]   ->   guard(header, cookies, query) -> Identity | None

Not for choosing verifiers (schemes), checking a credential (verifiers) or finding it in a request
(credentials).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

from macaron_runner.auth.credentials import HeaderOf, Reader, bearer_token, compile_reader
from macaron_runner.auth.identity import Identity, Verifier
from macaron_runner.auth.schemes import verifier_of_decorator, verifiers_of
from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.errors import (
    AuthorizationHeaderMissing,
    Forbidden,
    MacaronError,
    TokenExpired,
    TokenInvalid,
)
from macaron_runner.openapi.operation import Api, Operation, SchemeUse, SecurityScheme

Guard: TypeAlias = Callable[[HeaderOf, Mapping[str, str], str], Identity | None]
"""(headers, raw cookies, raw query) -> who asks, or None where that may be nobody.

Raises AuthorizationHeaderMissing, TokenInvalid, TokenExpired, Forbidden.
"""

NamingGuard: TypeAlias = Callable[[HeaderOf, Mapping[str, str], str], Identity]
"""A guard that lets nobody pass unnamed."""

Marker: TypeAlias = Literal["required", "optional"]
"""What the decorators of auth.users ask for: `__macaron_guard__` of a handler."""

_SPECIFIC: Final = (AuthorizationHeaderMissing, TokenInvalid, TokenExpired, Forbidden)
"""From the least to the most telling: of several failed alternatives the client hears the last of these."""


def compile_security(
    operation: Operation,
    api: Api,
    mapping: Mapping[str, str],
    verifiers: Mapping[str, Verifier],
    marker: Marker | None = None,
) -> Guard | None:
    """Return the operation's guard, or None where it is open to all.

    `mapping` is `apis.<api>.security`; `marker` the handler's `__macaron_guard__`, which can only tighten
    what the document says. Raises BadConfiguration: a scheme has no verifier (MAC401-404), or a decorator has
    none to turn to (MAC407).
    """
    chosen, problems = verifiers_of(operation, api, mapping, verifiers)
    if problems:
        raise BadConfiguration(problems)
    guard = guard_of(operation, lambda use: _check(use, api.security_schemes[use.scheme], chosen[use.scheme]))
    if marker is None:
        return guard
    if guard is None:
        guard = _first_of((_guard_of_decorator(operation, mapping, verifiers),), anonymous=True)
    return _naming(guard) if marker == "required" else guard


def guard_of(operation: Operation, check_of: Callable[[SchemeUse], NamingGuard]) -> Guard | None:
    """Return the guard of what a document asks for, each of its schemes checked by what `check_of` gives."""
    alternatives = tuple(
        _all_of([check_of(use) for use in requirement]) for requirement in operation.security if requirement
    )
    anonymous = () in operation.security
    if not alternatives:
        return None
    if len(alternatives) == 1 and not anonymous:
        return alternatives[0]
    return _first_of(alternatives, anonymous=anonymous)


def _all_of(checks: list[NamingGuard]) -> NamingGuard:
    """Return one check of several that must all pass; the first one says who asks."""
    first, *others = checks
    if not others:
        return first

    def every(header: HeaderOf, cookies: Mapping[str, str], query: str) -> Identity:
        identity = first(header, cookies, query)
        for check in others:
            check(header, cookies, query)
        return identity

    return every


def _first_of(alternatives: tuple[NamingGuard, ...], *, anonymous: bool) -> Guard:
    """Return a guard that lets pass whom any alternative knows and, if `anonymous`, who shows no credential.

    A credential that is there but wrong is refused all the same: its sender thinks it counts.
    """

    def guard(header: HeaderOf, cookies: Mapping[str, str], query: str) -> Identity | None:
        failures: list[MacaronError] = []
        for check in alternatives:
            try:
                return check(header, cookies, query)
            except _SPECIFIC as error:
                failures.append(error)
        telling = max(failures, key=_telling)
        if anonymous and isinstance(telling, AuthorizationHeaderMissing):
            return None
        raise telling

    return guard


def _telling(error: MacaronError) -> int:
    return next(rank for rank, kind in enumerate(_SPECIFIC) if isinstance(error, kind))


def _check(use: SchemeUse, scheme: SecurityScheme, verifier: Verifier) -> NamingGuard:
    check = _verified(compile_reader(scheme), verifier)
    return _scoped(check, frozenset(use.scopes)) if use.scopes else check


def _verified(read: Reader, verifier: Verifier) -> NamingGuard:
    challenge = {"WWW-Authenticate": verifier.challenge}

    def check(header: HeaderOf, cookies: Mapping[str, str], query: str) -> Identity:
        try:
            credential = read(header, cookies, query)
        except AuthorizationHeaderMissing as error:
            error.headers |= challenge
            raise
        return verifier(credential)

    return check


def _scoped(check: NamingGuard, scopes: frozenset[str]) -> NamingGuard:
    """Return the check followed by one for scopes, which raises Forbidden (RFC 6750 section 3.1)."""
    challenge = f'Bearer error="insufficient_scope", scope="{" ".join(sorted(scopes))}"'

    def scoped(header: HeaderOf, cookies: Mapping[str, str], query: str) -> Identity:
        identity = check(header, cookies, query)
        missing = scopes - _granted(identity.claims)
        if missing:
            words = ", ".join(sorted(missing))
            raise Forbidden(f"The token lacks the scope {words}", headers={"WWW-Authenticate": challenge})
        return identity

    return scoped


def _granted(claims: Mapping[str, Any]) -> set[str]:
    """Return a token's scopes: `scope` (RFC 8693 section 4.2), `scopes` and `scp`, as words or as lists."""
    granted: set[str] = set()
    for name in ("scope", "scopes", "scp"):
        value = claims.get(name)
        if isinstance(value, str):
            granted.update(value.split())
        elif isinstance(value, list):
            granted.update(word for word in value if isinstance(word, str))
    return granted


def _naming(guard: Guard) -> NamingGuard:
    """Return a guard that turns an unnamed caller away."""

    def naming(header: HeaderOf, cookies: Mapping[str, str], query: str) -> Identity:
        identity = guard(header, cookies, query)
        if identity is None:
            raise AuthorizationHeaderMissing
        return identity

    return naming


def _guard_of_decorator(
    operation: Operation, mapping: Mapping[str, str], verifiers: Mapping[str, Verifier]
) -> NamingGuard:
    """Return what a decorated handler asks for where the document leaves its operation open: a bearer token."""
    verifier = verifier_of_decorator(operation, mapping, verifiers)
    if isinstance(verifier, Diagnostic):
        raise BadConfiguration([verifier])
    return _verified(bearer_token, verifier)
