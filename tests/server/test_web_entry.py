"""The web process as `macaron run` starts it: a real gunicorn, real sockets, real signals."""

import collections
import http.client
import json
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.support.web import DEADLINE, started, wait_until

pytestmark = pytest.mark.service

DOCUMENT = """
paths:
  /hello: {get: {operationId: hello, responses: &json {"200": {description: f, content: {application/json: {}}}}}}
  /slow: {get: {operationId: slow, responses: *json}}
  /echo: {post: {operationId: echo, requestBody: {content: {text/plain: {}}}, responses: *json}}
  /pid: {get: {operationId: pid, responses: *json}}
  /unsendable: {get: {operationId: unsendable, responses: *json}}
  /interrupt: {get: {operationId: interrupt, responses: *json}}
"""

HANDLERS = """
import os
import time
from pathlib import Path

from flask import Response


def hello():
    return "hello"


def slow():
    Path(__file__).with_name("slow.begun").touch()
    time.sleep(0.3)
    return "slow"


def echo(body):
    return body


def pid():
    return os.getpid()


def unsendable():
    return Response("x", headers={"X A": "1"})


def interrupt():
    raise KeyboardInterrupt
"""


@pytest.fixture
def shop(folder):
    folder.write({"shop.yaml": DOCUMENT, "shop_handlers.py": HANDLERS})
    return folder


@pytest.mark.parametrize("worker", ["auto", "gthread", "sync"])
def test_serves_and_stops(shop, worker):
    with started(shop.path, "server.workers=1", f"server.worker={worker}", inherit=False) as web:
        wait_until(lambda: is_open(web.port) or web.process.poll() is not None)
        status, headers, body = web.request(
            "GET", "/hello?token=not-for-the-log", **{"X-Request-ID": "12345678"}
        )
        assert (status, body) == (200, b'"hello"')
        assert headers["X-Request-ID"] == "12345678"
        assert "gunicorn" not in headers.get("Server", "")
        assert web.request("POST", "/echo", b"x", **{"Content-Type": "text/plain"})[2] == b'"x"'
        web.process.send_signal(signal.SIGTERM)
        assert web.wait() == 0
        log = web.log.read_text()
        assert "GET /hello 200" in log
        assert "12345678" in log
        assert "not-for-the-log" not in log


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("form", "kind"), [("macaron", "application/json"), ("problem", "application/problem+json")]
)
def test_what_is_no_http_is_answered_in_the_form_of_all_errors(shop, form, kind):
    with (
        started(shop.path, "server.workers=1", f"http.errors={form}") as web,
        socket.create_connection(("127.0.0.1", web.port), DEADLINE) as client,
    ):
        client.sendall(b"GET /hello HTTP/9.9\r\nX-Secret: tell me\r\n\r\n")
        answer = http.client.HTTPResponse(client)
        answer.begin()
        body = json.loads(answer.read())
    assert (answer.status, answer.headers["Content-Type"]) == (400, kind)
    assert body["error"] == "INVALID_PARAMETER"
    assert answer.headers["X-Request-ID"] in web.log.read_text()


def test_an_answer_that_cannot_be_sent_is_the_fault_of_the_service(shop):
    with started(shop.path, "server.workers=1") as web:
        status, headers, body = web.request("GET", "/unsendable")
        assert (status, json.loads(body)["error"]) == (500, "SERVER_ERROR")
        assert "X-Request-ID" in headers
        assert json.loads(body)["error_id"] in web.log.read_text()


@pytest.mark.parametrize("worker", ["auto", "sync"])
def test_a_handler_cannot_end_its_worker(shop, worker):
    with started(shop.path, "server.workers=1", f"server.worker={worker}") as web:
        before = web.request("GET", "/pid")[2]
        assert web.request("GET", "/interrupt")[0] == 500
        assert web.request("GET", "/pid")[2] == before


