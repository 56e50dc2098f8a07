"""Whose credential a call shows, where the document wants it, and for how long it is good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from macaron_runner import context
from macaron_runner.auth.tokens import Issuer, read_claims
from macaron_runner.auth.users import backend_token
from macaron_runner.clients.failures import CannotSend
from macaron_runner.clients.identity import compile_identity, credential_source
from macaron_runner.clients.outgoing import Outgoing
from macaron_runner.configuration.clients import Credential
from macaron_runner.context import Context
from macaron_runner.openapi.operation import SchemeUse, SecurityScheme
from tests.support.authentication import BEARER, NOW, Clock, operation_with, settings
from tests.support.tokens import from_base64url

KEY = SecurityScheme("apiKey", "apiKey", carrier="header", parameter_name="X-Api-Key")
QUERY = SecurityScheme("inQuery", "apiKey", carrier="query", parameter_name="api key")
COOKIE = SecurityScheme("inCookie", "apiKey", carrier="cookie", parameter_name="session")
OLD_BEARER = SecurityScheme("old", "apiKey", carrier="header", parameter_name="Authorization")
BASIC = SecurityScheme("basic", "http", scheme="basic")
OAUTH = SecurityScheme("oauth", "oauth2")
SCHEMES = {each.name: each for each in (KEY, QUERY, COOKIE, OLD_BEARER, BASIC, OAUTH, BEARER)}


def shown(
    auth: Any, *schemes: SecurityScheme, token: str | None = None, outgoing: Outgoing | None = None
) -> Outgoing:
    operation = operation_with(*((SchemeUse(scheme.name),) for scheme in schemes))
    show = compile_identity(operation, SCHEMES, auth, credential_source(auth))
    return show(outgoing or Outgoing(operation, "/orders", "a=1"), token)


@pytest.mark.parametrize(
    ("schemes", "headers", "query"),
    [
        ((BEARER,), (("Authorization", "Bearer t/k=1"),), "a=1"),
        ((OAUTH,), (("Authorization", "Bearer t/k=1"),), "a=1"),
        ((OLD_BEARER,), (("Authorization", "Bearer t/k=1"),), "a=1"),
        ((), (("Authorization", "Bearer t/k=1"),), "a=1"),
        ((BASIC,), (("Authorization", "Bearer t/k=1"),), "a=1"),
        ((BASIC, KEY), (("X-Api-Key", "t/k=1"),), "a=1"),
        ((QUERY,), (), "a=1&api%20key=t%2Fk%3D1"),
        ((COOKIE,), (("Cookie", "session=t/k=1"),), "a=1"),
    ],
)
def test_a_token_goes_where_the_first_scheme_wants_it(schemes: Any, headers: Any, query: str) -> None:
    outgoing = shown(Credential(token="t/k=1"), *schemes)
    assert (outgoing.headers, outgoing.query) == (headers, query)
    once = shown("none", *schemes, token="t/k=1")
    assert (once.headers, once.query) == (headers, query)


@pytest.mark.parametrize(
    ("schemes", "headers"),
    [
        ((KEY,), (("X-Api-Key", "k"),)),
        ((BEARER, KEY), (("X-Api-Key", "k"),)),
        ((OLD_BEARER,), (("Authorization", "k"),)),
        ((BEARER,), ()),
        ((), ()),
    ],
)
def test_a_key_goes_where_a_key_is_wanted_and_nowhere_else(schemes: Any, headers: Any) -> None:
    assert shown(Credential(api_key="k"), *schemes).headers == headers


def test_none_shows_nothing_and_a_token_of_the_call_comes_first() -> None:
    assert shown("none", BEARER).headers == ()
    assert shown(Credential(api_key="k"), KEY, token="t").headers == (("X-Api-Key", "t"),)
    assert shown(Credential(token="u"), BEARER, token="t").headers == (("Authorization", "Bearer t"),)


def test_what_the_request_says_itself_stays() -> None:
    mine = Outgoing(operation_with(), "/", headers=(("authorization", "Mine"), ("Cookie", "a=1")))
    assert shown(Credential(token="t"), BEARER, outgoing=mine).headers == mine.headers
    assert shown(Credential(token="t"), COOKIE, outgoing=mine).header("Cookie") == "a=1; session=t"


@dataclass
class Service:
    """The active service, its clock and its key."""

    clock: Clock = field(default_factory=Clock)

    def activate(self, *, key: bool = True) -> None:
        issuer = Issuer.of({"users": settings()}, clock=self.clock) if key else None
        context.activate(context.Service("shop", "1", tokens=issuer))


@pytest.fixture
def service() -> Iterator[Service]:
    yield Service()
    context.deactivate()


def claims_in(token: str) -> Mapping[str, Any]:
    return read_claims(from_base64url(token.split(".")[1]))


def claims_of(outgoing: Outgoing) -> Mapping[str, Any]:
    header = outgoing.header("Authorization")
    assert header is not None
    return claims_in(header.removeprefix("Bearer "))


def test_forward_shows_the_token_of_the_request_under_way() -> None:
    assert shown("forward", BEARER).headers == ()
    with context.entered(Context(user_id="alice", token="hers")):
        assert shown("forward", BEARER).headers == (("Authorization", "Bearer hers"),)
    with context.entered(Context()):
        assert shown("forward", BEARER).headers == ()


def test_in_a_task_it_shows_a_new_one_for_the_same_user(service: Service) -> None:
    service.activate()
    claims = {"role": "admin", "sub": "alice", "iss": "them", "aud": "them", "exp": 1, "nbf": 1, "jti": "x"}
    with context.entered(Context(user_id="alice", claims=claims, in_task=True)):
        shown_claims = claims_of(shown("forward", BEARER))
    assert shown_claims == {
        "role": "admin", "sub": "alice", "iss": "issuer", "aud": "audience", "iat": NOW, "exp": NOW + 60,
    }  # fmt: skip


def test_without_a_key_that_is_an_error(service: Service) -> None:
    service.activate(key=False)
    with context.entered(Context(user_id="alice", in_task=True)), pytest.raises(CannotSend, match="task"):
        shown("forward", BEARER)
    with pytest.raises(CannotSend, match="of this service"):
        shown("backend", BEARER)


def test_backend_token_is_what_forward_shows_inside_it(service: Service) -> None:
    service.activate()
    with context.entered(Context(user_id="alice", token="hers")), backend_token() as token:
        assert shown("forward", BEARER).headers == (("Authorization", f"Bearer {token}"),)


def test_backend_shows_a_token_of_the_services_own_renewed_before_it_expires(service: Service) -> None:
    service.activate()
    source = credential_source("backend", clock=service.clock)
    first = source()
    service.clock.now += 239
    assert source() == first
    service.clock.now += 1
    second = source()
    assert second != first
    assert claims_in(second or "")["sub"] == "shop"
    service.clock.now -= 10_000  # the clock was set
    assert source() not in {first, second}
