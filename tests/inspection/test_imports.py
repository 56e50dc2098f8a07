"""Importing a service in a process of its own: whatever its code does, we hear of it and stay as we were."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from macaron_runner.configuration.selection import Selection
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.inspection.inspection import Inspection

pytestmark = pytest.mark.slow

MACARON_YAML = "macaron: 1\nservice: {name: shop}\napis:\n  shop: {spec: shop.yaml, handlers: moody_orders}\n"
SHOP_YAML = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get: {operationId: list_orders, responses: {"200": {description: Fine}}}
"""
HANDLER = "def list_orders():\n    return []\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a service of which the code is missing."""
    (tmp_path / "macaron.yaml").write_text(MACARON_YAML)
    (tmp_path / "shop.yaml").write_text(SHOP_YAML)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def imported(code: str, deadline: float = 60.0) -> Inspection:
    """Return what is found of the service with this code."""
    Path("moody_orders.py").write_text(code)
    environ = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    return inspect_service(Selection("macaron.yaml"), environ=environ, imports=deadline)


def test_this_process_stays_as_it_was(folder: Path) -> None:
    modules, path, finders = set(sys.modules), list(sys.path), list(sys.meta_path)
    assert imported("import sys\nsys.path.append('x')\n" + HANDLER).diagnostics == ()
    assert "moody_orders" not in sys.modules
    assert "macaron_runner.server.app" not in set(sys.modules) - modules
    assert (sys.path, sys.meta_path) == (path, finders)


def test_what_hangs_is_ended_and_found() -> None:
    began = time.monotonic()
    (found,) = imported("import time\n\n\nwhile True:\n    time.sleep(0.01)\n", deadline=4.0).diagnostics
    assert time.monotonic() - began < 60
    assert (found.code, found.message) == (
        "MAC258",
        'importing "moody_orders" does not end within 4 s',
    )
    assert found.location is not None
    assert (found.location.file, found.location.line in {4, 5}) == ("moody_orders.py", True)
    ((named, _),) = found.related
    assert str(named) == "macaron.yaml:4:37"


def test_what_it_started_ends_with_it(folder: Path) -> None:
    child = "import subprocess, sys\nimport os\n"
    child += "started = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    child += "open('pid', 'w').write(str(started.pid))\nos._exit(0)\n"
    (found,) = imported(child).diagnostics
    assert found.message == 'importing "moody_orders" ends the process with exit code 0'
    pid = int((folder / "pid").read_text())
    deadline = time.monotonic() + 60
    while _alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_threads_and_exit_handlers_are_not_waited_for() -> None:
    code = "import atexit, threading, time\natexit.register(time.sleep, 600)\n"
    code += "threading.Thread(target=time.sleep, args=(600,)).start()\n" + HANDLER
    began = time.monotonic()
    assert imported(code).diagnostics == ()
    assert time.monotonic() - began < 50


def test_nothing_is_imported_where_something_else_is_wrong(folder: Path) -> None:
    (folder / "shop.yaml").write_text(SHOP_YAML.replace("title: Shop, ", ""))
    found = imported("open('was-imported', 'w')\n" + HANDLER).diagnostics
    assert [each.code for each in found] == ["MAC371"]
    assert not (folder / "was-imported").exists()


def test_what_reading_found_is_not_told_twice() -> None:
    (found,) = imported("def list_order():\n    return []\n\n\nprint(list_order)\n").diagnostics
    assert (found.code, str(found.location)) == ("MAC503", "shop.yaml:5:5")
