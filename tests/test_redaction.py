"""No secret survives in a text, in whatever form; what is no secret stays as it is; and it costs next to nothing."""

from __future__ import annotations

import ast
import base64
import copy
import html
import json
import logging
import pickle
import pprint
import string
import time
import traceback
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from macaron_runner.logs import JsonFormatter, TextFormatter
from macaron_runner.redaction import LONG, NOTHING, PLAIN_WORDS, SHORTEST, SHOWN, Redactor

ODD = "p@ss/w:rd%\"'\n"
LONG_ONE = "sk_live_4eC39HqLyjWDarjtT1zdp7dcQ2xWvB8n"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n"

PLAIN = string.ascii_letters + string.digits + "_.~-"
"""What only Base64 changes."""

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "repr": repr,
    "repr of a text in which it is": lambda value: repr(f"it's {value}"),
    "ascii": ascii,
    "repr of bytes": lambda value: repr(value.encode()),
    "JSON": json.dumps,
    "JSON in Unicode": lambda value: json.dumps(value, ensure_ascii=False),
    "JSON of orjson": lambda value: orjson.dumps({"a": value}).decode(),
    "JSON in JSON": lambda value: json.dumps({"a": json.dumps([value])}),
    "JSON in a repr": lambda value: repr(json.dumps([value])),
    "a component of a URL": lambda value: quote(value, safe=""),
    "a path": quote,
    "a form": quote_plus,
    "a component in lower case": lambda value: quote(value, safe="").lower() if value.islower() else value,
    "encoded twice": lambda value: quote(quote(value, safe=""), safe=""),
    "a URL in JSON": lambda value: json.dumps(quote(value, safe="/:@")),
    "HTML": html.escape,
    "HTML with references": lambda value: "".join(f"&#{ord(one)};" if one not in PLAIN else one for one in value),
    "Base64": lambda value: base64.b64encode(value.encode()).decode(),
    "Base64 for URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "Base64 in a URL": lambda value: quote(base64.b64encode(value.encode()), safe=""),
    "Basic credentials": lambda value: base64.b64encode(f"user:{value}".encode()).decode(),
    "Basic credentials, again": lambda value: base64.b64encode(f"a:{value}!".encode()).decode(),
}  # fmt: skip
"""The forms in which a value is looked for."""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "value", [ODD, LONG_ONE, "пароль и пробел", "a\\b\\\\c&<d>", "🔑 key $HOME", "tab\there!!", "@@%%//::"]
)
def test_a_secret_is_found_in_every_form(value: str, form: str) -> None:
    shown = Redactor([("one", value)]).redact(f"before {FORMS[form](value)} after")
    assert "‹secret one›" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert_gone(value, shown)


def assert_gone(value: str, shown: str) -> None:
    for name, form in FORMS.items():
        encoded = form(value)
        core = encoded if len(encoded) < 12 else encoded[4:-4]  # Base64 may keep a few bits at both ends
        assert core not in shown, name


values = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="‹›"), min_size=SHORTEST, max_size=40
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="‹›"), max_size=30)


@given(value=values, before=texts, after=texts, form=st.sampled_from(sorted(FORMS)))
@example(ODD, "", "", "repr")
@example("aaaaaa", "aaa", "aaa", "Base64")
def test_no_value_survives(value: str, before: str, after: str, form: str) -> None:
    assume(value.strip().lower() not in PLAIN_WORDS)
    assume(len(value.strip()) >= SHORTEST)
    assume(value.strip() not in "‹secret one›")
    redactor = Redactor([("one", value)])
    shown = redactor.redact(before + FORMS[form](value) + after)
    assert "‹secret one›" in shown
    assert value not in shown
    assert FORMS[form](value) not in shown
    assert redactor.redact(shown) == shown


