"""Where a request carries a credential: a small reader for each security scheme, chosen at start.

Not for judging the credential (verifiers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote_plus

from macaron_runner.errors import AuthorizationHeaderMissing, TokenInvalid
from macaron_runner.openapi.operation import SecurityScheme

HeaderOf: TypeAlias = Callable[[str], str | None]
"""Returns the value of a request header, by its name in any case, or None."""

Reader: TypeAlias = Callable[[HeaderOf, Mapping[str, str], str], str]
"""(headers, raw cookies, raw query) -> credential.

Raises AuthorizationHeaderMissing, or TokenInvalid where it is malformed.
"""


def compile_reader(scheme: SecurityScheme) -> Reader:
    """Return the reader of the credentials that a scheme carries.

    A bearer token is read from the header Authorization, else from the cookie `token`; an apiKey from where
    the document says, as `Bearer <token>` or the bare token.
    """
    if scheme.type != "apiKey" or _is_authorization(scheme):
        return bearer_token
    name = scheme.parameter_name
    if scheme.carrier == "header":
        return lambda header, _cookies, _query: _key(header(name), "header", name)
    if scheme.carrier == "cookie":
        return lambda _header, cookies, _query: _key(_cookie(cookies, name), "cookie", name)
    return lambda _header, _cookies, query: _key(_query_value(query, name), "query parameter", name)


def _is_authorization(scheme: SecurityScheme) -> bool:
    return scheme.carrier == "header" and scheme.parameter_name.lower() == "authorization"


def bearer_token(header: HeaderOf, cookies: Mapping[str, str], _query: str) -> str:
    """Return the token of `Authorization: Bearer <token>` (RFC 6750 section 2.1), or of the cookie `token`.

    The header wins, also when it is wrong; an empty one counts as absent. The cookie holds `Bearer <token>`,
    URL-quoted.
    """
    value = (header("Authorization") or "").strip() or _cookie(cookies, "token")
    if not value:
        raise AuthorizationHeaderMissing
    return _token_after_bearer(value)


def _token_after_bearer(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenInvalid("The credential must start with Bearer")
    token = rest.strip(" ")
    if not token or " " in token:
        raise TokenInvalid("The credential must be the word Bearer and one token")
    return token


def _key(value: str | None, place: str, name: str) -> str:
    text = (value or "").strip()
    if not text:
        raise AuthorizationHeaderMissing(f"There is no {name} {place} in the HTTP request")
    return _token_after_bearer(text) if " " in text else text


def _cookie(cookies: Mapping[str, str], name: str) -> str:
    """Return a cookie's value without the quotes and the URL-quoting that clients apply to a space."""
    value = cookies.get(name, "")
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return unquote_plus(value).strip()


def _query_value(query: str, name: str) -> str | None:
    """Return the first value of a name in a query string that is still encoded."""
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if unquote_plus(key) == name:
            return unquote_plus(value)
    return None
