"""The errors of calls, as results, as exceptions and as answers."""

from __future__ import annotations

import copy
import pickle

import pytest

from macaron_runner.clients.failures import (
    CallTimeout,
    CannotSend,
    CircuitOpen,
    ClientError,
    ConnectionFailed,
    DeadlineExceeded,
    InvalidAnswer,
    RemoteError,
    TooManyCalls,
    TooManyRedirects,
)
from macaron_runner.errors import ErrorDetail, MacaronError, is_error

OWN = (
    CannotSend,
    CallTimeout,
    DeadlineExceeded,
    ConnectionFailed,
    InvalidAnswer,
    TooManyRedirects,
    CircuitOpen,
)


def test_every_kind_of_failure_has_a_code_of_its_own() -> None:
    codes = {kind.code for kind in (*OWN, TooManyCalls, RemoteError, ClientError)}
    assert len(codes) == len(OWN) + 3


@pytest.mark.parametrize("kind", OWN)
def test_a_failure_is_an_error_with_the_operation_in_its_path(kind: type[ClientError]) -> None:
    failed = kind(operation="stock.get_item")
    assert is_error(failed)
    assert failed.to_json() == {
        "status": kind.status,
        "error": kind.code,
        "error_description": kind.default_description,
        "error_id": failed.error_id,
        "path": ["stock.get_item"],
    }


def test_a_failure_of_no_operation_has_no_path() -> None:
    assert "path" not in ConnectionFailed().to_json()


def test_a_remote_error_is_what_the_other_side_said() -> None:
    failed = RemoteError(
        "sold out",
        operation="stock.reserve",
        status=409,
        code="OUT_OF_STOCK",
        error_id="an-id",
        user_message="Sorry",
        errors=[ErrorDetail("body", "/sku", "is sold")],
        remote_path=["depot.look"],
        remote_headers=(("retry-after", "7"), ("X-Inner", "secret"), ("WWW-Authenticate", "Bearer")),
    )
    assert failed.to_json() == {
        "status": 409,
        "error": "OUT_OF_STOCK",
        "error_description": "sold out",
        "error_id": "an-id",
        "user_message": "Sorry",
        "errors": [{"location": "body", "pointer": "/sku", "message": "is sold"}],
        "path": ["stock.reserve", "depot.look"],
    }
    assert failed.headers == {"Retry-After": "7", "WWW-Authenticate": "Bearer"}


def test_an_error_in_a_form_that_is_not_known_says_only_that_there_was_one() -> None:
    failed = RemoteError(operation="stock.reserve", status=418, remote_body=b"a teapot of host 10.0.0.7")
    shown = failed.to_json()
    assert (shown["status"], shown["error"]) == (418, "REMOTE_ERROR")
    assert "10.0.0.7" not in str(shown)


@pytest.mark.parametrize(("seconds", "header"), [(0.2, "1"), (14.6, "15")])
def test_who_is_turned_away_is_told_when_to_come_back(seconds: float, header: str) -> None:
    assert CircuitOpen(retry_after=seconds).headers == {"Retry-After": header}
    assert TooManyCalls(retry_after=seconds).headers == {"Retry-After": header}


def test_the_status_of_one_remote_error_is_not_that_of_others() -> None:
    RemoteError(status=404)
    assert MacaronError("x").status == 500
    assert ClientError("x").status == 502


def test_a_failure_shows_what_it_is() -> None:
    failed = RemoteError("sold out", status=409, code="OUT_OF_STOCK", operation="stock.reserve")
    assert repr(failed) == "<RemoteError 409 OUT_OF_STOCK of stock.reserve: sold out>"
    assert repr(CallTimeout("late")) == "<CallTimeout 504 CALL_TIMEOUT: late>"


def test_a_remote_error_may_be_copied_and_travel() -> None:
    failed = RemoteError("gone", status=410, code="GONE", error_id="an-id", operation="stock.get_item")
    there = pickle.loads(pickle.dumps(failed))
    assert (there.to_json(), copy.deepcopy(failed).to_json()) == (failed.to_json(), failed.to_json())
