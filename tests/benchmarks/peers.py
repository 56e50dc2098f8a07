"""The peers: who they are, what must be installed for them, which module of `apps` is theirs.

Their applications are equals: the same schemas, the same answers, PyJWT where there are tokens. Not for how they are
served (servers).
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any, Final

from tests.benchmarks.apps.tokens import SECRET

ALL: Final = ("W1", "W2", "W3", "W4", "W5")
UNCHECKED: Final = ("W1", "W2", "W5")
"""What an application that neither validates nor knows tokens can be asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Peer:
    """One side of the benchmark. `environ` is what its processes find in their environment."""

    name: str
    title: str
    module: str
    packages: tuple[str, ...]
    workloads: tuple[str, ...] = ALL
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """The packages it needs that are not installed."""
        return missing(self.packages)

    @property
    def versions(self) -> str:
        """What is measured, in words."""
        return ", ".join(f"{name} {_version(name)}" for name in self.packages)

    def load(self) -> ModuleType:
        """Import all it needs, and return the module with its application."""
        return importlib.import_module(f"tests.benchmarks.apps.{self.module}")

    def create(self) -> Any:
        """Return its application, WSGI or ASGI."""
        return self.load().create()

    def settle(self) -> None:
        """Do what its server does when all is loaded; where that does nothing, what servers should before they fork."""
        getattr(self.load(), "settle", gc.freeze)()


def missing(packages: Iterable[str]) -> tuple[str, ...]:
    """Return those that are not installed."""
    return tuple(name for name in packages if _version(name) is None)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _macaron(name: str, title: str, **environ: str) -> Peer:
    secret = {"ORDERS_JWT_SECRET": SECRET}
    return Peer(name, title, "macaron", ("macaron-runner",), environ={**secret, **environ})


PEERS: Final = {
    peer.name: peer
    for peer in (
        _macaron("macaron", "macaron"),
        Peer("raw", "bare WSGI callable, msgspec", "raw_wsgi", ("msgspec",)),
        Peer("flask", "bare Flask, nothing validated", "flask_bare", ("flask",), UNCHECKED),
        Peer("flask-pydantic", "Flask, pydantic by hand", "flask_pydantic", ("flask", "pydantic")),
        Peer("falcon", "Falcon, msgspec", "falcon_app", ("falcon", "msgspec")),
        Peer("fastapi", "FastAPI", "fastapi_app", ("fastapi",)),
        Peer("litestar", "Litestar, msgspec", "litestar_app", ("litestar", "msgspec")),
        Peer("blacksheep", "BlackSheep, msgspec", "blacksheep_app", ("blacksheep", "msgspec")),
        Peer("connexion", "Connexion 3 AsyncApp", "connexion_app", ("connexion",)),
    )
}
"""Whom the tables show."""

VARIANTS: Final = {
    peer.name: peer
    for peer in (
        _macaron("macaron-hooks", "macaron, hooks and an extension", MACARON_ENV="hooks"),
        _macaron("macaron-10", "macaron, 10 operations", BENCHMARK_OPERATIONS="10"),
        _macaron("macaron-5000", "macaron, 5 000 operations", BENCHMARK_OPERATIONS="5000"),
        Peer("flask-hooks", "bare Flask, hooks and an extension", "flask_hooks", ("flask",), UNCHECKED),
    )
}
"""Other forms of two of them, to see what a form costs."""

EVERYONE: Final = PEERS | VARIANTS
"""All of them by name."""
