"""What is found inside an image, and its bill of materials."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from macaron_runner.deploy.image import contents
from macaron_runner.deploy.image.sbom import bill_of_materials
from macaron_runner.deploy.workloads import Image

IMAGE = Image("registry.example.com/acme/shop", "1.2")
FOUND = {
    "python": [
        {"name": "Flask_Login", "version": "1.0+b", "license": "MIT", "expression": True},
        {"name": "old", "version": "1", "license": "BSD", "expression": False},
    ],
    "debian": [{"name": "libc6", "version": "2.36-9+deb12u1", "architecture": "amd64"}],
    "alpine": [],
    "system": {"id": "debian", "version_id": "12"},
    "interpreter": "3.12.1",
}
DPKG = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9
Description: GNU C Library
 Version: no key

Package: gone
Status: deinstall ok config-files
Version: 1
"""


def test_the_program_runs_alone(tmp_path: Path) -> None:
    program = Path(contents.__file__).read_bytes()
    done = subprocess.run(
        [sys.executable, "-"], input=program, cwd=tmp_path, check=True, capture_output=True, timeout=60
    )
    found = json.loads(done.stdout)
    versions = {each["name"]: each["version"] for each in found["python"]}
    assert versions["pydantic"] == version("pydantic")
    assert found["interpreter"] == "{}.{}.{}".format(*sys.version_info)


def test_packages_of_debian_and_alpine(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(DPKG)
    assert list(contents.debian_packages(str(tmp_path / "status"))) == [
        {"name": "libc6", "version": "2.36-9", "architecture": "amd64"}
    ]
    (tmp_path / "installed").write_text("C:Q1\nP:musl\nV:1.2.5\nA:x86_64\nL:MIT\n\nP:zlib\nV:1\n")
    assert [each["name"] for each in contents.alpine_packages(str(tmp_path / "installed"))] == [
        "musl",
        "zlib",
    ]
    assert list(contents.debian_packages("/no/such/file")) == []
    assert contents.system("/no/such/file") == {}


def test_the_bill() -> None:
    text = bill_of_materials(FOUND, IMAGE, "sha256:ab", made_at="2026-11-28T10:00:00Z", macaron="0.1.0")
    again = bill_of_materials(FOUND, IMAGE, "sha256:ab", made_at="2026-11-28T10:00:00Z", macaron="0.1.0")
    assert text == again
    bill = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["purl"] == "pkg:oci/shop@sha256%3Aab?tag=1.2"
    assert [each["purl"] for each in bill["components"]] == [
        "pkg:generic/python@3.12.1",
        "pkg:pypi/flask-login@1.0%2Bb",
        "pkg:pypi/old@1",
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12",
    ]
    assert [each.get("licenses") for each in bill["components"]] == [
        None,
        [{"expression": "MIT"}],
        [{"license": {"name": "BSD"}}],
        None,
    ]
