"""SIGTERM under load: not one failed request; and how a service ends."""

import http.client
import signal
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE, wait_for
from tests.support.service import RunningService

pytestmark = pytest.mark.service

HELLOWORLD = "sample_services/helloworld/macaron.yaml"


class Client(threading.Thread):
    """Asks /hello again and again until the service is gone; counts what came of it."""

    def __init__(self, port: int, stop: threading.Event, *, keep_alive: bool) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.over = stop
        self.keep_alive = keep_alive
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        while not self.over.is_set():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                connection.connect()
            except ConnectionRefusedError:
                # Nobody listens any more: such a request was never accepted.
                self.counts["refused"] += 1
                return
            self._ask(connection)

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        try:
            while not self.over.is_set():
                connection.request("GET", "/hello")
                response = connection.getresponse()
                complete = response.read() == b'{"message":"Hello world!"}'
                self.counts["answered" if response.status == 200 and complete else "failed"] += 1
                if not self.keep_alive or response.will_close:
                    return
        except (OSError, http.client.HTTPException) as error:
            self.counts[f"failed: {type(error).__name__}"] += 1
        finally:
            connection.close()


@pytest.mark.parametrize("keep_alive", [False, True], ids=["connection a request", "kept alive"])
def test_no_request_fails_when_the_service_is_told_to_stop(keep_alive: bool) -> None:
    over = threading.Event()
    with RunningService(HELLOWORLD, environment={"WEB_CONCURRENCY": "2"}) as service:
        clients = [Client(service.port, over, keep_alive=keep_alive) for _ in range(8)]
        for client in clients:
            client.start()
        wait_for("answers", lambda: sum(client.counts["answered"] for client in clients) > 100)
        assert service.stop() == 0
        over.set()
        for client in clients:
            client.join(PATIENCE)
        counts = sum((client.counts for client in clients), Counter())
        print(counts)
        assert counts["answered"] > 100
        assert not [name for name in counts if name.startswith("failed")], counts


def test_a_request_under_way_is_answered(tmp_path: Path) -> None:
    _write_slow_service(tmp_path)
    with RunningService(tmp_path / "macaron.yaml") as service:
        with socket.create_connection(("127.0.0.1", service.port), PATIENCE) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\nHost: here\r\n\r\n")
            wait_for("the handler", (tmp_path / "begun").exists)
            service.process.send_signal(signal.SIGTERM)
            response = http.client.HTTPResponse(connection)
            response.begin()
            assert (response.status, response.read()) == (200, b'{"slept":1.5}')
        assert service.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_every_way_to_stop_is_clean(how: signal.Signals) -> None:
    with RunningService(HELLOWORLD) as service:
        began = time.monotonic()
        assert service.stop(how) == 0
        assert time.monotonic() - began < 30
        assert "Traceback" not in service.log


def _write_slow_service(folder: Path) -> None:
    (folder / "macaron.yaml").write_text(
        "macaron: 1\n"
        "service: {name: slow}\n"
        "apis: {slow: {spec: slow.yaml, handlers: slow_api}}\n"
        "server: {bind: '127.0.0.1:${PORT}'}\n"
    )
    (folder / "slow.yaml").write_text(
        "openapi: 3.1.0\n"
        "info: {title: slow, version: '1'}\n"
        "paths:\n"
        "  /slow:\n"
        "    get:\n"
        "      operationId: slow\n"
        "      responses: {'200': {description: fine, content: {application/json: {schema: {type: object}}}}}\n"
    )
    (folder / "slow_api.py").write_text(
        "import pathlib\nimport time\n\n\ndef slow():\n"
        "    pathlib.Path(__file__).with_name('begun').touch()\n"
        "    time.sleep(1.5)\n    return {'slept': 1.5}\n"
    )
