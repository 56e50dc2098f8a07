import io
import json
import logging
import re

import pytest

from macaron_runner import context, logs

CONTEXT = context.Context(request_id="r1", call_id="c1", user_id="alice", token="secret-token")


@pytest.fixture
def configured():
    """Give logs.configure, and put the root logger back afterwards."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    stream = io.StringIO()
    yield lambda level="info", form="text": logs.configure(level, form, stream=stream) or stream
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    logging.captureWarnings(capture=False)


def test_text(configured):
    stream = configured()
    logging.getLogger("shop").info("sold %d", 3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO shop sold 3\n", stream.getvalue())


def test_text_has_the_request_and_the_user_but_not_the_token(configured):
    stream = configured()
    with context.entered(CONTEXT):
        logging.getLogger("shop").warning("sold out")
    assert " WARNING shop [r1 alice] sold out\n" in stream.getvalue()
    assert "secret-token" not in stream.getvalue()


def test_a_message_cannot_pose_as_a_record(configured):
    stream = configured()
    logging.getLogger("shop").info("first\n2026-11-22T00:00:00.000Z ERROR shop forged")
    assert stream.getvalue().splitlines()[1].startswith("    2026")


def test_a_traceback_follows_indented(configured):
    stream = configured()
    try:
        raise KeyError("sku")
    except KeyError:
        logging.getLogger("shop").exception("failed")
    lines = stream.getvalue().splitlines()
    assert lines[1] == "    Traceback (most recent call last):"
    assert lines[-1] == "    KeyError: 'sku'"


def test_json(configured):
    stream = configured(form="json")
    with context.entered(CONTEXT):
        logging.getLogger("shop").error("two\nlines ünd", extra={"error_id": "e1", "where": object})
    (line,) = stream.getvalue().splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "error",
        "logger": "shop",
        "message": "two\nlines ünd",
        "request_id": "r1",
        "call_id": "c1",
        "user_id": "alice",
        "error_id": "e1",
        "where": "<class 'object'>",
    }


def test_json_keeps_a_traceback_in_one_field(configured):
    stream = configured(form="json")
    logging.getLogger("shop").error("failed", exc_info=ValueError("no"))
    assert json.loads(stream.getvalue())["traceback"].endswith("ValueError: no")


def test_the_level_holds(configured):
    stream = configured(level="warning")
    logging.getLogger("shop").info("not this")
    assert stream.getvalue() == ""


def test_configuring_again_replaces(configured):
    configured()
    stream = configured()
    logging.getLogger("shop").info("once")
    assert stream.getvalue().count("once") == 1
