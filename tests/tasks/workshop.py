"""The service of these tests with a broker of one of three kinds, and its processes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from amqp.exceptions import ChannelError

from macaron_runner import context
from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import Configuration
from macaron_runner.processes.state import StateDirectory
from macaron_runner.tasks.celery_app import create_celery
from macaron_runner.tasks.discover import homes, load_tasks
from macaron_runner.tasks.sending.queue import CeleryQueue
from tests.support.guarded import Guarded
from tests.support.service import free_port

ROOT = Path(__file__).parents[2]
START_DEADLINE = 60.0

VIRTUAL_HOSTS = 20
"""How many tests share a RabbitMQ before there is another one."""

LARGEST_MESSAGE = 1024 * 1024
"""What our RabbitMQ takes in one message, in bytes."""


def wait_until(happens: Callable[[], Any], what: str, seconds: float = START_DEADLINE) -> Any:
    """Return what `happens` returns as soon as that is true; fail at the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := happens():
            return result
        time.sleep(0.05)
    pytest.fail(f"{what}: not within {seconds} s")


class Running:
    """Processes of one test. Each is killed at its end, and its log printed, which pytest shows after a failure."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.processes: dict[subprocess.Popen[bytes], Path] = {}

    def start(self, *argv: str, **environment: str) -> subprocess.Popen[bytes]:
        log = self.directory / f"{len(self.processes)}.log"
        with log.open("wb") as stream:
            process = Guarded(
                argv,
                cwd=self.directory,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), **environment},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        self.processes[process] = log
        return process

    def log_of(self, process: subprocess.Popen[bytes]) -> str:
        return self.processes[process].read_text("utf-8", "replace")

    def end(self) -> None:
        self.kill()
        for process, log in reversed(self.processes.items()):
            print(f"--- {' '.join(map(str, process.args))}\n{log.read_text('utf-8', 'replace')}")

    def kill(self) -> None:
        """Kill them all, with whatever they started."""
        # The last one first: RabbitMQ would start an epmd of its own where it misses the one that we started.
        for process in reversed(self.processes):
            signal_all_of(process, signal.SIGKILL)
            process.wait(START_DEADLINE)


def socket_for(address: str | tuple[str, int]) -> socket.socket:
    """Return a socket that can connect to a path or a port."""
    made = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    made.settimeout(1)
    return made


def accepts(address: str | tuple[str, int]) -> bool:
    """Tell whether something accepts connections there."""
    with socket_for(address) as client, contextlib.suppress(OSError):
        client.connect(address)
        return True
    return False


def answers(address: str | tuple[str, int]) -> bool:
    """Tell whether a Redis or Valkey answers there: it listens before it has opened its files."""
    with socket_for(address) as client, contextlib.suppress(OSError):
        client.connect(address)
        client.sendall(b"PING\r\n")
        return client.recv(64).startswith(b"+PONG")
    return False


class Embedded:
    """The broker that needs nothing installed."""

    overrides: tuple[str, ...] = ()

    def __init__(self, running: Running, configuration: Configuration) -> None:
        self.running, self.words = running, configuration.selection.arguments()
        self.socket = str(StateDirectory.find(configuration.directory, {}).broker_socket)

    def start(self) -> None:
        self.process = self.running.start(
            sys.executable, "-m", "macaron_runner.entries", "broker", *self.words
        )
        wait_until(lambda: answers(self.socket), "the broker answers")


class Redis:
    """A Redis of the machine's own."""

    program = shutil.which("redis-server")

    def __init__(self, running: Running, _: Configuration) -> None:
        if self.program is None:
            pytest.skip("redis-server is not installed")
        self.running, self.port = running, free_port()
        self.overrides = (f"tasks.broker=redis://127.0.0.1:{self.port}/0",)

    def start(self) -> None:
        # With its default, everysec, Redis answers before it has written anything while its disk is busy.
        assert self.program is not None
        self.process = self.running.start(
            *(self.program, "--port", str(self.port), "--save", "", "--appendonly", "yes"),
            *("--appendfsync", "always", "--dir", str(self.running.directory)),
        )
        wait_until(lambda: answers(("127.0.0.1", self.port)), "Redis answers")


