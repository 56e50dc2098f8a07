"""Asks a server of ours, at an address of `server.bind`, for one path. Not for anything but its health."""

from __future__ import annotations

import http.client
import socket

from macaron_runner.processes.addresses import UnixAddress, parse_address


def ask(address: str, path: str, patience: float) -> tuple[bool, str]:
    """Return whether GET of the path is answered with 200 within `patience` seconds a step, and what happened."""
    try:
        connection = http.client.HTTPConnection("localhost", timeout=patience)
        connection.sock = _connect(address, patience)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(200).decode("utf-8", "replace")
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        return False, f"{address} {path}: {error or type(error).__name__}"
    return answer.status == 200, f"{address} {path}: {answer.status} {body}"


def _connect(address: str, patience: float) -> socket.socket:
    target = parse_address(address)
    if isinstance(target, UnixAddress):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(patience)
        connection.connect(target.path)
        return connection
    return socket.create_connection((target.reachable.host, target.port), patience)
