"""No request makes a service fail, however broken it is: many of them, in process and over a socket."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings

from tests.fuzzing.application import FILE, fuzzed
from tests.fuzzing.judgement import judge
from tests.fuzzing.requests import CHUNKED, RIGHT, Request, requests
from tests.support.service import RunningService

bounded = settings(
    phases=(Phase.generate, Phase.shrink),
)


def test_what_is_right_is_taken() -> None:
    with fuzzed() as service:
        statuses = {request.target: service.ask(request)[0] for request in RIGHT}
    assert {target for target, status in statuses.items() if status != 200} == {b"/secure"}


def test_in_process() -> None:
    with fuzzed() as service:

        @settings(bounded, max_examples=400)
        @given(requests())
        def hold(request: Request) -> None:
            service.judge(request)

        hold()


@pytest.mark.service
def test_over_a_socket() -> None:
    with RunningService(FILE) as service:

        def ask(request: Request) -> int:
            method = request.method.decode()
            answer = service.raw(request.to_bytes(), method=method, is_all=True)
            judge(method, answer.status, answer.headers, answer.body)
            return answer.status

        @settings(bounded, max_examples=400)
        @given(requests(RIGHT + CHUNKED))
        def hold(request: Request) -> None:
            ask(request)

        assert [ask(request) for request in CHUNKED] == [200, 200]
        hold()
        assert "Traceback" not in service.log
