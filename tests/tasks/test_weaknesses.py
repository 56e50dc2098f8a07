"""What a Redis says of itself, a real one with settings of all kinds; RabbitMQ tells no more than its version."""

import shutil
import subprocess
from types import SimpleNamespace

import pytest

from macaron_runner.tasks.brokers.embedded import find_server
from macaron_runner.tasks.monitoring.weaknesses import _of_rabbitmq, weaknesses
from tests.support.service import free_port
from tests.tasks.workshop import accepts, wait_until


@pytest.fixture
def redis(tmp_path):
    """Give a function that starts a Redis with these words and returns its URL."""
    started = []

    def start(*words):
        port = free_port()
        command = (
            find_server(shutil.which),
            "--port",
            str(port),
            "--dir",
            str(tmp_path),
            "--save",
            "",
            *words,
        )
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        wait_until(lambda: accepts(("127.0.0.1", port)), "it listens")
        return f"redis://127.0.0.1:{port}/0"

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("--appendonly yes", []),
        ("--appendonly no", ["MAC635"]),
        ("--appendonly yes --maxmemory-policy allkeys-lru", []),
        ("--appendonly yes --maxmemory-policy allkeys-lru --maxmemory 100mb", ["MAC634"]),
        ("--appendonly no --maxmemory-policy volatile-ttl --maxmemory 100mb", ["MAC634", "MAC635"]),
    ],
)
def test_what_a_redis_does_not_keep(redis, configure, words, codes):
    found = weaknesses(configure(f"tasks.broker={redis(*words.split())}"), 30.0)
    assert [each.code for each in found] == codes


@pytest.mark.parametrize(
    ("version", "codes"), [("3.9.27", ["MAC636"]), ("3.10.8", []), ("4.2.0", []), ("", []), ("unknown", [])]
)
def test_an_old_rabbitmq(version, codes):
    connection = SimpleNamespace(
        ensure_connection=lambda **_: None,
        connection=SimpleNamespace(server_properties={"version": version}),
    )
    assert [each.code for each in _of_rabbitmq(connection)] == codes


def test_who_cannot_be_asked_tells_nothing(configure):
    assert weaknesses(configure("tasks.broker=redis://127.0.0.1:1/0"), 1.0) == ()
    assert weaknesses(configure()) == ()