class Rabbit:
    """A RabbitMQ of the machine's own, with an epmd of its own.

    `hosts` are its virtual hosts beside "/". A file of definitions makes them at its start: by Erlang's own tools each
    would take as long as a RabbitMQ takes to start.
    """

    # Debian's command on PATH changes to a user who may not write here; this is what it calls in the end.
    program = shutil.which("rabbitmq-server", path="/usr/lib/rabbitmq/bin") or shutil.which("rabbitmq-server")

    def __init__(self, running: Running, _: object = None, hosts: Sequence[str] = ()) -> None:
        if self.program is None:
            pytest.skip("rabbitmq-server is not installed")
        self.running, self.port, self.epmd_port = running, free_port(), free_port()
        self.hosts = hosts
        self.overrides = (f"tasks.broker=amqp://guest:guest@127.0.0.1:{self.port}//",)

    def start(self) -> None:
        self._start_epmd()
        home = self.running.directory / "rabbit"
        home.mkdir(exist_ok=True)
        self._write_settings(home)
        assert self.program is not None
        self.process = self.running.start(
            self.program,
            HOME=str(home),
            ERL_EPMD_PORT=str(self.epmd_port),
            RABBITMQ_NODENAME=f"test{self.port}@localhost",
            RABBITMQ_NODE_PORT=str(self.port),
            RABBITMQ_DIST_PORT=str(free_port()),
            RABBITMQ_MNESIA_BASE=str(home / "data"),
            RABBITMQ_LOGS="-",
            RABBITMQ_CONFIG_FILE=str(home / "rabbitmq.conf"),
            RABBITMQ_PID_FILE=str(home / "pid"),
            RABBITMQ_ENABLED_PLUGINS_FILE=str(home / "plugins"),
            RABBITMQ_NODE_IP_ADDRESS="127.0.0.1",
        )
        wait_until(lambda: accepts(("127.0.0.1", self.port)), "RabbitMQ listens", 120)

    def _write_settings(self, home: Path) -> None:
        hosts, everything = ("/", *self.hosts), {"configure": ".*", "write": ".*", "read": ".*"}
        definitions = {
            "vhosts": [{"name": host} for host in hosts],
            "users": [{"name": "guest", "password": "guest", "tags": "administrator"}],
            "permissions": [{"user": "guest", "vhost": host, **everything} for host in hosts],
        }
        (home / "definitions.json").write_text(json.dumps(definitions))
        (home / "rabbitmq.conf").write_text(
            f"load_definitions = {home / 'definitions.json'}\nmax_message_size = {LARGEST_MESSAGE}\n"
        )

    def _start_epmd(self) -> None:
        """Start it once: Erlang would start one of its own, which outlives everything, where it found none."""
        if not accepts(("127.0.0.1", self.epmd_port)):
            self.running.start("epmd", "-port", str(self.epmd_port))
            wait_until(lambda: accepts(("127.0.0.1", self.epmd_port)), "epmd listens")


class SharedRabbit:
    """The RabbitMQ that tests share, started for the first: each has a virtual host that nobody has used.

    After so many there is another RabbitMQ: what was left in the queues of the old one costs it time.
    """

    def __init__(self, make_folder: Callable[[], Path]) -> None:
        self._make_folder = make_folder
        self._running: Running | None = None
        self._unused: list[str] = []
        self._told = 0

    def virtual_host(self) -> VirtualHost:
        """Return the next one."""
        if not self._unused:
            self._start()
        return VirtualHost(self._server.port, self._unused.pop())

    def tell(self) -> None:
        """Print what it has written since it did so last."""
        if self._running is not None:
            log = self._running.log_of(self._server.process)
            print("--- RabbitMQ", log[self._told :], sep="\n")
            self._told = len(log)

    def end(self) -> None:
        """Kill it, if there is one."""
        if self._running is not None:
            self._running.kill()

    def _start(self) -> None:
        self.end()
        self._unused = [f"test-{number}" for number in range(VIRTUAL_HOSTS)]
        self._running, self._told = Running(self._make_folder()), 0
        self._server = Rabbit(self._running, hosts=tuple(self._unused))
        self._server.start()


class VirtualHost:
    """A RabbitMQ as clients see it; nobody may stop it, who asks for one shares it."""

    def __init__(self, port: int, name: str) -> None:
        self.port = port
        self.overrides = (f"tasks.broker=amqp://guest:guest@127.0.0.1:{port}/{name}",)


class Sqs:
    """moto's SQS; the messages live as long as its process."""

    def __init__(self, running: Running, _: Configuration) -> None:
        pytest.importorskip("moto", reason="moto is not installed")
        self.running, self.port = running, free_port()
        self.overrides = (
            f"tasks.broker=sqs://key:secret@127.0.0.1:{self.port}",
            "tasks.settings.broker_transport_options={is_secure: false, region: eu-central-1}",
        )

    def start(self) -> None:
        self.process = self.running.start(
            sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)
        )
        wait_until(lambda: accepts(("127.0.0.1", self.port)), "moto listens")


