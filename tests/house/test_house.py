"""The house is in order: style, types, floors and doors. Each check is the tool's own, run as a developer would."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

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


def test_no_test_patches_our_own_modules() -> None:
    words = ("mock.patch", "monkeypatch.setattr", "unittest.mock")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    patching = [str(path) for path in tests if any(word in path.read_text() for word in words)]
    assert not patching
