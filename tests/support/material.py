"""Material of others that tests judge by: public documents, conformance suites. From registries, never committed.

`python -m tests.support.material` fetches all that is missing into a cache outside the checkout; a test asks
for the folder of one, and is skipped where it was not fetched. Tests themselves contact nobody but loopback.

A new entry needs a name, the package with its exact version and sha256 (which the command prints when it is
not the one written here), and patterns of the files to keep, below the archive's one top folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

SECONDS_FOR_ONE = 300


@dataclass(frozen=True, slots=True)
class Package:
    """What is wanted of one package of a registry."""

    registry: Literal["pypi", "npm"]
    package: str
    version: str
    sha256: str
    keep: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it lies once it was fetched; another version, or more to keep, is another folder."""
        digest = hashlib.sha256(repr(self).encode()).hexdigest()[:12]
        return cache() / f"{self.package.replace('/', '-').lstrip('@')}-{self.version}-{digest}"

    @property
    def download(self) -> list[str]:
        """The command that puts its archive into the working directory; a source distribution where it is PyPI's."""
        if self.registry == "npm":
            return ["npm", "pack", "--silent", f"{self.package}@{self.version}"]
        pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else ["pip3"]
        wanted = f"{self.package}=={self.version}"
        return [*pip, "download", "--quiet", "--no-deps", "--no-binary", ":all:", wanted]


MATERIAL = {
    # The JSON Schema Test Suite, in json/tests.
    "json-schema-test-suite": Package(
        "pypi",
        "jsonschema",
        "4.26.0",
        "0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326",
        ("json/tests/*", "json/remotes/*", "json/LICENSE"),
    ),
    # Four thousand documents of APIs.guru, in three archives: corpus/data/{swagger-2.0,openapi-3.0,openapi-3.1}.tar.gz.
    "public-documents": Package(
        "pypi",
        "schemathesis",
        "3.39.16",
        "d903368786e745ad151924d4e2e883a8b158332e60af56cd623d88d08ad55076",
        ("corpus/data/swagger-2.0.tar.gz", "corpus/data/openapi-3.?.tar.gz"),
    ),
    # GitHub's own document of its API, in generated/api.github.com.json.
    "github-document": Package(
        "npm",
        "@octokit/openapi",
        "23.0.2",
        "71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c",
        ("generated/api.github.com.json",),
    ),
}


def cache() -> Path:
    """Return the folder in which all material lies."""
    chosen = os.environ.get("MACARON_TEST_MATERIAL")
    return Path(chosen) if chosen else Path.home() / ".cache" / "macaron-tests"


def material(name: str) -> Path:
    """Return the folder of one material; skip the test where it was not fetched."""
    import pytest

    folder = MATERIAL[name].folder
    if not folder.is_dir():
        pytest.skip(f"the material {name} is not installed: run python -m tests.support.material")
    return folder


def fetch(package: Package) -> None:
    """Fetch one package, and keep what is wanted of it; whoever else fetches it meanwhile does no harm.

    Raises OSError, CalledProcessError (its program failed), TimeoutExpired or ValueError (not what was expected).
    """
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache(), prefix=".fetching-") as directory:
        place = Path(directory)
        _run(package.download, place)
        archive = next(iter(place.iterdir()))
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != package.sha256:
            raise ValueError(f"{package.package} {package.version} has the sha256 {found}")
        kept = place / "kept"
        _unpack(archive, package.keep, kept)
        _put(kept, package.folder)


def _run(command: list[str], place: Path) -> None:
    subprocess.run(command, cwd=place, check=True, capture_output=True, text=True, timeout=SECONDS_FOR_ONE)


def _unpack(archive: Path, keep: tuple[str, ...], folder: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, members=_wanted(tar, keep), filter="data")
    if not folder.is_dir():
        raise ValueError(f"{archive.name} has nothing of {', '.join(keep)}")


def _wanted(tar: tarfile.TarFile, keep: tuple[str, ...]) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        _, _, name = member.name.partition("/")
        if any(fnmatch(name, pattern) for pattern in keep):
            yield member.replace(name=name, deep=False)


def _put(kept: Path, folder: Path) -> None:
    try:
        kept.rename(folder)
    except OSError:
        if not folder.is_dir():  # another run has put it there
            raise


def _try_to_fetch(name: str) -> bool:
    try:
        fetch(MATERIAL[name])
    except subprocess.CalledProcessError as error:
        print(f"{name}: {error}\n{error.stderr}", file=sys.stderr)
        return False
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    return True


def main() -> int:
    """Fetch all that is missing."""
    missing = [name for name, package in MATERIAL.items() if not package.folder.is_dir()]
    with ThreadPoolExecutor() as pool:
        fetched = list(pool.map(_try_to_fetch, missing))
    return 0 if all(fetched) else 1


if __name__ == "__main__":
    sys.exit(main())
