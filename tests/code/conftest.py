"""What tests of the code room share: files of a case, written into a folder from which they can be imported."""

import importlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from macaron_runner.code.written import WrittenCode


def parse_case(text: str) -> dict[str, str]:
    """Return the parts of a case: under `--- name`, a file or what is expected."""
    parts = re.split(r"^--- (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their names."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def importable(tmp_path: Path) -> Iterator[Path]:
    """Give a folder from which modules are imported; they are forgotten afterwards."""
    path, modules = sys.path[:], set(sys.modules)
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", None) or tmp_path).startswith(str(tmp_path)):
            del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., WrittenCode]:
    """Give a function that writes files and returns their code, of which nothing has been read yet."""

    def make(**files: str) -> WrittenCode:
        write_files(tmp_path, {f"{name.replace('__', '/')}.py": text for name, text in files.items()})
        return WrittenCode((tmp_path,), sys.path, sys.meta_path)

    return make
