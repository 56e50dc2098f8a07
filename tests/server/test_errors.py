import pytest
from werkzeug.exceptions import Aborter, HTTPException, TooManyRequests
from werkzeug.wrappers import Response

from macaron_runner import context
from macaron_runner.errors import (
    BadResponse,
    ErrorDetail,
    InvalidParameter,
    MacaronError,
    NotImplementedYet,
    TokenExpired,
)
from macaron_runner.server.errors import as_macaron_error, compile_errors, compile_form, error_class
from macaron_runner.server.incoming import Reply

abort = Aborter()


class Unavailable(MacaronError):
    code, status = "UNAVAILABLE", 503


@pytest.fixture
def crashes():
    """Give the list of what was reported: (error, id)."""
    found: list[tuple[BaseException, str]] = []

    def report(error, *, error_id, context):
        found.append((error, error_id))

    context.activate(context.Service("shop", "1", report_crash=report))
    return found


def raised_by_abort(*arguments) -> HTTPException:
    with pytest.raises(HTTPException) as caught:
        abort(*arguments)
    return caught.value


def body_of(reply):
    import json

    return json.loads(reply.body)


@pytest.mark.parametrize(
    ("arguments", "code", "description"),
    [
        ((404,), "NOT_FOUND", "There is nothing at this path"),
        ((404, "no such order"), "NOT_FOUND", "no such order"),
        ((403,), "FORBIDDEN", "You may not do this"),
        ((400,), "INVALID_PARAMETER", "The request does not fit the API's description"),
        ((410,), "GONE", "Gone"),
        ((418,), "IM_A_TEAPOT", "I'm a Teapot"),
        ((422, "hm"), "UNPROCESSABLE_CONTENT", "hm"),
        ((503, "back soon"), "SERVICE_UNAVAILABLE", "back soon"),
        ((500,), "SERVER_ERROR", "The server could not answer this request"),
        ((501,), "NOT_IMPLEMENTED", "This operation is not implemented"),
    ],
)
def test_abort(arguments, code, description):
    error = as_macaron_error(raised_by_abort(*arguments))
    assert (error.status, error.code, error.description) == (arguments[0], code, description)


def test_headers_of_werkzeug_stay():
    assert as_macaron_error(TooManyRequests(retry_after=7)).headers == {"Retry-After": "7"}


def test_nonstandard_status():
    assert error_class(499).code == "HTTP_499"
    assert error_class(499) is error_class(499)


def test_what_python_says_stays_inside(crashes):
    problem = RuntimeError("password=hunter2 in /srv/shop.py")
    reply = compile_errors(compile_form("macaron"), None)(problem)
    assert b"hunter2" not in reply.body
    assert reply.status == 500
    assert crashes == [(problem, body_of(reply)["error_id"])]


def test_what_the_service_wrote_for_clients_is_sent(crashes):
    reply = compile_errors(compile_form("macaron"), None)(
        Unavailable("come back at noon", headers={"Retry-After": "60"})
    )
    assert body_of(reply)["error_description"] == "come back at noon"
    assert ("Retry-After", "60") in reply.headers
    assert len(crashes) == 1


def test_errors_of_clients_are_not_reported(crashes):
    reply = compile_errors(compile_form("macaron"), None)(TokenExpired())
    assert dict(reply.headers)["WWW-Authenticate"].startswith("Bearer error=")
    assert crashes == []


@pytest.mark.parametrize("problem", [NotImplementedYet("nothing fits"), raised_by_abort(501, "nothing fits")])
def test_what_is_not_implemented_is_a_line_in_the_log_and_no_crash(crashes, caplog, problem):
    reply = compile_errors(compile_form("macaron"), None)(problem)
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert "nothing fits" in record.getMessage()
    assert body_of(reply)["error_id"] in record.getMessage()
    assert crashes == []


def test_details_of_a_bad_response_go_to_the_report(crashes):
    error = BadResponse(errors=[ErrorDetail("body", "/id", "is not a number")])
    assert "errors" not in body_of(compile_errors(compile_form("macaron"), None)(error))
    assert error.__notes__[1:] == ["body /id: is not a number"]


def test_problem_details(crashes):
    error = InvalidParameter(
        "wrong", user_message="Sorry", errors=[ErrorDetail("query", "/limit", "is too small")]
    )
    reply = compile_errors(compile_form("problem"), None)(error)
    assert dict(reply.headers)["Content-Type"] == "application/problem+json"
    assert body_of(reply) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "wrong",
        "error": "INVALID_PARAMETER",
        "error_id": error.error_id,
        "user_message": "Sorry",
        "errors": [{"location": "query", "pointer": "/limit", "message": "is too small"}],
    }


class TestErrorHandler:
    @pytest.mark.parametrize(
        ("value", "status", "content_type", "body"),
        [
            ({"oops": 1}, 401, "application/json", b'{"oops":1}'),
            (({"oops": 1}, 400), 400, "application/json", b'{"oops":1}'),
            ("oops", 401, "text/plain; charset=utf-8", b"oops"),
        ],
    )
    def test_values(self, crashes, value, status, content_type, body):
        reply = compile_errors(compile_form("macaron"), lambda error: value)(TokenExpired())
        assert isinstance(reply, Reply)
        assert (reply.status, dict(reply.headers)["Content-Type"], reply.body) == (status, content_type, body)
        assert "WWW-Authenticate" in dict(reply.headers)

    def test_responses(self, crashes):
        reply = compile_errors(compile_form("macaron"), lambda error: Response("x", 400))(TokenExpired())
        assert isinstance(reply, Response)
        assert "WWW-Authenticate" in reply.headers

    @pytest.mark.parametrize("failure", [KeyError, SystemExit, BadResponse])
    def test_failure_falls_back_on_ours(self, crashes, failure):
        def fails(error):
            if failure is BadResponse:
                return "x", 99
            raise failure("secret")

        reply = compile_errors(compile_form("macaron"), fails)(TokenExpired())
        assert body_of(reply)["error"] == "TOKEN_EXPIRED"
        assert [type(error) for error, _ in crashes] == [failure]

    def test_none_leaves_it_to_us(self, crashes):
        reply = compile_errors(compile_form("macaron"), lambda error: None)(TokenExpired())
        assert body_of(reply)["error"] == "TOKEN_EXPIRED"
        assert crashes == []

    def test_may_be_a_coroutine(self, crashes):
        async def answer(error):
            return {"oops": error.code}

        assert body_of(compile_errors(compile_form("macaron"), answer)(TokenExpired())) == {
            "oops": "TOKEN_EXPIRED"
        }


def test_abort_with_a_response_is_that_response(crashes):
    reply = compile_errors(compile_form("macaron"), None)(raised_by_abort(Response("mine", 400)))
    assert isinstance(reply, Response)
    assert reply.get_data() == b"mine"


def test_without_a_reporter_it_is_logged(caplog):
    context.activate(context.Service("shop", "1"))
    reply = compile_errors(compile_form("macaron"), None)(RuntimeError("inner"))
    assert body_of(reply)["error_id"] in caplog.text
