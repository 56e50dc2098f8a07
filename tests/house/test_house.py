"""The house is in order: style, types, floors and doors. Each check is the tool's own, run as a developer would."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "macaron_runner"

CHECKS = {
    "ruff": [sys.executable, "-m", "ruff", "check", "--quiet", "."],
    "ruff format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
    "mypy": [sys.executable, "-m", "mypy"],
    "import-linter": [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_check_passes(name: str) -> None:
    result = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_room_says_what_it_is_for() -> None:
    modules = [path for path in (ROOT / "macaron_runner").rglob("*.py") if path.name != "__main__.py"]
    silent = [str(path) for path in modules if not path.read_text().startswith('"""')]
    assert len(modules) > 40
    assert not silent


def test_rooms_send_nobody_to_places_that_are_gone() -> None:
    """What a module's docstring says it is not for is done in the module that it names, as seen from its room."""
    named = [
        (path.relative_to(HOUSE), name)
        for path in sorted(HOUSE.rglob("*.py"))
        for name in _others(ast.get_docstring(ast.parse(path.read_text())) or "")
    ]
    gone = [
        f"{path}: {name}" for path, name in named if not any(_is_there(room, name) for room in path.parents)
    ]
    assert len(named) > 300
    assert not gone


def _others(docstring: str) -> list[str]:
    """Return the names of places in a docstring: "Not for schemas (values, fitting)" -> "values", "fitting"."""
    _, _, rest = docstring.replace("\n", " ").partition("ot for ")
    lists = re.findall(r"\(((?:[a-z_][a-z_0-9.]*(?:, )?)+)\)", rest)
    return [name.removeprefix("macaron_runner.") for listed in lists for name in listed.split(", ")]


def _is_there(room: Path, name: str) -> bool:
    """Tell whether there is a module, a room, or something in a module, of this name: "openapi.normalise"."""
    place = HOUSE.joinpath(room, *name.split("."))
    around = place.parent.with_suffix(".py")
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    return around.is_file() and bool(re.search(rf"(?m)^(class |def )?{place.name}\b", around.read_text()))


def test_no_test_patches_our_own_modules() -> None:
    words = ("mock.patch", "monkeypatch.setattr", "unittest.mock")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    patching = [str(path) for path in tests if any(word in path.read_text() for word in words)]
    assert not patching
