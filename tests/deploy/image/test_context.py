"""The folder that an engine builds from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from macaron_runner.deploy.files import File
from macaron_runner.deploy.image.context import LONG_AGO, own_ignore_file, stage
from macaron_runner.deploy.image.layout import Layout
from tests.deploy.image.conftest import ServiceFolder

EPOCH = 1_700_000_000


def listed(folder: Path) -> str:
    """Return all that an archive would have of a folder."""
    words = ("find", ".", "-mindepth", "1", "-printf", "%p %y %m %T@ %l\n")
    done = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True)
    return "\n".join(sorted(done.stdout.splitlines()))


def test_the_same_files_give_the_same_folder(service: ServiceFolder, tmp_path: Path) -> None:
    (service.folder / "link").symlink_to(service.folder / "shop.yaml")
    service.write("start.sh").chmod(0o770)
    order = service.order()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files = (File("Dockerfile", b"FROM scratch\n"), File("requirements/macaron-runner.txt", b""))
        stage(tmp_path / name, order.layout, order.sources, files, epoch=EPOCH)
        for source in order.sources:
            os.utime(source, (5, 5), follow_symlinks=False)
            if not source.is_symlink():
                source.chmod(0o600 if not os.access(source, os.X_OK) else 0o700)
    assert listed(tmp_path / "a") == listed(tmp_path / "b")
    app = tmp_path / "a/app"
    assert (app / "link").readlink() == Path("shop.yaml")
    assert (app / "shop.yaml").stat().st_mtime == EPOCH
    assert (app / "shop.yaml").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "a/Dockerfile").stat().st_mtime == LONG_AGO


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("tests", "app/tests\n"),
        ("/tests/", "app/tests/\n"),
        ("**/*.md", "app/**/*.md\n"),
        ("!README.md", "!app/README.md\n"),
        ("# a comment", ""),
        ("", ""),
    ],
)
def test_the_services_own_ignore_rules_count_below_app(
    service: ServiceFolder, pattern: str, expected: str
) -> None:
    service.write(".dockerignore", f"{pattern}\n")
    (file,) = own_ignore_file(Layout.of(service.load()))
    assert (file.path, file.text) == (".dockerignore", expected)


def test_without_ignore_rules_there_is_no_file(service: ServiceFolder) -> None:
    assert own_ignore_file(Layout.of(service.load())) == ()
