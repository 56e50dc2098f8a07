"""Which tokens are accepted, which are refused, and how."""

from __future__ import annotations

import hashlib
import json
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.auth.identity import NoVerifier, verifiers_for_builtin
from macaron_runner.auth.tokens import Issuer
from macaron_runner.auth.verifiers import TokenVerifier, compile_verifiers
from macaron_runner.diagnostics import BadConfiguration, Location
from macaron_runner.errors import TokenExpired, TokenInvalid
from tests.support.authentication import NOW, OLD_SECRET, SECRET, Clock, make_token, settings
from tests.support.tokens import base64url, sign

ACCEPTED = {
    "plain": make_token(),
    "audience_list": make_token({"aud": ["x", "audience"]}),
    "no_kid": make_token(header={"kid": None}),
    "kid": make_token(header={"kid": "main"}),
    "second_kid": make_token(header={"kid": "old"}, secret=OLD_SECRET),
    "no_typ": make_token(header={"typ": None}),
    "no_iat": make_token({"iat": None}),
    "fractions": make_token({"exp": NOW + 0.5, "iat": NOW - 0.5}),
    "expired_within_leeway": make_token({"exp": NOW - 29}),
    "not_yet_within_leeway": make_token({"nbf": NOW + 29}),
    "issued_in_the_future_within_leeway": make_token({"iat": NOW + 29}),
    "other_claims": make_token({"roles": ["a"], "nested": {"a": 1}, "number": 1.5}),
}

REFUSED = {
    "bad_signature": make_token(secret="another secret, also of thirty-two bytes"),
    "wrong_issuer": make_token({"iss": "evil"}),
    "issuer_list": make_token({"iss": ["issuer"]}),
    "no_issuer": make_token({"iss": None}),
    "wrong_audience": make_token({"aud": "other"}),
    "no_audience": make_token({"aud": None}),
    "empty_audience": make_token({"aud": []}),
    "audience_map": make_token({"aud": {"audience": 1}}),
    "audience_substring": make_token({"aud": "audience-2"}),
    "no_expiry": make_token({"exp": None}),
    "expiry_text": make_token({"exp": str(int(NOW + 3600))}),
    "expiry_true": make_token({"exp": True}),
    "expiry_list": make_token({"exp": [NOW + 3600]}),
    "expiry_giant": make_token({"exp": 10**400}),
    "expiry_infinite": make_token({"exp": float("inf")}),
    "expiry_nan": make_token({"exp": float("nan")}),
    "not_yet": make_token({"nbf": NOW + 31}),
    "not_before_text": make_token({"nbf": "soon"}),
    "issued_in_the_future": make_token({"iat": NOW + 31}),
    "issued_at_map": make_token({"iat": {}}),
    "no_subject": make_token({"sub": None}),
    "empty_subject": make_token({"sub": ""}),
    "numeric_subject": make_token({"sub": 1}),
    "subject_list": make_token({"sub": ["user-1"]}),
    "alg_none": make_token(header={"alg": "none"}),
    "alg_none_unsigned": make_token(header={"alg": "none"}).rsplit(".", 1)[0] + ".",
    "alg_None": make_token(header={"alg": "None"}),
    "no_alg": make_token(header={"alg": None}),
    "alg_list": make_token(header={"alg": ["HS256"]}),
    "alg_number": make_token(header={"alg": 256}),
    "hs512": make_token(header={"alg": "HS512"}, digest=hashlib.sha512),
    "rs256": make_token(header={"alg": "RS256"}),
    "unknown_kid": make_token(header={"kid": "other"}),
    "numeric_kid": make_token(header={"kid": 1}),
    "kid_list": make_token(header={"kid": ["main"]}),
    "kid_of_another_key": make_token(header={"kid": "old"}),
    "unnamed_second_key": make_token(secret=OLD_SECRET),
    "critical_extension": make_token(header={"crit": ["exp"], "exp": 1}),
    "detached": make_token(header={"b64": False, "crit": ["b64"]}),
    "payload_list": sign({"alg": "HS256"}, b"[]", SECRET),
    "payload_text": sign({"alg": "HS256"}, b"hello", SECRET),
    "payload_bytes": sign({"alg": "HS256"}, b"\xff\xfe", SECRET),
    "payload_deep": sign({"alg": "HS256"}, b"[" * 100_000, SECRET),
    "header_list": "W10." + make_token().split(".", 1)[1],
    "header_deep": base64url(b"[" * 100_000) + "." + make_token().split(".", 1)[1],
    "one_part": "abc",
    "two_parts": make_token().rsplit(".", 1)[0],
    "four_parts": make_token() + ".x",
    "five_parts": "a.b.c.d.e",
    "padding": make_token() + "==",
    "not_ascii": make_token() + "\xe9",
    "surrogate": make_token() + "\ud800",
    "zero_byte": make_token() + "\0",
    "empty": "",
    "dots": "..",
    "expired_and_bad_signature": make_token({"exp": NOW - 100}, secret=OLD_SECRET),
    "expired_and_wrong_issuer": make_token({"exp": NOW - 100, "iss": "evil"}),
    "expired_and_wrong_audience": make_token({"exp": NOW - 100, "aud": "other"}),
    "expired_and_no_subject": make_token({"exp": NOW - 100, "sub": None}),
    "expired_and_not_yet": make_token({"exp": NOW - 100, "nbf": NOW + 100}),
}


