"""A wheel of the macaron that runs here, packed of its own files (PyPA: Binary distribution format).

Nothing is built, fetched or left behind, and the same files give the same bytes: macaron is Python and data alone. Not
for a macaron that an index has (inside).
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import Final

import macaron_runner
from macaron_runner.deploy.files import File

_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: macaron\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16


def own_wheel(installed: Distribution) -> File:
    """Return the wheel, as a file of its name; `installed` is macaron's own distribution."""
    stem = f"macaron_runner-{installed.version}"
    contents = dict(sorted([*_package(), *_metadata(installed, f"{stem}.dist-info")]))
    record = f"{stem}.dist-info/RECORD"
    lines = [
        *(f"{name},{_hash(content)},{len(content)}" for name, content in contents.items()),
        f"{record},,",
    ]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**contents, record: "".join(f"{line}\n" for line in lines).encode()}.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr, entry.compress_type = _MODE, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return File(f"{stem}-py3-none-any.whl", written.getvalue())


def _package() -> Iterator[tuple[str, bytes]]:
    """Yield the files of the package; the schemas of a checkout stand beside it, and belong inside."""
    package = Path(macaron_runner.__file__).parent
    for folder, place in (
        (package, "macaron_runner"),
        (package.parent / "schemas", "macaron_runner/schemas"),
    ):
        if folder is package or not (package / "schemas").is_dir():
            for file in folder.rglob("*"):
                if file.is_file() and "__pycache__" not in file.parts:
                    yield f"{place}/{file.relative_to(folder).as_posix()}", file.read_bytes()


def _metadata(installed: Distribution, folder: str) -> Iterator[tuple[str, bytes]]:
    yield f"{folder}/WHEEL", _WHEEL.encode()
    for name in ("METADATA", "entry_points.txt"):
        yield f"{folder}/{name}", (installed.read_text(name) or "").encode()


def _hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"
