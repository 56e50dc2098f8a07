"""The course of a call: what is sent again and what never is, how long is waited, and how it ends."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.clients.breaker import Breaker, NoBreaker
from macaron_runner.clients.course import Deadline, course
from macaron_runner.clients.drivers import run
from macaron_runner.clients.failures import (
    CallTimeout,
    CircuitOpen,
    ClientError,
    ConnectionFailed,
    InvalidAnswer,
)
from macaron_runner.clients.outgoing import (
    Answer,
    Broken,
    Garbled,
    NotConnected,
    TimedOut,
    TooLong,
    TransportError,
)
from tests.support.played import NOW, RULES, Played, request

FINE = (200, {}, b"fine")
REFUSED = NotConnected("refused")
BROKEN = Broken("reset")


def test_a_call_that_succeeds_is_one_request() -> None:
    played = Played([FINE])
    assert played.call(request()) == Answer(200, (), b"fine")
    assert len(played.sent) == 1
    assert played.waits == []
    assert (played.patience[0].connect, played.patience[0].total) == (2.0, 30.0)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    "fault",
    [BROKEN, Garbled("half"), (200, {}, Garbled("cut short")), (503, {}), (502, {}), (504, {}), (429, {})],
)
def test_what_is_idempotent_is_sent_again(method: str, fault: Any) -> None:
    played = Played([fault, fault, FINE])
    assert played.call(request(method)).body == b"fine"
    assert len(played.sent) == 3


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        (BROKEN, ConnectionFailed),
        (Garbled("half"), InvalidAnswer),
        ((200, {}, Garbled("cut short")), InvalidAnswer),
        (TimedOut("late"), CallTimeout),
    ],
)
def test_what_is_not_idempotent_is_sent_once(method: str, fault: Any, ends: type[ClientError]) -> None:
    played = Played([fault, FINE])
    with pytest.raises(ends) as failure:
        played.call(request(method, body=b"{}"))
    assert len(played.sent) == 1
    assert failure.value.operation == "stock.items"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_nor_is_it_sent_again_when_the_other_side_says_later(status: int) -> None:
    played = Played([(status, {"Retry-After": "0"}), FINE])
    assert played.call(request("POST", body=b"{}")).status == status
    assert len(played.sent) == 1


def test_unless_its_document_says_that_it_may_be() -> None:
    played = Played([BROKEN, FINE])
    assert played.call(request("POST", body=b"", **{"x-idempotent": True})).status == 200
    with pytest.raises(ConnectionFailed):
        Played([BROKEN, FINE]).call(request("PUT", body=b"", **{"x-idempotent": False}))


@pytest.mark.parametrize("body", [None, b"{}", iter([b"piece"])])
def test_anything_is_sent_again_of_which_nothing_was_sent(body: Any) -> None:
    played = Played([REFUSED, TimedOut("no connection", sent=False), FINE])
    assert played.call(request("POST", body=body)).status == 200
    assert len(played.sent) == 3


def test_a_body_that_is_gone_is_not_sent_again() -> None:
    played = Played([BROKEN, FINE])
    with pytest.raises(ConnectionFailed):
        played.call(request("PUT", body=iter([b"piece"])))
    assert len(played.sent) == 1


def test_trying_ends_after_so_many_times_with_what_came_last() -> None:
    played = Played([REFUSED, (503, {}), REFUSED, (503, {}, b"busy"), FINE])
    assert played.call(request()) == Answer(503, (), b"busy")
    assert len(played.sent) == 4
    once = Played([REFUSED, FINE], rules=RULES._replace(retries=0))
    with pytest.raises(ConnectionFailed):
        once.call(request())


def test_pauses_are_drawn_up_to_a_bound_that_doubles() -> None:
    played = Played([REFUSED] * 7 + [FINE], rules=RULES._replace(retries=9, max_backoff=1.0), chance=1.0)
    played.call(request())
    assert played.waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0])
    least = Played([REFUSED, FINE], chance=0.0)
    least.call(request())
    assert least.waits == [0.0]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"retry-after": " 3 "}, 3.0),
        ({"Retry-After": "0"}, 0.05),
        ({"Retry-After": "Fri, 15 Jan 2027 08:00:07 GMT"}, 7.0),
        ({"Retry-After": "Fri, 15 Jan 2027 09:00:07 GMT", "Date": "Fri, 15 Jan 2027 09:00:05 GMT"}, 2.0),
        ({"Retry-After": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.05),
        ({"Retry-After": "soon"}, 0.05),
        ({"Retry-After": "-1"}, 0.05),
        ({"Retry-After": "Fri, 99 Jan 2027 08:00:07 GMT"}, 0.05),
        ({"Retry-After": "٣"}, 0.05),
        ({}, 0.05),
    ],
)
def test_retry_after_is_waited_for(headers: dict[str, str], seconds: float) -> None:
    assert NOW == 1_800_000_000  # Fri, 15 Jan 2027 08:00:00 GMT
    played = Played([(503, headers), FINE])
    assert played.call(request()).status == 200
    assert played.waits == [pytest.approx(seconds)]


@pytest.mark.parametrize("wait", ["30", "99999999999999999999999999999", "Fri, 15 Jan 2027 08:00:31 GMT"])
def test_where_that_is_longer_than_is_left_nobody_waits(wait: str) -> None:
    played = Played([(503, {"Retry-After": wait}, b"busy"), FINE])
    assert played.call(request()).status == 503
    assert played.waits == []


def test_the_deadline_ends_the_trying() -> None:
    played = Played([4.0, REFUSED, 4.0, REFUSED, 2.0, TimedOut("late")], chance=0.0)
    with pytest.raises(CallTimeout):
        played.call(request(), timeout=10.0)
    assert [patience.total for patience in played.patience] == pytest.approx([10.0, 6.0, 2.0])
    assert [patience.connect for patience in played.patience] == pytest.approx([2.0, 2.0, 2.0])
    late = Played([9.95, REFUSED, FINE], chance=1.0)
    with pytest.raises(ConnectionFailed):
        late.call(request(), timeout=10.0)
    assert late.patience[0].connect == 2.0


def test_an_answer_that_is_too_long_is_not_asked_for_again() -> None:
    played = Played([(200, {}, b"x" * 1001), FINE])
    with pytest.raises(InvalidAnswer):
        played.call(request())
    assert len(played.sent) == 1
    assert Played([(200, {}, b"x" * 1000)]).call(request()).status == 200


def test_a_stream_is_left_to_be_read_but_an_error_is_read() -> None:
    played = Played([(503, {}, b"busy"), (200, {}, Garbled("unread"))])
    assert played.call(request(), stream=True).body.args == ("unread",)
    assert Played([(404, {}, b"x" * 2000)]).call(request(), stream=True) == Answer(404, (), b"x" * 2000)


def test_what_is_not_a_transports_error_ends_the_call() -> None:
    class Bad:
        def send(self, *_: Any) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(course(request(), RULES, Deadline(1e12), NoBreaker()), Bad())


# The breaker


def broken_by(*script: Any, **options: Any) -> tuple[Breaker, Played]:
    breaker = Breaker(2, 30.0, 15.0)
    return breaker, Played(list(script), breaker, RULES._replace(retries=0), **options)


def test_failures_in_a_row_open_the_circuit_then_one_call_tries() -> None:
    _, played = broken_by((503, {}), BROKEN, BROKEN, FINE, FINE)
    played.call(request())
    with pytest.raises(ConnectionFailed):
        played.call(request())
    with pytest.raises(CircuitOpen) as refusal:
        played.call(request())
    assert len(played.sent) == 2
    assert refusal.value.headers["Retry-After"] == "15"
    played.now += 15.0
    with pytest.raises(ConnectionFailed):
        played.call(request())
    with pytest.raises(CircuitOpen):
        played.call(request())
    played.now += 15.0
    assert played.call(request()).status == 200
    assert played.call(request()).status == 200


def test_the_circuit_opens_between_two_tries() -> None:
    breaker = Breaker(2, 30.0, 15.0)
    played = Played([(503, {}, b"busy"), (503, {}, b"busy"), FINE], breaker)
    assert played.call(request()) == Answer(503, (), b"busy")
    assert len(played.sent) == 2


@pytest.mark.parametrize("good", [(200, {}), (404, {}), (500, {}), (429, {}), (200, {}, b"x" * 1001)])
def test_any_answer_of_one_that_is_at_work_is_none_of_them(good: Any) -> None:
    _, played = broken_by((503, {}), good, (503, {}), (200, {}), (503, {}), FINE)
    for _ in range(6):
        try:
            played.call(request("POST"))
        except InvalidAnswer:
            assert good[2:]
    assert len(played.sent) == 6


def test_that_nobody_waited_is_not_its_fault() -> None:
    _, played = broken_by(*[TimedOut("late")] * 9)
    for _ in range(5):
        with pytest.raises(CallTimeout):
            played.call(request(), own=False)
    for _ in range(2):
        with pytest.raises(CallTimeout):
            played.call(request())
    with pytest.raises(CircuitOpen):
        played.call(request())


# All of it at once

OUTCOMES: Any = st.one_of(
    st.builds(
        lambda status, wait: (status, {"Retry-After": wait} if wait else {}, b""),
        st.sampled_from([200, 204, 301, 400, 404, 429, 500, 502, 503, 504]),
        st.sampled_from(["", "0", "1", "100", "soon"]),
    ),
    st.sampled_from([REFUSED, BROKEN, Garbled("x"), TooLong("x"), TimedOut("x"), TimedOut("x", sent=False)]),
    st.floats(0.0, 20.0),
)


@given(
    script=st.lists(OUTCOMES, max_size=12),
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    retries=st.integers(0, 5),
    timeout=st.floats(0.01, 40.0),
    chance=st.floats(0.0, 1.0, exclude_max=True),
    replayable=st.booleans(),
)
def test_whatever_happens(
    script: list[Any], method: str, retries: int, timeout: float, chance: float, replayable: bool
) -> None:
    """It ends in an answer or a ClientError, in time, and nothing is done twice that must not be."""
    outcomes = [step for step in [*script, FINE] if not isinstance(step, float)]
    played = Played([*script, FINE], rules=RULES._replace(retries=retries), chance=chance)
    outgoing = request(method, body=b"" if replayable else iter([b""]))
    with contextlib.suppress(ClientError):
        played.call(outgoing, timeout=timeout)
    assert sum(played.waits) < timeout
    assert len(played.sent) <= retries + 1
    if method in {"POST", "PATCH"} or not replayable:
        before = outcomes[: len(played.sent) - 1]
        assert all(isinstance(step, TransportError) and not step.sent for step in before)
