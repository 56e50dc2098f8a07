"""New services, made without the command line: from documents in texts or in documents/."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.scaffold.adopt import Adopted, from_document
from macaron_runner.scaffold.files import write

DOCUMENTS = Path(__file__).parent / "documents"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Made:
    """A service that was written: its folder, and what was said about it."""

    folder: Path
    adopted: Adopted

    def text(self, path: str) -> str:
        """Return the text of one of its files."""
        return (self.folder / path).read_text("utf-8")

    @property
    def python(self) -> dict[str, str]:
        """All of its Python, by path."""
        return {each.path: each.content.decode() for each in self.adopted.files if each.path.endswith(".py")}

    def function(self, name: str) -> ast.FunctionDef:
        """Return a function of its code."""
        for text in self.python.values():
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    return node
        raise AssertionError(f"no function {name} in {list(self.python)}")

    def problems(self) -> tuple[Diagnostic, ...]:
        """Return what is found wrong with it, without importing its code."""
        return inspect_service(Selection(str(self.folder / "macaron.yaml")), environ={}).diagnostics

    def run(self, *command: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
        """Run a Python module in the folder."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder / folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


class Maker:
    """Makes services in a folder of the test's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, document: Path, name: str = "petstore") -> Made:
        """Write the service of a document."""
        target = self.folder / "made" / name
        adopted = from_document(
            document, target, name, name, macaron="macaron-runner", installed={"flask", "celery", "pytest"}
        )
        write(target, adopted.files)
        return Made(target, adopted)

    def text(self, text: str, name: str = "petstore", *, ending: str = "yaml") -> Made:
        """Write the service of a document that is a text."""
        place = self.folder / f"{name}.{ending}"
        place.write_text(text, "utf-8")
        return self(place, name)


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Give what makes services."""
    return Maker(tmp_path)