@pytest.mark.parametrize("token", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(verifier: TokenVerifier, token: str) -> None:
    identity = verifier(token)
    assert identity.user_id == "user-1"
    assert identity.claims["iss"] == "issuer"
    assert identity.token == token
    assert token not in repr(identity)


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED)
def test_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(TokenInvalid) as caught:
        verifier(token)
    assert SECRET not in caught.value.description


@pytest.mark.parametrize("claims", [{"exp": NOW - 30}, {"exp": 0}, {"exp": NOW - 3600, "iat": NOW - 7200}])
def test_expired(verifier: TokenVerifier, claims: dict[str, float]) -> None:
    with pytest.raises(TokenExpired):
        verifier(make_token(claims))


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_whatever_a_client_sends_is_invalid_and_never_a_crash(text: str) -> None:
    with pytest.raises(TokenInvalid):
        compile_verifiers({"users": settings()})["users"](text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64"]), json_values),
    st.dictionaries(st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "scope"]), json_values),
)
def test_whatever_a_token_says_is_an_identity_or_an_error_answer(header: object, claims: object) -> None:
    verify = compile_verifiers({"users": settings()}, clock=Clock())["users"]
    said = {"iss": "issuer", "aud": "audience", "sub": "user-1", "exp": NOW + 60} | claims  # type: ignore[operator]
    token = sign(header | {"alg": "HS256"}, json.dumps(said).encode(), SECRET)  # type: ignore[operator]
    try:
        identity = verify(token)
    except (TokenInvalid, TokenExpired):
        return
    assert (said["iss"], identity.user_id) == ("issuer", said["sub"])
    assert said["exp"] + 30 > NOW
    assert said["aud"] == "audience" or "audience" in said["aud"]


def test_a_short_secret_works_and_warns_nobody(clock: Clock) -> None:
    auth = {"users": settings(keys={"main": {"secret": "short"}})}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        issuer = Issuer.of(auth, clock=clock)
        assert issuer is not None
        assert compile_verifiers(auth, clock=clock)["users"](issuer.issue("a")).user_id == "a"
    assert caught == []


PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----"


@pytest.mark.parametrize(
    "key", [{}, {"secret": ""}, {"secret": PEM}, {"secret": '{"kty": "oct", "k": "abc"}'}]
)
def test_keys_that_cannot_be_used(key: dict[str, str]) -> None:
    auth = {
        "users": settings(keys={"main": key}),
        "others": settings(keys={"a": {"secret": SECRET}, "b": key}),
    }
    with pytest.raises(BadConfiguration) as caught:
        compile_verifiers(auth, lambda *path, key=False: Location("/".join(path), 1, 1))
    places = [str(diagnostic.location) for diagnostic in caught.value.diagnostics]
    assert places == ["auth/users/keys/main:1:1", "auth/others/keys/b:1:1"]
    assert {diagnostic.code for diagnostic in caught.value.diagnostics} == {"MAC406"}
    assert "MFkw" not in str(caught.value)


def test_a_remembered_token_dies_with_its_expiry(verifier: TokenVerifier, clock: Clock) -> None:
    token = make_token({"exp": NOW + 10})
    verifier(token)
    clock.now = NOW + 39.9
    verifier(token)
    clock.now = NOW + 40
    with pytest.raises(TokenExpired):
        verifier(token)


def test_a_remembered_token_is_not_valid_before_its_time(verifier: TokenVerifier, clock: Clock) -> None:
    token = make_token()
    verifier(token)
    clock.now = NOW - 31  # the clock was set back
    with pytest.raises(TokenInvalid):
        verifier(token)


def test_other_keys_forget_every_token(verifier: TokenVerifier, clock: Clock) -> None:
    token = make_token()
    verifier(token)
    changed = compile_verifiers({"users": settings(keys={"main": {"secret": OLD_SECRET}})}, clock=clock)[
        "users"
    ]
    with pytest.raises(TokenInvalid):
        changed(token)


def test_a_remembered_token_is_the_whole_token(verifier: TokenVerifier) -> None:
    token = make_token()
    verifier(token)
    with pytest.raises(TokenInvalid):
        verifier(token[:-1] + ("A" if token[-1] != "A" else "B"))


def test_no_handler_can_change_the_claims_of_the_next_request(verifier: TokenVerifier) -> None:
    token = make_token({"roles": ["reader"]})
    verifier(token)
    verifier(token).claims["roles"].append("admin")
    assert verifier(token).claims["roles"] == ["reader"]
    with pytest.raises(TypeError):
        verifier(token).claims["sub"] = "root"  # type: ignore[index]


def test_builtin_apis_have_one_verifier() -> None:
    several = compile_verifiers({"users": settings(), "others": settings()})
    assert verifiers_for_builtin(several) == {"users": several["users"]}
    (nobody,) = verifiers_for_builtin({}).values()
    assert isinstance(nobody, NoVerifier)
    with pytest.raises(TokenInvalid):
        nobody(make_token())
