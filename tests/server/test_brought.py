"""What of a request's headers becomes its context."""

import pytest

from macaron_runner.server.incoming import Incoming

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def context_of(**headers):
    return Incoming({f"HTTP_{name.upper()}": value for name, value in headers.items()}, {}).context()


def test_everything_a_request_brings():
    here = context_of(
        x_request_id="r1",
        x_request_deadline="1764345600.25",
        accept_language="de-CH, de;q=0.9, *;q=0.5",
        traceparent=PARENT,
        tracestate="congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
        pymcallid="c1",
        pymcallpath="a.b",
    )
    assert here.facts() == {
        "request_id": "r1",
        "call_id": "c1",
        "call_path": "a.b",
        "deadline": 1764345600.25,
        "accept_language": "de-CH, de;q=0.9, *;q=0.5",
        "traceparent": PARENT,
    }
    assert here.tracestate == "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"


def test_a_request_that_brings_nothing():
    here = context_of()
    assert here.facts() == {"request_id": here.request_id, "call_id": here.request_id}


@pytest.mark.parametrize(
    "parent",
    [
        PARENT.upper(),
        f"{PARENT}-more",
        f"{PARENT},{PARENT}",
        f"ff{PARENT[2:]}",
        f"01{PARENT[2:]}more",
        PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
        PARENT.replace("00f067aa0ba902b7", "0" * 16),
        f"{PARENT}\n",
    ],
)
def test_what_is_no_trace_is_not_passed_on(parent):
    here = context_of(traceparent=parent, tracestate="a=1")
    assert (here.traceparent, here.tracestate) == ("", "")


def test_a_trace_of_a_later_version_is_passed_on_as_it_is():
    later = f"01{PARENT[2:]}-more"
    assert context_of(traceparent=later).traceparent == later


@pytest.mark.parametrize("text", ["soon", "-1", "1e9", "inf", "nan", "1" * 12, "1.", "\u0661"])
def test_what_is_no_time_is_no_deadline(text):
    assert context_of(x_request_deadline=text).deadline is None


@pytest.mark.parametrize("text", ['de"', "de\n", "d\xe9", "<de>", "a" * 257])
def test_what_is_no_language_is_not_passed_on(text):
    assert context_of(accept_language=text).accept_language == ""
