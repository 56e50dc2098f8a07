"""Units: that systemd reads them as they are meant, and how much they keep a service from."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from macaron_runner.deploy.systemd.render import next_port, render
from macaron_runner.deploy.systemd.units import assignment, exec_words, listen_stream
from tests.deploy.planned import plan_of, write_service
from tests.support.programs import require

MOST_EXPOSED = 1.6
"""How exposed a unit may be, as systemd-analyze counts from 0 to 10."""

SERVICE = """
    server: {bind: 0.0.0.0:8080}
    secrets: {key: {env: SHOP_KEY}}
    tasks:
      broker: embedded
      pools: {default: {}, mail: {queues: [mail], health_bind: 127.0.0.1:9000}}
      schedules: {nightly: {task: shop.jobs.report, every: 1h}}
    """


@pytest.fixture(params=["", ", run_as: daemon, memory: 1GiB, variables: {A: '1 % $B \"c\" \\ d', B: ''}"])
def units(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Write the units of a service into a folder of their own, and what stands for its Python."""
    section = f"{{type: systemd, host: localhost, directory: {tmp_path}{request.param}}}"
    for link in ("current", "next"):
        python = tmp_path / link / "venv/bin/python"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
    folder = tmp_path / "units"
    folder.mkdir()
    for file in render(plan_of(write_service(tmp_path, section, SERVICE), "live")):
        if file.path.startswith("units/"):
            (tmp_path / file.path).write_bytes(file.content)
    return folder


def test_systemd_finds_nothing_wrong_with_them(units: Path) -> None:
    require("systemd-analyze")
    done = subprocess.run(
        ("systemd-analyze", "verify", "--man=no", *sorted(units.iterdir())),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""  # it answers 0 on keys that it does not know


def test_they_keep_the_service_from_what_it_does_not_need(units: Path) -> None:
    require("systemd-analyze")
    for unit in sorted(units.glob("*.service")):
        done = subprocess.run(
            ("systemd-analyze", "security", "--offline=true", "--no-pager", unit),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        exposed = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
        assert exposed is not None, done.stderr
        assert float(exposed[1]) <= MOST_EXPOSED, done.stdout


def test_words_and_variables_arrive_as_they_are() -> None:
    assert exec_words(("/a b/python", "-c", "$HOME 100%")) == '"/a b/python" -c "$$HOME 100%%"'
    assert assignment("A", "x\ry") == 'Environment="A=x\\ry"'
    assert assignment("A", 'x\ny $B "%"') == 'Environment="A=x\\ny $B \\"%%\\""'


def test_addresses_as_sockets_take_them() -> None:
    assert listen_stream("localhost:80") == "127.0.0.1:80"
    assert listen_stream("[::1]:80") == "[::1]:80"
    assert listen_stream("unix:/run/shop.sock") == "/run/shop.sock"


def test_each_process_that_listens_has_a_socket(units: Path) -> None:
    sockets = {unit.name for unit in units.glob("*.socket")}
    assert sockets == {"shop-live-web.socket", "shop-live-worker-mail.socket", "shop-live-next.socket"}
    for socket in sockets:
        service = (units / socket.replace(".socket", ".service")).read_text()
        assert f"Requires={socket}\n" in service
        assert "Environment=MACARON_LISTENERS=3\n" in service


def test_the_port_at_which_a_release_is_tried() -> None:
    section = plan_of(Path(__file__).parents[1] / "golden/host/macaron.yaml", "box").section
    assert (next_port(section, 8080), next_port(section, 65535)) == (8081, 65534)
