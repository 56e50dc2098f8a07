"""`macaron run --reload`: what is saved is served; what is broken is told, and what ran before goes on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import wait_for
from tests.support.service import RunningService

pytestmark = pytest.mark.service

MACARON = """\
macaron: 1
service: {name: greeter}
apis: {greeter: {spec: greeter.yaml, handlers: greeter}}
server: {bind: "127.0.0.1:${PORT}", workers: 1}
config: {word: Hello}
"""
SPEC = """\
openapi: 3.1.0
info: {title: Greetings, version: "1"}
paths:
  /greet:
    get:
      operationId: greet
      responses: {"200": {description: ok, content: {text/plain: {schema: {type: string}}}}}
"""
PYTHON = """\
from macaron_runner import config

def greet():
    return config.word + ", world"
"""
POOLS = "tasks: {modules: [jobs], pools: {default: {concurrency: 1}}}\n"
JOBS = "from macaron_runner import asynctask\n\n@asynctask()\ndef work(): ...\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "macaron.yaml": MACARON,
        "greeter.yaml": SPEC,
        "greeter.py": PYTHON,
        "jobs.py": JOBS,
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def service(folder: Path) -> Iterator[RunningService]:
    with RunningService(folder / "macaron.yaml", "--reload") as running:
        yield running


def change(file: Path, old: str, new: str) -> None:
    """Save a file as editors do: a fresh one takes its place."""
    fresh = file.with_name(f".{file.name}.swp")
    fresh.write_text(file.read_text().replace(old, new))
    fresh.replace(file)


def answers(service: RunningService, text: str, path: str = "/greet") -> None:
    wait_for(f"{text} at {path}", lambda: service.request("GET", path).text == text)


def started(service: RunningService, name: str) -> int:
    return service.log.count(f"| {name} started (pid ")


def test_python_documents_and_configuration(service: RunningService, folder: Path) -> None:
    answers(service, "Hello, world")
    change(folder / "greeter.py", "world", "Ada")
    answers(service, "Hello, Ada")
    assert "greeter.py changed" in service.log
    change(folder / "greeter.yaml", "/greet:", "/hello:")
    answers(service, "Hello, Ada", "/hello")
    change(folder / "macaron.yaml", "Hello", "Good day")
    answers(service, "Good day, Ada", "/hello")
    assert started(service, "web") == 4
    (folder / "data.json").write_text("{}")
    (folder / ".hidden.py").write_text("")
    assert service.request("GET", "/hello").status == 200
    assert started(service, "web") == 4


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("greeter.py", "return", "return (", "was never closed"),
        ("greeter.py", "def greet", "import nothing_of_this_name\n\ndef greet", "nothing_of_this_name"),
        ("greeter.yaml", "responses:", "responces:", "MAC3"),
        ("macaron.yaml", "config:", "confik:", 'did you mean "config"?'),
    ],
)
def test_what_is_broken_is_told_and_what_runs_goes_on(
    service: RunningService, folder: Path, name: str, old: str, new: str, told: str
) -> None:
    change(folder / name, old, new)
    wait_for("the fault is told", lambda: "what runs is left as it is until this is mended" in service.log)
    assert told in service.log
    answers(service, "Hello, world")
    change(folder / name, new, old)
    change(folder / "greeter.py", "world", "Ada")
    answers(service, "Hello, Ada")


def test_a_new_pool_begins_everything_anew(service: RunningService, folder: Path) -> None:
    (folder / "macaron.yaml").write_text(MACARON + POOLS)
    wait_for("a worker", lambda: started(service, "worker-default"))
    answers(service, "Hello, world")
    pid = service.process.pid
    change(folder / "jobs.py", "...", "return 1")
    wait_for("the worker begins anew", lambda: started(service, "worker-default") == 2)
    assert started(service, "broker") == 1
    os.kill(pid, 0)


def test_one_that_dies_at_its_start_waits_for_a_change(service: RunningService, folder: Path) -> None:
    fatal = "import os\nif 'MACARON_LISTENERS' in os.environ: os._exit(78)\n"
    change(folder / "greeter.py", "def greet", f"{fatal}def greet")
    wait_for("it is given up", lambda: "it waits for a change" in service.log)
    change(folder / "greeter.py", fatal, "")
    answers(service, "Hello, world")