@given(value=values, text=texts)
def test_bytes_are_treated_as_texts_are(value: str, text: str) -> None:
    redactor = Redactor([("one", value)])
    for whole in (text, text + value, json.dumps([value])):
        assert redactor.redact_bytes(whole.encode()) == redactor.redact(whole).encode()


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    assert Redactor([("one", LONG_ONE)]).redact_bytes(b"\xff\xfe " + LONG_ONE.encode()) == (
        b"\xff\xfe " + "‹secret one›".encode()
    )


@given(texts)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assume("zebra" not in text)
    assert Redactor([("one", "zebra-7-zebra"), ("two", ODD)]).redact(text) == text
    assert NOTHING.redact(text) == text
    assert not NOTHING


def test_a_longer_secret_counts_before_one_that_begins_it() -> None:
    redactor = Redactor([("short", "abcdef"), ("long", "abcdef-ghijkl")])
    assert redactor.redact("abcdef-ghijkl abcdef") == "‹secret long› ‹secret short›"


def test_two_secrets_of_one_value_go_by_the_first_name() -> None:
    assert Redactor([("a", LONG_ONE), ("b", LONG_ONE)]).redact(LONG_ONE) == "‹secret a›"


def test_a_name_that_is_a_value_is_not_masked_in_a_mask() -> None:
    redactor = Redactor([("jwt_secret", "jwt_secret")])
    once = redactor.redact("jwt_secret")
    assert once == "‹secret jwt_secret›" == redactor.redact(once)


def test_what_cannot_be_told_from_ordinary_text_is_left() -> None:
    redactor = Redactor([("a", "12345"), ("b", "password"), ("c", "Secret")])
    assert redactor.redact("the password of Secret is 12345") == "the password of Secret is 12345"
    assert not redactor


def test_each_line_of_a_key_is_masked_and_its_armour_is_not() -> None:
    redactor = Redactor([("key", PEM)])
    lines = [redactor.redact(f"web | {line}") for line in PEM.splitlines()]
    assert lines == [
        "web | -----BEGIN PRIVATE KEY-----", "web | ‹secret key›", "web | ‹secret key›",
        "web | -----END PRIVATE KEY-----",
    ]  # fmt: skip
    assert redactor.redact(PEM) == "‹secret key›\n"
    indented = "".join(f"    {line}\n" for line in PEM.splitlines())
    assert "MII" not in redactor.redact(indented)


def test_the_password_of_a_url_is_masked_by_itself() -> None:
    redactor = Redactor([("broker", "amqp://user:p%40ssw0rd%2F@host/vhost")])
    assert redactor.redact("host: cannot log in with p@ssw0rd/") == "host: cannot log in with ‹secret broker›"
    assert redactor.redact("amqp://user:p%40ssw0rd%2F@host/vhost") == "‹secret broker›"
    assert redactor.redact("amqp://user:p%40ssw0rd%2F@other") == "amqp://user:‹secret broker›@other"
    assert redactor.redact("amqp://user") == "amqp://user"
    assert Redactor([("a", "http://[broken:pass@x/")]).redact("http://[broken:pass@x/") == "‹secret a›"


class Number(BaseModel):
    value: int


def test_a_value_that_was_cut_is_known_by_its_ends() -> None:
    with pytest.raises(ValidationError) as caught:
        Number.model_validate({"value": LONG_ONE + "x" * 30})
    redactor = Redactor([("stripe", LONG_ONE + "x" * 30)])
    assert LONG_ONE[:8] in str(caught.value)
    assert LONG_ONE[:8] not in redactor.redact(str(caught.value))
    assert len(LONG_ONE) >= LONG
    assert Redactor([("stripe", LONG_ONE)]).redact(f"key {LONG_ONE[:SHOWN]}…") == "key ‹secret stripe›"
    assert Redactor([("stripe", LONG_ONE)]).redact(f"key …{LONG_ONE[-SHOWN:]}") == "key …‹secret stripe›"


def test_what_everybody_begins_with_does_not_make_a_cut_value() -> None:
    token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.abcdefghijklmnop"
    redactor = Redactor([("token", token)])
    assert redactor.redact(token[:36]) == token[:36]
    assert redactor.redact(token) == "‹secret token›"


