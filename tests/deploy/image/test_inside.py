"""What is installed in an image, and how pip finds it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from macaron_runner.deploy.files import File
from macaron_runner.deploy.image import inside
from macaron_runner.deploy.image.layout import Layout
from macaron_runner.deploy.image.pip_settings import PipSettings, pip_settings
from macaron_runner.errors import DependencyMissing
from tests.deploy.image.conftest import MACARON_YAML, ServiceFolder


def files_of(service: ServiceFolder) -> dict[str, str]:
    configuration = service.load()
    file = inside.requirements_of(configuration)
    assert file is not None
    layout = Layout.of(configuration)
    return {name: content.decode() for name, content in inside.requirement_files(file, layout)}


def test_requirements_bring_along_what_they_name(service: ServiceFolder) -> None:
    service.write("requirements.txt", "-r base/all.txt\nflask-login\n-c constraints.txt\n")
    service.write("base/all.txt", "--requirement=../requirements.txt\nredis\n")
    service.write("constraints.txt", "redis<9\n")
    assert sorted(files_of(service)) == ["base/all.txt", "constraints.txt", "requirements.txt"]


def test_of_a_project_it_is_the_dependencies(service: ServiceFolder) -> None:
    service.write(
        "pyproject.toml", '[project]\nname = "shop"\ndependencies = ["redis", "macaron_runner>=0.1"]\n'
    )
    found = files_of(service)
    assert found == {"pyproject.txt": "redis\nmacaron_runner>=0.1\n"}
    assert inside.names_macaron(text.encode() for text in found.values())


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.txt"])
def test_what_cannot_be_read_is_told(service: ServiceFolder, name: str) -> None:
    (service.folder / name).write_bytes(b"[\xff")
    with pytest.raises(DependencyMissing, match=f"the requirements in .*{name} cannot be read"):
        files_of(service)


def test_a_service_without_requirements_has_none(service: ServiceFolder) -> None:
    assert inside.requirements_of(service.load()) is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ()),
        ("tasks: {}\n", ()),
        ("tasks: {broker: 'sqs://'}\n", ("sqs",)),
        (
            "tasks: {broker: 'gcpubsub://projects/a', store: 'redis://h', schedules: {a: {task: a.b, sun: "
            "{event: sunset, latitude: 1, longitude: 1}}}}\n",
            ("pubsub", "sun"),
        ),
    ],
)
def test_the_extras_are_those_the_service_needs(
    service: ServiceFolder, more: str, expected: tuple[str, ...]
) -> None:
    service.write("macaron.yaml", MACARON_YAML + more)
    assert inside.needed_extras([service.load()]) == expected


def test_how_a_requirement_is_written() -> None:
    assert inside.requirement("macaron-runner==1", ("sqs", "sun")) == "macaron-runner[sqs,sun]==1"
    assert inside.requirement(File("a-1.whl", b""), ()) == "./a-1.whl"


def test_of_a_macaron_installed_from_a_folder_a_wheel_goes_along(tmp_path: Path) -> None:
    wheel = inside.macaron_inside()
    assert isinstance(wheel, File), "the tests run on an editable installation"
    assert wheel == inside.macaron_inside()
    (tmp_path / wheel.path).write_bytes(wheel.content)
    script = (
        "import macaron_runner.cli as a, macaron_runner.openapi.builtin as b; print(a.__file__, b.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{tmp_path}/{wheel.path}", "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert all(name.startswith(f"{tmp_path}/{wheel.path}/macaron_runner/") for name in done.stdout.split())
    names = zipfile.ZipFile(io.BytesIO(wheel.content)).namelist()
    assert {"macaron_runner/py.typed", "macaron_runner/schemas/ping.yaml"} < {*names}
    assert "[console_scripts]" in (distribution("macaron-runner").read_text("entry_points.txt") or "")


def test_pip_is_told_where_packages_are_and_whom_to_trust(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates")
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(
        f"[global]\nindex-url = https://a@one.example/simple\nfind-links = /wheels\ncert = {bundle}\n"
    )
    second.write_text("[install]\nindex-url = https://b@two.example/simple\ntrusted-host = h1\n  h2\n")
    files = (first, second, tmp_path / "none")
    assert pip_settings({}, files=files) == PipSettings(
        "[global]\nindex-url = https://b@two.example/simple\ntrusted-host = h1 h2\ncert = /run/secrets/ca\n",
        bundle,
    )
    said = pip_settings(
        {"PIP_INDEX_URL": "https://three.example", "PIP_EXTRA_INDEX_URL": "file:///a"}, files=files
    )
    assert "index-url = https://three.example\n" in said.text
    assert "extra" not in said.text
    assert "three" not in repr(said)


def test_where_nothing_is_said_pip_is_told_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "pip.conf"
    broken.write_text("no section\n")
    assert pip_settings({"SSL_CERT_FILE": "/no/such/file"}, files=(broken,)) == PipSettings()
