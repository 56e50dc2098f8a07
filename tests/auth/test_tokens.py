"""Tokens that the service issues."""

from __future__ import annotations

import json

import pytest

from macaron_runner.auth.tokens import Issuer
from macaron_runner.auth.verifiers import TokenVerifier
from macaron_runner.errors import TokenExpired
from tests.support.authentication import NOW, SECRET, Clock, settings
from tests.support.tokens import from_base64url


@pytest.fixture
def issuer(clock: Clock) -> Issuer:
    found = Issuer.of({"users": settings(), "others": settings(issuer="x")}, clock=clock)
    assert found is not None
    return found


def test_an_issued_token_is_accepted(issuer: Issuer, verifier: TokenVerifier) -> None:
    identity = verifier(issuer.issue("user-1", claims={"roles": ["a"]}))
    assert dict(identity.claims) == {
        "iss": "issuer", "aud": "audience", "sub": "user-1", "iat": NOW, "exp": NOW + 86400, "roles": ["a"],
    }  # fmt: skip


def test_the_header_names_the_key(issuer: Issuer) -> None:
    header = json.loads(from_base64url(issuer.issue("a").split(".")[0]))
    assert header == {"alg": "HS256", "kid": "main", "typ": "JWT"}


def test_the_lifetime(issuer: Issuer, verifier: TokenVerifier, clock: Clock) -> None:
    token = issuer.issue("a", lifetime=10)
    verifier(token)
    clock.now += 40
    with pytest.raises(TokenExpired):
        verifier(token)


def test_another_issuer(issuer: Issuer) -> None:
    payload = json.loads(from_base64url(issuer.issue("a", issuer="api.other.com").split(".")[1]))
    assert payload["iss"] == "api.other.com"


def test_claims_cannot_replace_what_the_token_stands_for(issuer: Issuer, verifier: TokenVerifier) -> None:
    lies = {"sub": "root", "iss": "x", "aud": "y", "exp": NOW * 2, "iat": 0}
    identity = verifier(issuer.issue("a", claims=lies))
    assert identity.user_id == "a"
    assert identity.claims["exp"] == NOW + 86400


@pytest.mark.parametrize("user_id", ["", None, 1, b"a"])
def test_a_token_needs_a_user_id(issuer: Issuer, user_id: object) -> None:
    with pytest.raises(ValueError, match="user id"):
        issuer.issue(user_id)  # type: ignore[arg-type]


def test_claims_must_be_json(issuer: Issuer) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        issuer.issue("a", claims={"a": object()})


def test_the_secret_shows_nowhere(issuer: Issuer) -> None:
    assert SECRET not in repr(issuer)


def test_without_auth_there_is_no_issuer() -> None:
    assert Issuer.of({}) is None