def test_json_stays_json() -> None:
    for value in (ODD.strip(), 'ends with a quote"', "ends with a backslash\\", LONG_ONE):
        line = json.dumps({"message": f"got {value}", "more": [value, 1]})
        assert json.loads(Redactor([("one", value)]).redact(line)) == {
            "message": "got ‹secret one›", "more": ["‹secret one›", 1],
        }  # fmt: skip


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("shop", logging.INFO, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


def failure(value: str) -> logging.LogRecord:
    made = record("it failed")
    try:
        raise ValueError(f"cannot use {value}") from KeyError(value)
    except ValueError as error:
        made.exc_info = (type(error), error, error.__traceback__)
    return made


@pytest.mark.parametrize("value", [ODD, LONG_ONE, PEM, "наш пароль"])
def test_the_log_shows_no_secret(value: str) -> None:
    redact = Redactor([("one", value)]).redact
    for formatter in (TextFormatter(redact), JsonFormatter(redact)):
        for each in (
            record(f"got {value}"), record("got %s", value), record("got %r", [value]), failure(value),
            record("got {}", extra=value), record("it", extra={"deep": [value]}),
        ):  # fmt: skip
            shown = formatter.format(each)
            assert_gone(value, shown)
            if isinstance(formatter, JsonFormatter):
                json.loads(shown)
    assert "‹secret one›" in TextFormatter(redact).format(failure(value))


def test_a_redactor_shows_nothing_of_itself() -> None:
    redactor = Redactor([("one", LONG_ONE), ("two", ODD)])
    assert repr(redactor) == "<Redactor of one, two>"
    redactor.redact(LONG_ONE)
    try:
        raise ValueError("with what stands around it")
    except ValueError as error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    for text in (f"{redactor}", pprint.pformat([redactor]), f"{redactor.__dir__()}", "".join(trace.format())):
        assert LONG_ONE not in text.replace("LONG_ONE", "")
        assert "p@ss" not in text
    assert copy.copy(redactor) is copy.deepcopy(redactor) is redactor
    for take in (pickle.dumps, json.dumps, vars):
        with pytest.raises(TypeError) as caught:
            take(redactor)
        assert LONG_ONE not in str(caught.value)


FIVE = Redactor(
    [("odd", ODD), ("a", LONG_ONE), ("b", "hunter2-hunter2"), ("c", "f" * 43), ("d", "postgresql://u:s3cr3t-s3@h/db")]
)  # fmt: skip
LINE = "2026-11-22T19:54:03.120Z INFO gunicorn.access GET /v1/orders/1234/items 200 348 B 3 ms 127.0.0.1 6f0c9b1e"


def seconds_of(work: Callable[[], object], times: int) -> float:
    """Return the best of several runs, per call: what else the machine does only ever adds."""

    def once() -> float:
        begun = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - begun) / times

    return min(once() for _ in range(7))


def test_a_line_without_secrets_costs_microseconds() -> None:
    assert FIVE.redact(LINE) == LINE
    assert seconds_of(lambda: FIVE.redact(LINE), 2000) < 6e-6, "about 1.5 µs on an idle machine"
    assert seconds_of(lambda: NOTHING.redact(LINE), 2000) < 1e-6


@pytest.mark.parametrize(
    "piece", ["p", "p@ss/w:rd%", "sk_live_4eC39Hq", "\\", "%25", "ZZZZ", "hunter2-", "\n    "]
)
def test_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    short, long = piece * (4_000 // len(piece)), piece * (64_000 // len(piece))
    first = seconds_of(lambda: FIVE.redact(short), 1)
    assert seconds_of(lambda: FIVE.redact(long), 1) < max(16 * first * 6, 0.01)


def test_forms_are_what_they_say() -> None:
    assert ast.literal_eval(FORMS["repr"](ODD)) == ODD
    assert json.loads(json.loads(FORMS["JSON in JSON"](ODD))["a"]) == [ODD]
