"""The command line as its users have it: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import forked

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0

MACARON_YAML = """\
macaron: 1
service: {name: shop}
secrets: {key: {env: SHOP_KEY}}
auth:
  users: {type: jwt, issuer: shop.example.com, audience: shop, keys: {main: {secret: "${secret:key}"}}}
  partners: {type: jwt, issuer: other, audience: shop, keys: {k: {secret: "${secret:key}"}}, token_lifetime: 10s}
apis:
  shop: {spec: shop.yaml}
"""
SHOP_YAML = 'openapi: 3.1.0\ninfo: {title: Shop, version: "1"}\npaths: {}\n'
KEY = "the key of these tests, which is long enough"


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended; the folder's path is shown as [folder]."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class CommandLine:
    """Runs `macaron` in `folder`, with an environment of its own."""

    folder: Path

    def __call__(self, *words: str, cwd: str = ".", **environ: str) -> Done:
        """Run one command to its end."""
        code, out, err = forked.run(words, self.folder / cwd, self.environment(environ), DEADLINE)
        return Done(code, self.shown(out), self.shown(err))

    def afresh(self, *words: str, **environ: str) -> Done:
        """Run one command in a Python process of its own, where its start matters."""
        return self._run(self.command(*words), environ)

    def shell(self, script: str) -> Done:
        """Run a shell script in which "$@" is macaron."""
        return self._run(("sh", "-c", script, "sh", *self.command()), {})

    def command(self, *words: str) -> tuple[str, ...]:
        """Return a command's argv."""
        return (sys.executable, "-m", "macaron_runner.cli", *words)

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a command: nothing of ours but the paths."""
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SHOP_KEY": KEY, **environ}

    def shown(self, printed: bytes) -> str:
        """Return what was printed, on every machine the same."""
        return printed.decode("utf-8", "replace").replace(str(self.folder), "[folder]")

    def write(self, name: str, text: str | bytes) -> None:
        """Write a file of the folder."""
        (self.folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def _run(self, command: tuple[str, ...], environ: Mapping[str, str]) -> Done:
        process = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(environ),
            capture_output=True,
            timeout=DEADLINE,
            check=False,
        )
        return Done(process.returncode, self.shown(process.stdout), self.shown(process.stderr))


@pytest.fixture
def macaron(tmp_path: Path) -> CommandLine:
    """Give the command line, in a folder with a service in which nothing is wrong."""
    line = CommandLine(tmp_path)
    line.write("macaron.yaml", MACARON_YAML)
    line.write("shop.yaml", SHOP_YAML)
    return line
