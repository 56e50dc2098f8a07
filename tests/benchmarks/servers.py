"""How the peers are served: real servers as their users start them, two workers each, no line in a log a request.

Not for what they serve (peers, apps) nor for load (load).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.benchmarks.peers import PEERS, Peer, missing

_GUNICORN: Final = (
    *("gunicorn", "--worker-class=gthread", "--workers=2", "--threads=4", "--http-parser=fast", "--preload"),
    *(
        "--keep-alive=75",
        "--no-control-socket",
        "--bind=127.0.0.1:{port}",
        "tests.benchmarks.apps.{module}:create()",
    ),
)
_UVICORN: Final = (
    *("uvicorn", "--workers=2", "--no-access-log", "--log-level=warning", "--port={port}"),
    *("--factory", "tests.benchmarks.apps.{module}:create"),
)
_GRANIAN: Final = (
    *(
        "granian",
        "--interface=asgi",
        "--workers=2",
        "--no-access-log",
        "--log-level=warning",
        "--port={port}",
    ),
    *("--factory", "tests.benchmarks.apps.{module}:create"),
)
_MACARON: Final = ("macaron_runner.cli", "run", "tests/benchmarks/service/macaron.yaml")


@dataclass(frozen=True, slots=True)
class Server:
    """A peer, served. `words` come after `python -m`; {port} and {module} stand for the peer's."""

    name: str
    title: str
    peer: Peer
    words: tuple[str, ...]
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The packages it needs that are not installed."""
        return (*self.peer.missing, *missing(self.packages))

    def command(self, port: int) -> list[str]:
        """Return the words with the port in its place."""
        return [word.format(port=port, module=self.peer.module) for word in self.words]


def _on_gthread(name: str) -> Server:
    return Server(name, PEERS[name].title, PEERS[name], _GUNICORN)


def _on_uvicorn(name: str) -> Server:
    return Server(
        name, f"{PEERS[name].title}, uvicorn", PEERS[name], _UVICORN, ("uvicorn", "uvloop", "httptools")
    )


SERVERS: Final = {
    server.name: server
    for server in (
        Server("macaron", "macaron run", PEERS["macaron"], _MACARON),
        Server(
            "macaron-gthread",
            "macaron run, stock gthread",
            PEERS["macaron"],
            (*_MACARON, "--set", "server.worker=gthread"),
        ),
        _on_gthread("raw"),
        _on_gthread("flask"),
        _on_gthread("flask-pydantic"),
        _on_gthread("falcon"),
        _on_uvicorn("fastapi"),
        _on_uvicorn("litestar"),
        Server("litestar-granian", "Litestar, msgspec, granian", PEERS["litestar"], _GRANIAN, ("granian",)),
        _on_uvicorn("blacksheep"),
        _on_uvicorn("connexion"),
    )
}
"""Whom the end-to-end table shows, by name; WSGI without another word is served by gunicorn's gthread."""
