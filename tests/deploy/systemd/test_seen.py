"""Units as `systemctl show` and their probes show them, and what that means."""

from __future__ import annotations

import pytest

from macaron_runner.deploy.systemd.seen import cause_of, read_blocks, sight_of


def block(text: str) -> dict[str, str]:
    return read_blocks(text.replace(" ", "\n").encode())[0]


@pytest.mark.parametrize(
    ("facts", "ready", "broken", "why"),
    [
        ("ActiveState=active SubState=running Probed=0", True, False, "runs"),
        ("ActiveState=active SubState=running Probed=1", False, False, "is not ready yet"),
        ("ActiveState=active ActiveEnterTimestampMonotonic=1000000 Uptime=9000000", True, False, "runs"),
        ("ActiveState=active ActiveEnterTimestampMonotonic=8000000 Uptime=9000000", False, False, "starts"),
        ("ActiveState=activating SubState=start", False, False, "starts"),
        ("ActiveState=activating SubState=auto-restart ExecMainStatus=1 Probed=1", False, True,
         "ends and is started again (exit code 1)"),
        ("ActiveState=failed ExecMainStatus=78", False, True, "failed (exit code 78)"),
        ("ActiveState=inactive SubState=dead", False, True, "does not run"),
        ("ActiveState=active Probed=1 NRestarts=3", False, True, "is not ready yet"),
        ("ActiveState=active Probed=0 NRestarts=3", True, False, "runs"),
    ],
)  # fmt: skip
def test_what_a_state_means(facts: str, ready: bool, broken: bool, why: str) -> None:
    sight = sight_of("web", block(facts), "v1")
    assert (sight.ready, sight.broken, sight.why, sight.version) == (
        ready,
        broken,
        why,
        "v1" if ready else "",
    )


def test_a_block_a_unit() -> None:
    first, second = read_blocks(b"ActiveState=active\nAnswer=a=b\nnoise\n\nActiveState=failed\n")
    assert (first["Answer"], second["ActiveState"]) == ("a=b", "failed")


def test_the_likely_cause() -> None:
    assert cause_of({"Result": "oom-kill"}) == "it needed more memory than it may use"
    assert cause_of({"Result": "exit-code", "ExecMainStatus": "243"}).startswith(
        "a file with a secret cannot be read"
    )
    assert cause_of({"Result": "success"}) == ""
