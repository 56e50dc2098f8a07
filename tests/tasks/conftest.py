"""What tests of tasks share: a service on disk, its processes, Python in a process of its own."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from macaron_runner.configuration.load import Configuration, load
from macaron_runner.configuration.selection import Selection
from tests.tasks.workshop import BROKERS, CLOUDS, ROOT, Running, SharedRabbit, Workshop

SERVICE = Path(__file__).parent / "service"


@pytest.fixture
def python() -> Callable[[str], str]:
    """Give a function that runs code in a fresh interpreter and returns what it printed."""

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def configure(tmp_path: Path) -> Callable[..., Configuration]:
    """Give a function that loads the service of these tests, with `--set` words, from a copy of its own."""
    shutil.copytree(SERVICE, tmp_path / "service")

    def run(*overrides: str) -> Configuration:
        selection = Selection(str(tmp_path / "service" / "macaron.yaml"), overrides=overrides)
        return load(selection, environ={})

    return run


@pytest.fixture
def modules_restored() -> Iterator[None]:
    """Forget what a test imported of the service."""
    modules = set(sys.modules)
    yield
    for name in set(sys.modules) - modules:
        if name.partition(".")[0] == "parcels":
            del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Give the means to start processes, which end with the test."""
    processes = Running(tmp_path)
    yield processes
    processes.end()


@pytest.fixture(scope="session")
def rabbit_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedRabbit]:
    """Give the RabbitMQ of all tests that do nothing to it."""
    rabbit = SharedRabbit(lambda: tmp_path_factory.mktemp("rabbitmq"))
    yield rabbit
    rabbit.end()


@pytest.fixture
def shared_rabbit(rabbit_of_all: SharedRabbit) -> Iterator[SharedRabbit]:
    """Give it to one test, and print what it wrote meanwhile, which pytest shows after a failure."""
    yield rabbit_of_all
    rabbit_of_all.tell()


@pytest.fixture
def workshop(
    running: Running,
    shared_rabbit: SharedRabbit,
    configure: Callable[..., Configuration],
    tmp_path: Path,
    modules_restored: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Workshop]:
    """Give a function that makes the service with a broker of a kind, the broker started.

    A test that stops its broker says `own=True`: a RabbitMQ is shared with others, unless it is not to be started.
    """
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "")  # a workshop on Pub/Sub sets it

    def make(kind: str, *overrides: str, start: bool = True, own: bool = False) -> Workshop:
        if kind == "rabbitmq" and start and not own:
            return Workshop(running, shared_rabbit.virtual_host(), configure, tmp_path, overrides)
        broker = (BROKERS | CLOUDS)[kind](running, configure())
        made = Workshop(running, broker, configure, tmp_path, overrides)
        if start:
            broker.start()
        return made

    return make
