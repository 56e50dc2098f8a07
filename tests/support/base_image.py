"""A base image made of this machine's own Python, for there is no registry of images to fetch one from.

What is in it: the Python that runs the tests with its standard library and pip, the shell and a few programs, the
libraries that all of these load, each where it is here; and wheels of what macaron needs, from which its pip installs
and from nowhere else. Nothing of a distribution: it is for tests only.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.support.wheels import closure, wheel_of

PROGRAMS = ("sh", "cat", "chmod", "env", "id", "ls", "mkdir", "sleep", "true")
LIBRARIES = ("libdl.so.2", "libgcc_s.so.1", "libpthread.so.0", "librt.so.1", "libstdc++.so.6", "libutil.so.1")
"""What compiled modules of others load."""
TIME_ZONE = Path("/usr/share/zoneinfo/UTC")
WHEELS = Path("/usr/share/wheels")
_NEEDED = re.compile(rb"(?:=> )?(/\S+) \(0x")


def base_image() -> bytes:
    """Return the file system as an archive, as `docker import` takes it."""
    standard = Path(sysconfig.get_path("stdlib"))
    python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}").resolve()
    programs = [Path(found) for name in PROGRAMS if (found := shutil.which(name, path="/usr/bin:/bin"))]
    binaries = [python, *programs, *standard.glob("lib-dynload/*.so"), *_libraries()]
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        tree = _Tree(archive)
        for name in ("tmp", "proc", "sys", "dev", "etc", "root", "run", "var/lib"):
            tree.folder(Path("/", name), 0o1777 if name == "tmp" else 0o755)
        tree.text(Path("/etc/passwd"), b"root:x:0:0:root:/root:/bin/sh\n")
        tree.text(Path("/etc/group"), b"root:x:0:\n")
        for file in (*binaries, *_needed(binaries), *_library_files(standard), TIME_ZONE):
            tree.file(file)
        for name, content in _pip(standard):
            tree.text(standard / "site-packages" / name, content)
        for name, content in map(wheel_of, closure("macaron-runner").values()):
            tree.text(WHEELS / name, content)
        tree.text(Path("/etc/pip.conf"), f"[global]\nno-index = true\nfind-links = {WHEELS}\n".encode())
        tree.text(Path("/usr/bin/cc"), b"#!/bin/sh\nexit 1\n", 0o755)  # nothing here needs to be compiled
        for program in programs:
            tree.link(Path("/bin", program.name), program)
        tree.link(Path("/usr/local/bin/python3"), python)
        for loader in Path("/").glob("lib*/ld-*.so*"):
            tree.file(loader, loader.parent.name)
    return written.getvalue()


class _Tree:
    """An archive in which everything belongs to root and can be read by everybody."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._there: set[str] = {"."}

    def folder(self, path: Path, mode: int = 0o755) -> None:
        for each in (*reversed(path.parents), path):
            self._add(each, tarfile.DIRTYPE, mode if each == path else 0o755)

    def text(self, path: Path, content: bytes, mode: int = 0o644) -> None:
        self.folder(path.parent)
        self._add(path, tarfile.REGTYPE, mode, content)

    def link(self, path: Path, target: Path) -> None:
        if path != target:
            self.folder(path.parent)
            self._add(path, tarfile.SYMTYPE, 0o777, link=str(target))

    def file(self, path: Path, folder: str = "") -> None:
        place = Path("/", folder, path.name) if folder else path
        self.text(place, path.read_bytes(), 0o755)

    def _add(self, path: Path, kind: bytes, mode: int, content: bytes = b"", link: str = "") -> None:
        name = str(path).lstrip("/") or "."
        if name in self._there:
            return
        self._there.add(name)
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(content), link
        self._archive.addfile(entry, io.BytesIO(content))


def _needed(binaries: Iterable[Path]) -> Iterator[Path]:
    done = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, check=False)
    yield from (Path(found.decode()) for found in sorted({*_NEEDED.findall(done.stdout)}))


def _libraries() -> Iterator[Path]:
    cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    for line in cache.splitlines():
        name, _, place = line.strip().partition(" => ")
        if name.partition(" ")[0] in LIBRARIES:
            yield Path(place)


def _library_files(standard: Path) -> Iterator[Path]:
    for file in standard.rglob("*.py"):
        first = file.relative_to(standard).parts[0]
        if first not in (
            "test",
            "site-packages",
            "dist-packages",
            "idlelib",
            "lib2to3",
            "turtledemo",
            "tkinter",
        ):
            yield file
    yield from standard.glob("ensurepip/_bundled/*.whl")


def _pip(standard: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the pip that comes with Python."""
    wheel = next(standard.glob("ensurepip/_bundled/pip-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        yield from ((name, archive.read(name)) for name in archive.namelist())
