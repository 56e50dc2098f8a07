"""What a call costs by a client of macaron, and by httpx2 as one would by hand: build, send, read, make a model.

CPU time, user + system, of one process in which both take turns in every round. `python -m tests.benchmarks.clients` is
the other side: it answers what it must, does nothing for it, and is not measured. Not for serving (in_process).
"""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from macaron_runner import apipool, context
from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from tests.benchmarks.results import Results
from tests.benchmarks.workloads import WORKLOADS

SERVICE: Final = Path(__file__).parent / "clients_service"
MEASURED: Final = ("W1", "W2", "W5")
LIMIT: Final = 1.25
"""How many times the figure of httpx2 by hand macaron's may be."""

RECEIPT: Final = {"order": 1, "customer": "Ada Lovelace", "lines": 3, "total": 12345}
Calls: TypeAlias = Mapping[str, Callable[[], object]]
"""What makes the call of each workload, and returns what it read."""

EXPECTED: Final[Mapping[str, object]] = {"W1": "Hello world!", "W2": 12345, "W5": 12345}


@contextmanager
def macaron(port: int) -> Iterator[Calls]:
    """Give the calls as a handler makes them, bodies checked on their way out and answers on their way in."""
    assemble(load(Selection(str(SERVICE / "macaron.yaml")), environ={"PORT": str(port)}))
    client, model = apipool.orders.client, apipool.orders.Order
    small, large = (model.from_json(json.loads(WORKLOADS[name].body)) for name in ("W2", "W5"))
    try:
        yield {
            "W1": lambda: client.hello().message,
            "W2": lambda: client.create_order(small).total,
            "W5": lambda: client.create_order(large).total,
        }
    finally:
        context.deactivate()


@contextmanager
def by_hand(port: int) -> Iterator[Calls]:
    """Give the calls as httpx2's documentation makes them, with models of pydantic."""
    import httpx2

    from tests.benchmarks.apps.orders_pydantic import Hello, Order, Receipt

    small, large = (Order.model_validate_json(WORKLOADS[name].body) for name in ("W2", "W5"))
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30.0) as client:

        def hello() -> str:
            answer = client.get("/hello").raise_for_status()
            return Hello.model_validate(answer.json()).message

        def create(order: Order) -> int:
            answer = client.post("/orders", json=order.model_dump(mode="json", exclude_none=True))
            return Receipt.model_validate(answer.raise_for_status().json()).total

        yield {"W1": hello, "W2": lambda: create(small), "W5": lambda: create(large)}


def measure(rounds: int, seconds: float) -> Results:
    """Return microseconds of CPU a call, of both sides."""
    results = Results("CPU us")
    with answering() as port, macaron(port) as ours, by_hand(port) as theirs:
        sides = {"macaron": ours, "httpx2": theirs}
        turns = [(side, name, warmed(sides[side], name, seconds)) for name in MEASURED for side in sides]
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            for side, name, count in turns:
                results.add((side, name), taken(sides[side][name], count) / count * 1e6)
    return results


def warmed(calls: Calls, name: str, seconds: float) -> int:
    """Return how many calls take about so long; what they read was looked at."""
    assert calls[name]() == EXPECTED[name]
    taken(calls[name], 20)
    return max(1, int(20 * seconds / taken(calls[name], 20)))


def taken(call: Callable[[], object], count: int) -> float:
    """Return the seconds of CPU that so many calls take."""
    began = time.process_time()
    for _ in range(count):
        call()
    return max(time.process_time() - began, 1e-6)


def table(results: Results) -> Iterator[str]:
    """Yield a line for each workload: both figures, their ratio, and whether that is good enough."""
    for name in MEASURED:
        mine, other = results.median(("macaron", name)), results.median(("httpx2", name))
        ratio = results.ratio(("macaron", name), ("httpx2", name))
        verdict = "pass" if ratio <= LIMIT else "FAIL"
        yield f"{verdict}  {name:4} {mine:9.1f} {other:9.1f}  {ratio:5.2f}x  (to beat: {LIMIT:.2f}x)"


@contextmanager
def answering() -> Iterator[int]:
    """Give the port of the other side, in a process of its own."""
    words = [sys.executable, "-m", __name__]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def main() -> None:
    """Be the other side."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=_serve, args=(listener.accept()[0],), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as stream:
        while line := stream.readline():
            length = 0
            while header := stream.readline().strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            stream.read(length)
            connection.sendall(_ANSWERS[line[:4]])


def _answer(value: object) -> bytes:
    body = json.dumps(value).encode()
    return (
        b"HTTP/1.1 200 OK\r\nServer: answering\r\nDate: Sat, 28 Nov 2026 20:07:48 GMT\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    ) + body


_ANSWERS: Final = {b"GET ": _answer({"message": "Hello world!"}), b"POST": _answer(RECEIPT)}


if __name__ == "__main__":
    main()
