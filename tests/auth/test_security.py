"""Security requirements as guards: alternatives, scopes, anonymous access, decorators."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from macaron_runner.auth.identity import NoVerifier, Verifier
from macaron_runner.auth.security import Guard, compile_security
from macaron_runner.auth.users import load_auth_token, requires_auth
from macaron_runner.auth.verifiers import TokenVerifier, compile_verifiers
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import (
    AuthorizationHeaderMissing,
    Forbidden,
    MacaronError,
    TokenExpired,
    TokenInvalid,
)
from macaron_runner.openapi.operation import SchemeUse, SecurityScheme
from tests.support.authentication import BEARER, NOW, Clock, api_with, make_token, operation_with, settings

KEY = SecurityScheme(name="key", type="apiKey", carrier="query", parameter_name="key")
BEARER_USE = (SchemeUse("bearerAuth"),)
KEY_USE = (SchemeUse("key"),)
WRITE = (SchemeUse("bearerAuth", ("orders:write",)),)

VALID = make_token()
OTHER = make_token({"sub": "user-2"})
EXPIRED = make_token({"exp": NOW - 100})
WRITER = make_token({"scope": "orders:read orders:write"})


def guard_of(
    *security: object, verifiers: Mapping[str, Verifier] | None = None, marker: object = None
) -> Guard:
    """Return the guard of an operation with these requirements; there must be one."""
    known = compile_verifiers({"users": settings()}, clock=Clock()) if verifiers is None else verifiers
    guard = compile_security(operation_with(*security), api_with(BEARER, KEY), {}, known, marker)  # type: ignore[arg-type]
    assert guard is not None
    return guard


def ask(guard: Guard, token: str | None = None, key: str | None = None) -> object:
    """Return the user id, None for an anonymous caller, or the class of the error."""
    try:
        identity = guard(
            lambda name: f"Bearer {token}" if token is not None and name == "Authorization" else None,
            {},
            "" if key is None else f"key={key}",
        )
    except MacaronError as error:
        return type(error)
    return identity and identity.user_id


def test_an_operation_without_requirement_has_no_guard(verifier: TokenVerifier) -> None:
    assert compile_security(operation_with(), api_with(BEARER), {}, {"users": verifier}) is None
    assert compile_security(operation_with(()), api_with(BEARER), {}, {"users": verifier}) is None


def test_one_requirement() -> None:
    guard = guard_of(BEARER_USE)
    assert ask(guard, VALID) == "user-1"
    assert ask(guard) is AuthorizationHeaderMissing
    assert ask(guard, "x") is TokenInvalid
    assert ask(guard, EXPIRED) is TokenExpired


def test_any_alternative_suffices() -> None:
    guard = guard_of(BEARER_USE, KEY_USE)
    assert ask(guard, VALID) == "user-1"
    assert ask(guard, key=OTHER) == "user-2"
    assert ask(guard, VALID, OTHER) == "user-1"
    assert ask(guard, "x", OTHER) == "user-2"


@pytest.mark.parametrize(
    ("token", "key", "error"),
    [
        (None, None, AuthorizationHeaderMissing),
        ("x", None, TokenInvalid),
        (None, "x", TokenInvalid),
        (EXPIRED, "x", TokenExpired),
        ("x", EXPIRED, TokenExpired),
        (VALID, EXPIRED, Forbidden),
        (EXPIRED, VALID, Forbidden),
    ],
)
def test_the_most_telling_error_is_told(token: str | None, key: str | None, error: type) -> None:
    guard = guard_of(WRITE, (SchemeUse("key", ("orders:write",)),))
    assert ask(guard, token, key) is error


def test_all_of_a_requirement_must_hold_and_the_first_names_the_user() -> None:
    guard = guard_of((*BEARER_USE, *KEY_USE))
    assert ask(guard, VALID, OTHER) == "user-1"
    assert ask(guard, VALID) is AuthorizationHeaderMissing
    assert ask(guard, key=OTHER) is AuthorizationHeaderMissing
    assert ask(guard, VALID, "x") is TokenInvalid


@pytest.mark.parametrize("security", [((), BEARER_USE), (BEARER_USE, ())])
def test_anonymous_access_beside_a_requirement(security: tuple[object, ...]) -> None:
    guard = guard_of(*security)
    assert ask(guard) is None
    assert ask(guard, VALID) == "user-1"
    assert ask(guard, "x") is TokenInvalid
    assert ask(guard, EXPIRED) is TokenExpired


SCOPED = {
    "scope": {"scope": "orders:write"},
    "scopes_text": {"scopes": "a orders:write"},
    "scopes_list": {"scopes": ["orders:write", 1, None]},
    "scp_list": {"scp": ["orders:write"]},
    "spread": {"scope": "a", "scp": ["orders:write"]},
}
UNSCOPED = {
    "none": {},
    "other": {"scope": "orders:writer orders"},
    "number": {"scope": 1},
    "map": {"scope": {"orders:write": True}},
}


@pytest.mark.parametrize("claims", SCOPED.values(), ids=SCOPED)
def test_scopes_that_suffice(claims: dict[str, object]) -> None:
    assert ask(guard_of(WRITE), make_token(claims)) == "user-1"


@pytest.mark.parametrize("claims", UNSCOPED.values(), ids=UNSCOPED)
def test_scopes_that_do_not(claims: dict[str, object]) -> None:
    guard = guard_of(WRITE)
    with pytest.raises(Forbidden, match="orders:write") as caught:
        guard(lambda name: f"Bearer {make_token(claims)}", {}, "")
    assert 'error="insufficient_scope", scope="orders:write"' in caught.value.headers["WWW-Authenticate"]


def test_missing_credentials_are_answered_with_a_challenge() -> None:
    with pytest.raises(AuthorizationHeaderMissing) as caught:
        guard_of(KEY_USE)(lambda name: None, {}, "")
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}


def test_a_required_decorator_guards_an_operation_that_its_document_leaves_open() -> None:
    guard = guard_of(marker="required")
    assert ask(guard) is AuthorizationHeaderMissing
    assert ask(guard, VALID) == "user-1"
    assert ask(guard, "x") is TokenInvalid


def test_an_optional_decorator_names_the_user_where_there_is_one() -> None:
    guard = guard_of(marker="optional")
    assert ask(guard) is None
    assert ask(guard, VALID) == "user-1"
    assert ask(guard, EXPIRED) is TokenExpired


def test_decorators_only_tighten_what_the_document_says() -> None:
    assert ask(guard_of(KEY_USE, marker="optional")) is AuthorizationHeaderMissing
    assert ask(guard_of(BEARER_USE, (), marker="required")) is AuthorizationHeaderMissing
    assert ask(guard_of(WRITE, marker="required"), VALID) is Forbidden
    assert ask(guard_of(WRITE, marker="required"), WRITER) == "user-1"


@pytest.mark.parametrize("names", [[], ["users", "others"]])
def test_a_decorator_needs_one_verifier_to_turn_to(names: list[str]) -> None:
    verifiers = compile_verifiers({name: settings() for name in names})
    with pytest.raises(BadConfiguration) as caught:
        compile_security(operation_with(), api_with(BEARER), {}, verifiers, "required")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["MAC407"]


def test_a_decorator_turns_to_the_verifier_that_the_api_names() -> None:
    verifiers = compile_verifiers({"users": settings(), "others": settings(issuer="x")}, clock=Clock())
    mapping = {"bearerAuth": "users"}
    guard = compile_security(operation_with(), api_with(BEARER), mapping, verifiers, "required")
    assert guard is not None
    assert ask(guard, VALID) == "user-1"


def test_without_a_verifier_the_builtin_apis_answer_401() -> None:
    guard = guard_of(BEARER_USE, verifiers={"none": NoVerifier()})
    assert ask(guard) is AuthorizationHeaderMissing
    assert ask(guard, VALID) is TokenInvalid


def test_an_operation_is_never_served_open() -> None:
    with pytest.raises(BadConfiguration) as caught:
        compile_security(operation_with(BEARER_USE, ()), api_with(BEARER), {}, {})
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["MAC401"]


def test_the_marks_of_the_decorators() -> None:
    assert requires_auth(lambda: 1).__macaron_guard__ == "required"  # type: ignore[attr-defined]
    assert load_auth_token(lambda: 1).__macaron_guard__ == "optional"  # type: ignore[attr-defined]