class PubSub:
    """Google's emulator of Pub/Sub; the messages live as long as its process."""

    program = Path("/usr/lib/google-cloud-sdk/platform/pubsub-emulator/bin/cloud-pubsub-emulator")
    overrides = ("tasks.broker=gcpubsub://projects/parcels-test",)

    def __init__(self, running: Running, _: Configuration) -> None:
        pytest.importorskip("google.cloud.pubsub_v1", reason="the extra pubsub is not installed")
        if not self.program.exists() or shutil.which("java") is None:
            pytest.skip("Google's emulator of Pub/Sub is not on this machine, and no registry has it")
        self.running, self.port = running, free_port()
        os.environ["PUBSUB_EMULATOR_HOST"] = f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = self.running.start(str(self.program), "--host=127.0.0.1", f"--port={self.port}")
        wait_until(lambda: accepts(("127.0.0.1", self.port)), "the emulator listens")


BROKERS = {"embedded": Embedded, "redis": Redis, "rabbitmq": Rabbit}
CLOUDS = {"sqs": Sqs, "pubsub": PubSub}
PAYMENTS = "tasks.modules=[parcels.jobs, parcels.payments]"
"""Also the tasks that must not run twice, where the broker can promise that."""
TRANSPORTS = ("embedded", "rabbitmq")
"""One broker for each way in which messages are held: a Redis of one's own differs by its address only."""


class Workshop:
    """The service with a broker, as a web process sees it: this process queues, workers are started."""

    def __init__(
        self,
        running: Running,
        broker: Any,
        configure: Callable[..., Configuration],
        path: Path,
        overrides: tuple[str, ...],
    ) -> None:
        self.running = running
        self.broker = broker
        self.configuration = configure(*self.broker.overrides, *overrides)
        self.place = path / "seen"
        assemble(self.configuration)
        tasks = load_tasks(self.configuration)
        state = StateDirectory.find(self.configuration.directory, {}).open()
        self.celery = create_celery(self.configuration.config, state.broker_socket, outbox=state.outbox)
        context.amend(queue=CeleryQueue(self.celery, tasks, homes(self.configuration.config.tasks, tasks)))
        self.jobs = SimpleNamespace(**{name.rpartition(".")[2]: task for name, task in tasks.items()})
        self.Parcel = context.service().apis["parcels"].Parcel

    def start_entry(self, kind: str, *words: str) -> subprocess.Popen[bytes]:
        selection = self.configuration.selection
        argv = (sys.executable, "-m", "macaron_runner.entries", kind, *selection.arguments(), *words)
        return self.running.start(*argv, **selection.environment_variables())

    def start_worker(self) -> subprocess.Popen[bytes]:
        worker = self.start_entry("worker", "--pool", "default")
        wait_until(
            lambda: " ready." in self.running.log_of(worker) or worker.poll() is not None,
            "the worker is ready",
        )
        assert worker.poll() is None, "the worker ended at start"
        return worker

    def waiting(self) -> int:
        """Return how many messages no worker has taken."""
        with self.celery.connection_for_read() as connection, contextlib.suppress(ChannelError):
            return connection.default_channel.queue_declare("default", passive=True).message_count
        return 0  # Redis has no empty queues

    def reserved(self) -> int:
        """Return how many calls workers hold and have not begun."""
        return sum(map(len, (self.celery.control.inspect(timeout=1).reserved() or {}).values()))

    def is_idle(self) -> bool:
        """Tell whether there are workers, and they say that nothing is under way."""
        active = self.celery.control.inspect(timeout=1).active()
        return bool(active) and not any(active.values())

    def seen(self) -> list[dict[str, Any]]:
        """Return what the tasks wrote so far."""
        if not self.place.exists():
            return []
        return [json.loads(line) for line in self.place.read_text().splitlines()]

    def wait_for(self, count: int, seconds: float = START_DEADLINE, **wanted: Any) -> list[dict[str, Any]]:
        """Return the lines with these values as soon as there are so many."""

        def found() -> list[dict[str, Any]]:
            return [line for line in self.seen() if wanted.items() <= line.items()]

        wait_until(lambda: len(found()) >= count, f"{count} lines with {wanted}", seconds)
        return found()


def signal_all_of(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Send the signal to a process and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, seconds: float = 70) -> int:
    """Send the signal and return the exit code."""
    process.send_signal(how)
    return process.wait(seconds)
