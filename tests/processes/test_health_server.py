"""A worker's own HTTP server: what an orchestrator is told, also by one it keeps waiting."""

import json
import os
import socket

import pytest

from macaron_runner.processes.asking import ask
from macaron_runner.processes.findings import Finding
from macaron_runner.processes.health_server import answer_health
from macaron_runner.processes.listeners import open_listeners


@pytest.fixture(params=["127.0.0.1:0", "unix"])
def address(request, tmp_path):
    """Give the address of a server of a worker that is live, and not ready."""
    asked = f"unix:{tmp_path}/health.sock" if request.param == "unix" else request.param
    with open_listeners([asked]) as listeners:
        listener = socket.socket(fileno=os.dup(listeners.descriptors([asked])[0]))
        answer_health(
            listener, lambda ready: Finding(not ready, "worker-default", 7, "broker away", "/secret")
        )
        yield listeners.names[asked]


def test_live_and_ready(address):
    well, said = ask(address, "/health/live", 5)
    assert well
    answer = json.loads(said.partition(" 200 ")[2])
    assert answer == {"status": "ok", "workers": [{"name": "worker-default", "condition": "broker away"}]}
    for path in ("/health/ready", "/health/startup"):
        well, said = ask(address, path, 5)
        assert not well
        assert " 503 " in said


def test_nothing_else_is_there(address):
    assert " 404 " in ask(address, "/health/live/", 5)[1]


def silent_client(address):
    if address.startswith("unix:"):
        client = socket.socket(socket.AF_UNIX)
        client.connect(address.removeprefix("unix:"))
        return client
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)))


def test_a_client_that_says_nothing_holds_nobody_up_for_long(address):
    with silent_client(address):
        assert ask(address, "/health/live", 20)[0]
