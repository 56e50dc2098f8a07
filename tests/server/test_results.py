"""The forms of what a handler returns: which are tuples of value, status and headers, and which cannot be sent."""

from http import HTTPStatus

import pytest

from macaron_runner.errors import BadResponse
from macaron_runner.server.results import parts_of


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        ("x", ("x", 200, ())),
        (("x", 201), ("x", 201, ())),
        (("x", HTTPStatus.ACCEPTED), ("x", 202, ())),
        (("x", 201, None), ("x", 201, ())),
        (("x", 201, {"X-Count": 3}), ("x", 201, (("X-Count", "3"),))),
        (("x", 201, [("A", "1"), ("A", "2")]), ("x", 201, (("A", "1"), ("A", "2")))),
        (("x", 201, {"X-Name": "café\t!"}), ("x", 201, (("X-Name", "café\t!"),))),
        # These are values: arrays, all of them.
        ((1,), ((1,), 200, ())),
        ((1, True), ((1, True), 200, ())),
        ((1, "201"), ((1, "201"), 200, ())),
        ((1, 2, 3, 4), ((1, 2, 3, 4), 200, ())),
    ],
)
def test_parts(result, parts):
    assert parts_of(result, 200) == parts


@pytest.mark.parametrize("status", [-1, 0, 99, 100, 199, 600, 1000])
def test_a_status_that_ends_no_request(status):
    with pytest.raises(BadResponse):
        parts_of(("x", status), 200)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-Evil: 1"),
        ("X-A\r\nX-Evil", "1"),
        ("X-A", "1\n"),
        ("X-A", "\x00"),
        ("X-A", "€"),
        ("X A", "1"),
        ("X-A:", "1"),
        ("", "1"),
        ("é", "1"),
    ],
)
def test_headers_that_cannot_be_sent(name, value):
    with pytest.raises(BadResponse) as caught:
        parts_of(("x", 200, {name: value}), 200)
    assert caught.value.errors[0].pointer == "/headers"
