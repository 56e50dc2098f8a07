"""One workload as a service of a compose file."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.deploy.compose_service import compose_service, escaped
from macaron_runner.deploy.workloads import Workload
from tests.deploy.planned import plan_of, write_service

SERVICE = """
    server: {bind: 0.0.0.0:8080, graceful_timeout: 1500ms}
    tasks: {broker: embedded, schedules: {nightly: {task: shop.jobs.report, every: 1h}}}
    """


@pytest.fixture
def workloads(tmp_path: Path) -> dict[str, Workload]:
    file = write_service(
        tmp_path, "{type: compose, host: localhost, directory: /srv/shop, memory: 1MiB}", SERVICE
    )
    return {each.name: each for each in plan_of(file, "live").workloads}


def test_each_workload_is_asked_in_its_own_way(workloads: dict[str, Workload]) -> None:
    checks = {name: compose_service(each, "shop")["healthcheck"] for name, each in workloads.items()}
    tests = {name: " ".join(check.get("test", ())) for name, check in checks.items()}
    assert tests["web"].endswith("health web --at 127.0.0.1:8080 --ready")
    assert tests["worker-default"].endswith("health worker /app/macaron.yaml --pool default --ready")
    assert tests["broker"].endswith("/var/lib/macaron/broker.sock")
    assert checks["scheduler"] == {"disable": True}  # else the image's own check would ask it for a web


def test_it_has_time_to_stop_and_is_locked_in(workloads: dict[str, Workload]) -> None:
    web = compose_service(workloads["web"], "shop@sha256:0")
    assert (web["stop_signal"], web["stop_grace_period"], web["mem_limit"]) == ("SIGTERM", "7s", 1024 * 1024)
    assert (web["image"], web["command"], web["user"]) == ("shop@sha256:0", ["--only", "web"], "10001:10001")
    assert (web["read_only"], web["cap_drop"]) == (True, ["ALL"])


def test_nothing_is_a_variable_of_whoever_starts_it() -> None:
    assert escaped({"a": ["$HOME", {"b": "${X}"}], "c": 1}) == {"a": ["$$HOME", {"b": "$${X}"}], "c": 1}
