import pytest

from macaron_runner.context import Context
from macaron_runner.crash import CrashReporter, compose_body, describe
from macaron_runner.errors import add_error

Sold = add_error("Sold", "SOLD_OUT", 409)


class Mute(Exception):
    def __str__(self):
        return self.args[5]


def raised(error):
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError("sku"), "KeyError: 'sku'"),
        (ValueError(), "ValueError"),
        (ValueError("one\ntwo"), "ValueError: one"),
        (Mute(), "Mute: <its text cannot be shown>"),
        (Sold("we are sold out"), "Sold: 409 SOLD_OUT: we are sold out"),
    ],
)
def test_an_error_in_one_line(error, text):
    assert describe(error) == text


def test_the_reporter_is_told(caplog):
    told = []
    report = CrashReporter(lambda title, body: told.append((title, body)), "shop")
    report(
        raised(KeyError("sku")),
        error_id="e1",
        context=Context(request_id="r1", user_id="alice", token="t0ken", accept_language="de"),
    )
    ((title, body),) = told
    assert title == "shop: KeyError: 'sku'"
    assert body.startswith("error_id: e1\nrequest_id: r1\nuser_id: alice\naccept_language: de\n\nTraceback")
    assert "t0ken" not in body
    (record,) = caplog.records
    assert record.error_id == "e1"
    assert record.exc_info


def test_without_a_reporter_it_is_logged(caplog):
    CrashReporter(None, "shop")(raised(ValueError("no")), error_id="e1", context=None)
    assert "shop: ValueError: no (error_id e1)" in caplog.text


@pytest.mark.parametrize("failure", [ValueError("broken"), SystemExit(3)])
def test_a_reporter_that_fails_is_only_logged(caplog, failure):
    def reporter(title, body):
        raise failure

    CrashReporter(reporter, "shop")(raised(KeyError("sku")), error_id="e1", context=None)
    assert "the error reporter failed; error_id e1" in caplog.text
    assert "KeyError" in caplog.text


def test_an_error_without_a_text_is_reported_like_any_other(caplog):
    told = []
    report = CrashReporter(lambda title, body: told.append(body), "shop")
    report(raised(Mute()), error_id="e1", context=None)
    assert "Traceback" in told[0]
    assert "Mute" in caplog.text


def test_a_body_without_context():
    assert compose_body(raised(ValueError("no")), "e1", None).splitlines()[0] == "error_id: e1"
