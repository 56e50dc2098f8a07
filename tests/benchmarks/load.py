"""Load for a server: the same request again and again over kept connections; how many were answered, and how.

`wrk` where it is installed: it needs little CPU itself, so that workers are kept as busy as in earnest. Else a few
threads of our own, which leave them idle in between: figures are a little higher then. Not for the server (end_to_end).
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from typing import Final, TypeAlias

from tests.benchmarks.workloads import Workload

CONNECTIONS: Final = 8
"""As many as two workers of four threads can serve at once."""

Load: TypeAlias = Callable[[Workload, int, float], tuple[int, int]]
"""Sends a workload to a port for so many seconds; returns how many answers came, and how many were 2xx or 3xx."""

_REQUESTS: Final = re.compile(r"(\d+) requests in")
_REFUSED: Final = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_SCRIPT: Final = """\
wrk.method = "{method}"
wrk.body = io.open("{body}", "rb"):read("*a")
{headers}
"""


def find_load() -> Load:
    """Return the best load to be had here."""
    return wrk if shutil.which("wrk") else threads


def wrk(workload: Workload, port: int, seconds: float) -> tuple[int, int]:
    """Send with wrk. Raises RuntimeError where connections failed."""
    with tempfile.TemporaryDirectory(prefix="macaron-benchmark-") as folder:
        script, body = Path(folder) / "request.lua", Path(folder) / "body"
        body.write_bytes(workload.body)
        headers = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in workload.headers.items())
        script.write_text(_SCRIPT.format(method=workload.method, body=body, headers=headers))
        words = [
            "wrk",
            "--threads=1",
            f"--connections={CONNECTIONS}",
            f"--duration={max(1, round(seconds))}s",
        ]
        said = subprocess.run(
            [*words, "--timeout=30s", f"--script={script}", f"http://127.0.0.1:{port}{workload.path}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        ).stdout
    if "Socket errors" in said:
        raise RuntimeError(f"connections failed: {said}")
    answered, refused = _REQUESTS.search(said), _REFUSED.search(said)
    assert answered, said
    return int(answered[1]), int(answered[1]) - (int(refused[1]) if refused else 0)


def threads(workload: Workload, port: int, seconds: float) -> tuple[int, int]:
    """Send with a thread a connection."""
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        counts = list(pool.map(lambda _: _one_connection(workload, port, deadline), range(CONNECTIONS)))
    return sum(count for count, _ in counts), sum(fine for _, fine in counts)


def _one_connection(workload: Workload, port: int, deadline: float) -> tuple[int, int]:
    data = _bytes_of(workload)
    answered = fine = 0
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        while time.monotonic() < deadline:
            connection.sendall(data)
            response = HTTPResponse(connection)
            response.begin()
            response.read()
            answered += 1
            fine += response.status < 400
    return answered, fine


def _bytes_of(workload: Workload) -> bytes:
    headers = {"Host": "127.0.0.1", **workload.headers, "Content-Length": str(len(workload.body))}
    lines = [
        f"{workload.method} {workload.path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + workload.body
