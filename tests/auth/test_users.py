"""What handlers, tasks and scripts ask about the caller, and the tokens they make."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator

import pytest

from macaron_runner import context
from macaron_runner.auth.tokens import Issuer
from macaron_runner.auth.users import (
    backend_token,
    current_user,
    generate_token,
    get_userid,
    load_auth_token,
    requires_auth,
)
from macaron_runner.auth.verifiers import TokenVerifier
from macaron_runner.context import Context, Service, entered
from macaron_runner.errors import AuthorizationHeaderMissing
from tests.support.authentication import NOW, Clock, settings

ALICE = Context(user_id="alice", claims={"sub": "alice", "role": "admin"}, token="alice's")


@pytest.fixture
def service(clock: Clock) -> Iterator[None]:
    context.activate(Service("shop", "1", tokens=Issuer.of({"users": settings()}, clock=clock)))
    yield
    context.deactivate()


def test_the_user_of_a_request() -> None:
    with entered(ALICE):
        assert (current_user.id, current_user.claims["role"], current_user.is_authenticated) == (
            "alice",
            "admin",
            True,
        )
        assert current_user
        assert get_userid() == "alice"
        assert repr(current_user) == "<CurrentUser 'alice'>"


@pytest.mark.parametrize("anonymous", [True, False])
def test_nobody(anonymous: bool) -> None:
    with entered(Context(request_id="a" if anonymous else "")):
        assert (current_user.id, dict(current_user.claims), current_user.is_authenticated) == (
            None,
            {},
            False,
        )
        assert not current_user
        assert repr(current_user) == "<CurrentUser: nobody>"
        with pytest.raises(AuthorizationHeaderMissing):
            get_userid()


def test_outside_any_request_there_is_nobody() -> None:
    assert not current_user
    assert current_user.claims == {}


def test_decorated_functions_need_a_user() -> None:
    @requires_auth
    def greet(name: str, *, loud: bool = False) -> str:
        """Greet."""
        return f"{name}{'!' if loud else ''}"

    assert list(inspect.signature(greet).parameters) == ["name", "loud"]
    assert (greet.__name__, greet.__doc__) == ("greet", "Greet.")
    with pytest.raises(AuthorizationHeaderMissing):
        greet("a")
    with entered(ALICE):
        assert greet("a", loud=True) == "a!"


def test_decorated_async_functions_need_a_user() -> None:
    @requires_auth
    async def greet() -> str:
        return f"hello {current_user.id}"

    assert inspect.iscoroutinefunction(greet)
    with pytest.raises(AuthorizationHeaderMissing):
        asyncio.run(greet())
    with entered(ALICE):
        assert asyncio.run(greet()) == "hello alice"


def test_a_decorator_does_not_mark_the_function_itself() -> None:
    def handler() -> None: ...

    requires_auth(handler)
    assert not hasattr(handler, "__macaron_guard__")


def test_load_auth_token_lets_anybody_pass() -> None:
    assert load_auth_token(lambda: current_user.id)() is None
    with entered(ALICE):
        assert load_auth_token(lambda: current_user.id)() == "alice"


@pytest.mark.usefixtures("service")
def test_generate_token(verifier: TokenVerifier) -> None:
    claims = verifier(generate_token("bob", data={"role": "x"}, expire_in=60)).claims
    assert (claims["sub"], claims["role"], claims["exp"]) == ("bob", "x", NOW + 60)


@pytest.mark.usefixtures("service")
def test_a_backend_token_stands_for_the_service_while_the_block_lasts(verifier: TokenVerifier) -> None:
    with entered(ALICE):
        with backend_token(data={"role": "backend"}) as token:
            here = context.current()
            assert here is not None
            assert (here.token, here.user_id) == (token, "alice")
        assert context.current() is ALICE
    claims = verifier(token).claims
    assert (claims["sub"], claims["role"], claims["exp"]) == ("shop", "backend", NOW + 60)


@pytest.mark.usefixtures("service")
def test_a_backend_token_outside_any_request(verifier: TokenVerifier) -> None:
    with backend_token("robot", expire_in=5) as token:
        assert verifier(token).user_id == "robot"
    assert context.current() is None


def test_without_auth_no_token_can_be_made() -> None:
    context.activate(Service("shop", "1"))
    with pytest.raises(RuntimeError, match=r"auth:"):
        generate_token("bob")


def test_without_a_service_a_hint_is_given() -> None:
    with pytest.raises(RuntimeError, match="load_service"):
        generate_token("bob")
