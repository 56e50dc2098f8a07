"""Containers as `docker inspect` shows them, and what that means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from macaron_runner.deploy.compose.seen import read_containers, sight_of

NOW = 1_795_874_400
"""2026-11-28T14:00:00Z."""


def inspected(state: dict[str, Any], **more: Any) -> bytes:
    container = {
        "Id": "f00",
        "State": {"Status": "running", "ExitCode": 0, "StartedAt": "2026-11-28T13:59:50.123456789Z", **state},
        "Config": {"Labels": {"com.docker.compose.service": "web", "io.macaron.version": "v1"}},
        **more,
    }
    return f"{NOW}\n{json.dumps([container])}".encode()


@pytest.mark.parametrize(
    ("state", "ready", "broken", "why"),
    [
        ({"Health": {"Status": "healthy", "Log": []}}, True, False, "is healthy"),
        ({"Health": {"Status": "starting"}}, False, False, "is starting"),
        ({"Health": {"Status": "unhealthy"}}, False, True, "is unhealthy"),
        ({}, True, False, "runs"),
        ({"Health": {"Status": "none"}}, True, False, "runs"),
        ({"StartedAt": "2026-11-28T13:59:58Z"}, False, False, "starts"),
        ({"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}, False, False, "is created"),
        ({"Status": "exited", "ExitCode": 78}, False, True, "ended with exit code 78"),
        (
            {"Status": "restarting", "ExitCode": 1},
            False,
            True,
            "ends and is started again (ended with exit code 1)",
        ),
    ],
)
def test_what_a_state_means(state: dict[str, Any], ready: bool, broken: bool, why: str) -> None:
    sight = sight_of("web", read_containers(inspected(state)))
    assert (sight.ready, sight.broken, sight.why, sight.version) == (ready, broken, why, "v1")


def test_one_that_had_to_be_started_again_is_broken_until_it_is_healthy() -> None:
    starting = inspected({"Health": {"Status": "starting"}}, RestartCount=2)
    healthy = inspected({"Health": {"Status": "healthy"}}, RestartCount=2)
    assert sight_of("web", read_containers(starting)).broken
    assert not sight_of("web", read_containers(healthy)).broken


def test_what_is_not_there_is_broken() -> None:
    assert read_containers(b"1\n") == ()
    assert (sight_of("web", ()).broken, sight_of("web", ()).why) == (True, "is not there")


def test_the_likely_cause_and_the_last_answer() -> None:
    (one,) = read_containers(inspected({"Status": "exited", "ExitCode": 137, "OOMKilled": True}))
    assert one.cause == "it needed more memory than it may use"
    (one,) = read_containers(inspected({"Status": "exited", "ExitCode": 3}))
    assert one.cause == ""
    log = [{"Output": "an old one"}, {"Output": "web: does not answer\n"}]
    (one,) = read_containers(inspected({"Health": {"Status": "unhealthy", "Log": log}}))
    assert (one.answer, one.cause) == ("web: does not answer", "its health check fails")


def test_the_ports_on_the_host() -> None:
    ports = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}], "9000/tcp": None}
    (one,) = read_containers(inspected({}, NetworkSettings={"Ports": ports}))
    assert one.ports == (32768,)