@pytest.mark.parametrize(("size", "status"), [(1000, 200), (5000, 413)])
def test_chunked_bodies_have_the_same_limit(shop, size, status):
    with started(shop.path, "server.workers=1", "http.body_limit=4kB") as web:
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=DEADLINE)
        chunks = (b"x" * 100 for _ in range(size // 100))
        connection.request("POST", "/echo", chunks, {"Content-Type": "text/plain"}, encode_chunked=True)
        assert connection.getresponse().status == status
        connection.close()


def test_a_body_that_does_not_come_is_a_timeout(shop):
    overrides = ("server.workers=1", "server.timeout=3s")
    with (
        started(shop.path, *overrides) as web,
        socket.create_connection(("127.0.0.1", web.port), DEADLINE) as client,
    ):
        client.sendall(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nhalf"
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_bad_configuration_is_explained_and_ends_with_78(shop):
    shop.write({"shop.yaml": DOCUMENT, "shop_handlers.py": "import nothing_of_this_name"})
    with started(shop.path) as web:
        assert web.wait() == 78
        log = web.log.read_text()
        assert "error[MAC502]" in log
        assert "Traceback" not in log


def test_a_task_without_tasks_is_explained(shop):
    task = "\nfrom macaron_runner import asynctask\n\n@asynctask()\ndef later():\n    return None\n"
    shop.write({"shop.yaml": DOCUMENT, "shop_handlers.py": HANDLERS + task})
    with started(shop.path) as web:
        assert web.wait() == 78
        assert "error[MAC508]: shop_handlers.later is a task" in web.log.read_text()


class Load:
    """Threads that make requests until told to stop, and count what became of each."""

    def __init__(self, port: int, threads: int) -> None:
        self.port = port
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(DEADLINE)

    def _work(self, number: int) -> None:
        while not self._stop.is_set():
            try:
                client = socket.create_connection(("127.0.0.1", self.port), 2.0)
            except OSError:  # refused, or not answered: nothing was accepted, nothing is lost
                self.outcomes["refused"] += 1
                self._stop.wait(0.01)
                continue
            with client:
                client.settimeout(DEADLINE)
                try:
                    self._converse(client, number)
                except Exception as error:
                    self.failures.append(repr(error))

    def _converse(self, client: socket.socket, number: int) -> None:
        for count in range(20 if number % 2 else 1):
            path = "/slow" if (number + count) % 5 == 0 else "/hello"
            close = "" if number % 2 else "Connection: close\r\n"
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{close}\r\n".encode())
            answer = http.client.HTTPResponse(client)
            answer.begin()
            answer.read()
            self.outcomes[str(answer.status)] += 1
            if answer.will_close:
                return


@pytest.mark.parametrize("whom", ["master", "everyone"])
def test_nothing_that_was_accepted_is_lost(shop, whom):
    """`everyone`: an init system's stop signal reaches master and workers at the same moment."""
    with started(shop.path, "server.workers=2") as web, Load(web.port, 24) as load:
        wait_until(lambda: load.outcomes["200"] > 100)
        if whom == "everyone":
            os.killpg(web.process.pid, signal.SIGTERM)
        else:
            web.process.send_signal(signal.SIGTERM)
        assert web.wait() == 0
    assert load.failures == []
    assert set(load.outcomes) <= {"200", "refused"}


def test_workers_finish_what_is_under_way_when_their_master_is_killed(shop):
    with started(shop.path, "server.workers=1") as web:
        worker = int(web.request("GET", "/pid")[2])
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(web.request("GET", "/slow")[0]))
        asking.start()
        wait_until((shop.path / "slow.begun").exists)
        web.process.kill()
        asking.join(DEADLINE)
        assert answers == [200]
        wait_until(lambda: not is_alive(worker))


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_quit_is_immediate(shop):
    with started(shop.path, "server.workers=1") as web:
        wait_until(lambda: web.request("GET", "/hello")[0] == 200)
        begun = time.monotonic()
        web.process.send_signal(signal.SIGQUIT)
        assert web.wait() == 0
        assert time.monotonic() - begun < 20
