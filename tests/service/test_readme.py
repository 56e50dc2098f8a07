"""The README's tour: every command in it is run, in order, and prints what the README shows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.guarded import Guarded
from tests.support.processes import wait_for
from tests.support.programs import require
from tests.support.service import ROOT, RunningService, free_port
from tests.support.transcript import Step, pattern, steps

pytestmark = pytest.mark.service

END = "--end of output--"


def tour() -> str:
    text = (ROOT / "README.md").read_text()
    return text.split("## A tour in five minutes")[1].split("\n## ")[0]


class Shell:
    """One bash through which the tour's commands go, as one person would type them."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._shell = Guarded(
            ["bash"],
            cwd=directory,
            env={**os.environ, **environment, "PATH": programs, "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, command: str) -> str:
        """Return what the command printed."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\necho; echo '{END}'\n")
        self._shell.stdin.flush()
        printed = "".join(iter(self._shell.stdout.readline, f"{END}\n"))
        return printed.removesuffix("\n")

    def close(self) -> None:
        self._shell.communicate(timeout=60)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(ROOT, {"MACARON_STATE_DIR": str(tmp_path / "state")})
    yield shell
    shell.close()


def test_tour(tmp_path: Path, shell: Shell) -> None:
    require("curl")
    port = str(free_port())
    text = tour().replace("/tmp/greeter", str(tmp_path / "greeter")).replace("8081", port)
    written = tmp_path / "async.txt"
    with RunningService(
        "sample_services/helloworld/macaron.yaml", environment={"HELLOWORLD_ASYNC_FILE": str(written)}
    ) as service:
        text = text.replace("8080", str(service.port)).replace("/tmp/helloworld-async.txt", str(written))
        start, *others = steps(text)
        assert start.command.startswith("macaron run ")
        assert pattern(start.output).match(service.log + "\n"), service.log
        shell.type(f"export MACARON_STATE_DIR={service.state}")
        for step in others:
            _take(step, shell, port)


def test_api_clients(tmp_path: Path, shell: Shell) -> None:
    port = str(free_port())
    text = (ROOT / "README.md").read_text().split("## API clients\n")[1].split("\n## ")[0]
    shell.type(
        f"export INVENTORY_URL=http://127.0.0.1:{port} INVENTORY_DATABASE={tmp_path / 'inventory.sqlite3'}"
    )
    taken = list(steps(text.replace("8081", port)))
    assert len(taken) > 4
    for step in taken:
        _take(step, shell, port)


def _take(step: Step, shell: Shell, port: str) -> None:
    """Type the command; where the README shows output, it must be that."""
    if step.command.removeprefix(f"PORT={port} ").startswith(("macaron run", "macaron mock")):
        shell.type(step.command.removesuffix("&") + "> $MACARON_STATE_DIR.log 2>&1 &")
        ready = f"curl -s http://127.0.0.1:{port}/health/ready"
        wait_for("the service", lambda: shell.type(ready) == '{"status":"ok"}')
        printed = shell.type("cat $MACARON_STATE_DIR.log")
    else:
        printed = shell.type(step.command)
    shown = pattern(step.output)
    printed = printed.rstrip("\n") + "\n" if printed.strip() else ""
    assert shown.fullmatch(printed), f"$ {step.command}\n{printed}\n--- the README shows\n{step.output}"


def test_every_link_inside_the_readme_leads_somewhere() -> None:
    text = (ROOT / "README.md").read_text()
    titles = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#")]
    anchors = {re.sub(r"[^a-z0-9 -]", "", title).replace(" ", "-") for title in titles}
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    for link in links:
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith("http"):
            assert (ROOT / link).exists(), link
