"""A service in a folder, and what is built of it without any engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from macaron_runner.configuration.load import load
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.selection import Selection
from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.image.order import Order
from macaron_runner.deploy.programs import Lines, Outcome
from tests.support.git import run_git

MACARON_YAML = """\
macaron: 1
service: {name: shop}
apis: {shop: {spec: shop.yaml}}
build: {image: registry.example.com/acme/shop}
"""
COMMITTED_AT = "2026-11-28T10:00:00Z"


@dataclass(frozen=True)
class ServiceFolder:
    """A service whose macaron.yaml is in `folder`, perhaps in a repository."""

    folder: Path

    def write(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def load(self, **environ: str) -> Configuration:
        return load(Selection(str(self.folder / "macaron.yaml")), environ=environ)

    def order(self, *read: str, allow_dirty: bool = False, **environ: str) -> Order:
        files = [self.folder / name for name in read]
        return Order.of(self.load(**environ), files, allow_dirty=allow_dirty)

    def commit(self) -> str:
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "one")
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        return run_git(self.folder, *words, at=COMMITTED_AT)


@pytest.fixture
def service(tmp_path: Path) -> ServiceFolder:
    found = ServiceFolder(tmp_path / "work/shop")
    found.write("macaron.yaml", MACARON_YAML)
    found.write("shop.yaml", 'openapi: 3.1.0\ninfo: {title: Shop, version: "1"}\npaths: {}\n')
    found.write("shop/__init__.py")
    return found


@dataclass
class PlayedPrograms:
    """Programs that are played; all are written down.

    `answer(words)` is what a command prints (bytes), its exit code, or the error (a text) that it ends with 1 for.
    """

    answer: Callable[[tuple[str, ...]], bytes | int | str]
    ran: list[Command] = field(default_factory=list)

    def run(self, command: Command) -> Outcome:
        self.ran.append(command)
        said = self.answer(command.words)
        if isinstance(said, str):
            return Outcome(1, errors=said.encode())
        return Outcome(said) if isinstance(said, int) else Outcome(0, said)

    def lines(self, command: Command, *, patience: float | None = None) -> Lines:
        yield self.run(command)

    @property
    def words(self) -> list[str]:
        return [" ".join(command.words) for command in self.ran]


@dataclass
class Played:
    """Hands over played programs, and what was told."""

    programs: PlayedPrograms
    hands: Hands
    told: list[str]


def played(
    answer: Callable[[tuple[str, ...]], bytes | int | str],
    environ: dict[str, str] | None = None,
    *,
    dry_run: bool = False,
) -> Played:
    """Return hands whose programs answer so."""
    told: list[str] = []
    programs = PlayedPrograms(answer)
    return Played(programs, Hands(told.append, environ or {}, dry_run=dry_run, programs=programs), told)
