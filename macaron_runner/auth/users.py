"""What handlers, tasks and scripts ask about the caller, and the tokens they make.

Not for verifying anything: by the time a handler runs, its operation's guard has (security).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, ParamSpec, TypeVar

from macaron_runner import context
from macaron_runner.auth.security import Marker
from macaron_runner.context import Context
from macaron_runner.errors import AuthorizationHeaderMissing

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

BACKEND_TOKEN_LIFETIME: Final = 60.0
"""Seconds a backend_token lasts by default: long enough for one call, useless when found later."""

_NO_CLAIMS: Final[Mapping[str, Any]] = MappingProxyType({})


class CurrentUser:
    """The user of the request or task under way. False in a condition when there is none.

    One object for the whole process; what it tells comes from the context of whoever asks.
    """

    __slots__ = ()

    @property
    def id(self) -> str | None:
        """The user id, which is the token's `sub`; None when nobody is authenticated."""
        here = context.current()
        return here.user_id if here else None

    @property
    def claims(self) -> Mapping[str, Any]:
        """The claims of the verified token; none when nobody is authenticated."""
        here = context.current()
        return here.claims if here else _NO_CLAIMS

    @property
    def is_authenticated(self) -> bool:
        """Whether there is a user."""
        return self.id is not None

    def __bool__(self) -> bool:
        return self.is_authenticated

    def __repr__(self) -> str:
        return f"<CurrentUser {self.id!r}>" if self else "<CurrentUser: nobody>"


current_user: Final = CurrentUser()


def get_userid() -> str:
    """Return the user id. Raises AuthorizationHeaderMissing, a 401, when nobody is authenticated."""
    user_id = current_user.id
    if user_id is None:
        raise AuthorizationHeaderMissing
    return user_id


def generate_token(
    user_id: str,
    *,
    data: Mapping[str, Any] | None = None,
    expire_in: float | None = None,
    issuer: str | None = None,
) -> str:
    """Return a token of this service for `user_id`, with the claims in `data`.

    It is signed with the first key of the first verifier in `auth:` and valid for `expire_in` seconds
    (default: token_lifetime). Raises RuntimeError where `auth:` is empty; ValueError where the user id is
    empty or a claim is not JSON.
    """
    issuer_of_tokens = context.service().tokens
    if issuer_of_tokens is None:
        raise RuntimeError("macaron.yaml has no verifier of type jwt in auth:, so no key signs tokens")
    return issuer_of_tokens.issue(user_id, claims=data, lifetime=expire_in, issuer=issuer)


@contextmanager
def backend_token(
    user_id: str | None = None,
    *,
    data: Mapping[str, Any] | None = None,
    expire_in: float = BACKEND_TOKEN_LIFETIME,
    issuer: str | None = None,
) -> Iterator[str]:
    """Call other services as this service rather than as the caller, for the length of a `with` block.

        with backend_token() as token: ...

    Gives a short-lived token for `user_id` (default: the service's name). Inside the block it is the one that
    clients forward; who the current user is does not change. Works in tasks and scripts too. Raises as
    generate_token.
    """
    user = context.service().name if user_id is None else user_id
    token = generate_token(user, data=data, expire_in=expire_in, issuer=issuer)
    with context.entered((context.current() or Context())._replace(token=token)):
        yield token


def requires_auth(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let only authenticated users call `function`; decorator, and a word for `x-decorate-server`.

    On a handler the server sees the mark and checks the token before it reads the request. Anywhere else, and
    once more there, a call without a user raises AuthorizationHeaderMissing.
    """
    return _marked(function, "required", get_userid)


def load_auth_token(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let `function` know its user where the request names one, and run without where it does not.

    A token that is there but wrong is still refused. Decorator of handlers, and a word for
    `x-decorate-server`.
    """
    return _marked(function, "optional", lambda: None)


def _marked(
    function: Callable[Parameters, Result], marker: Marker, check: Callable[[], object]
) -> Callable[Parameters, Result]:
    """Return a function that checks, then calls; async where `function` is; it carries the server's mark."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def guarded_async(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Any:
            check()
            return await function(*args, **kwargs)

        guarded: Callable[..., Any] = guarded_async
    else:

        @functools.wraps(function)
        def guarded_sync(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            check()
            return function(*args, **kwargs)

        guarded = guarded_sync
    guarded.__macaron_guard__ = marker  # type: ignore[attr-defined]  # the server looks for it
    return guarded
