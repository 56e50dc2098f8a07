"""Where requests carry credentials, well-formed and malformed."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest

from macaron_runner.auth.credentials import compile_reader
from macaron_runner.errors import AuthorizationHeaderMissing, TokenInvalid
from macaron_runner.openapi.operation import SecurityScheme
from tests.support.authentication import BEARER

MISSING = AuthorizationHeaderMissing
INVALID = TokenInvalid

BEARER_CASES = {
    "header": ({"authorization": "Bearer abc"}, {}, "abc"),
    "lower_case": ({"authorization": "bearer abc"}, {}, "abc"),
    "upper_case": ({"authorization": "BEARER abc"}, {}, "abc"),
    "many_spaces": ({"authorization": "  Bearer    abc  "}, {}, "abc"),
    "nothing": ({}, {}, MISSING),
    "empty_header": ({"authorization": ""}, {}, MISSING),
    "blank_header": ({"authorization": "   "}, {}, MISSING),
    "only_scheme": ({"authorization": "Bearer"}, {}, INVALID),
    "only_scheme_and_space": ({"authorization": "Bearer "}, {}, INVALID),
    "glued": ({"authorization": "Bearerabc"}, {}, INVALID),
    "tab": ({"authorization": "Bearer\tabc"}, {}, INVALID),
    "two_words": ({"authorization": "Bearer abc def"}, {}, INVALID),
    "two_headers_joined": ({"authorization": "Bearer abc,Bearer def"}, {}, INVALID),
    "basic": ({"authorization": "Basic abc"}, {}, INVALID),
    "bare_token": ({"authorization": "a.b.c"}, {}, INVALID),
    "strange_bytes": ({"authorization": "\xff\xfe \x80"}, {}, INVALID),
    "cookie": ({}, {"token": quote("Bearer abc")}, "abc"),
    "cookie_plus": ({}, {"token": quote_plus("Bearer abc")}, "abc"),
    "cookie_plain": ({}, {"token": "Bearer abc"}, "abc"),
    "cookie_in_quotes": ({}, {"token": '"Bearer abc"'}, "abc"),
    "cookie_empty": ({}, {"token": ""}, MISSING),
    "cookie_blank": ({}, {"token": "%20"}, MISSING),
    "cookie_one_quote": ({}, {"token": '"'}, INVALID),
    "cookie_bare_token": ({}, {"token": "a.b.c"}, INVALID),
    "cookie_bad_quoting": ({}, {"token": "%ff%zz"}, INVALID),
    "other_cookie": ({}, {"tokens": "Bearer abc"}, MISSING),
    "header_wins": ({"authorization": "Bearer abc"}, {"token": "Bearer def"}, "abc"),
    "wrong_header_wins": ({"authorization": "Basic abc"}, {"token": "Bearer def"}, INVALID),
    "empty_header_leaves_it_to_the_cookie": ({"authorization": ""}, {"token": "Bearer def"}, "def"),
}

BEARER_SCHEMES = {
    "http": BEARER,
    "oauth2": SecurityScheme(name="oauth", type="oauth2"),
    "openid": SecurityScheme(name="openid", type="openIdConnect"),
    "api_key": SecurityScheme(name="key", type="apiKey", carrier="header", parameter_name="authorization"),
}


def read(scheme: SecurityScheme, headers: dict[str, str], cookies: dict[str, str], query: str = "") -> object:
    """Return the credential that is read, or the class of the error."""
    try:
        return compile_reader(scheme)(lambda name: headers.get(name.lower()), cookies, query)
    except (AuthorizationHeaderMissing, TokenInvalid) as error:
        return type(error)


@pytest.mark.parametrize("scheme", BEARER_SCHEMES.values(), ids=BEARER_SCHEMES)
@pytest.mark.parametrize(("headers", "cookies", "expected"), BEARER_CASES.values(), ids=BEARER_CASES)
def test_bearer(
    scheme: SecurityScheme, headers: dict[str, str], cookies: dict[str, str], expected: object
) -> None:
    assert read(scheme, headers, cookies) == expected


def api_key(carrier: str) -> SecurityScheme:
    return SecurityScheme(name="key", type="apiKey", carrier=carrier, parameter_name="X-Key")


@pytest.mark.parametrize(
    ("value", "expected"), [("abc", "abc"), ("Bearer abc", "abc"), ("", MISSING), ("a b", INVALID)]
)
def test_keys_come_from_where_the_document_says(value: str, expected: object) -> None:
    assert read(api_key("header"), {"x-key": value}, {}) == expected
    assert read(api_key("cookie"), {}, {"X-Key": quote(value)}) == expected
    assert read(api_key("query"), {}, {}, f"a=1&X%2DKey={quote_plus(value)}&b") == expected


@pytest.mark.parametrize("carrier", ["header", "cookie", "query"])
def test_a_key_that_is_elsewhere_does_not_count(carrier: str) -> None:
    reader = compile_reader(api_key(carrier))
    with pytest.raises(AuthorizationHeaderMissing, match="X-Key"):
        reader(
            lambda name: "Bearer abc" if name == "Authorization" else None, {"token": "Bearer abc"}, "x-key=a"
        )


def test_the_first_of_two_values_counts() -> None:
    assert read(api_key("query"), {}, {}, "X-Key=a&X-Key=b") == "a"
