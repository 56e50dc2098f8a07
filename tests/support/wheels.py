"""Wheels of what is installed here, packed again: an index of packages that needs no network. Scripts are left out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement


def closure(name: str) -> dict[str, Distribution]:
    """Return what is installed of a package's requirements, and of theirs, without the package."""
    found: dict[str, Distribution] = {}
    waiting, seen = [Requirement(name)], set[str]()
    while waiting:
        wanted = waiting.pop()
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        try:
            installed = distribution(wanted.name)
        except PackageNotFoundError:  # an extra's, or for another system
            continue
        found[installed.name] = installed
        for text in installed.requires or ():
            requirement = Requirement(text)
            if any(_holds(requirement, extra) for extra in ("", *wanted.extras)):
                waiting.append(requirement)
    return {key: found[key] for key in sorted(found) if _plain(key) != _plain(name)}


def wheel_of(installed: Distribution) -> tuple[str, bytes]:
    """Return the name and the content of a wheel (PyPA: Binary distribution format)."""
    folder = f"{re.sub(r'[-_.]+', '_', installed.name)}-{installed.version}.dist-info"
    written, record = io.BytesIO(), io.StringIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, path in _files(installed):
            entry = zipfile.ZipInfo(re.sub(r"^[^/]+\.dist-info/", f"{folder}/", name))
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes())
            record.write(f"{entry.filename},,\n")
        archive.writestr(f"{folder}/RECORD", f"{record.getvalue()}{folder}/RECORD,,\n")
    return f"{folder.removesuffix('.dist-info')}-{_tag(installed)}.whl", written.getvalue()


def _files(installed: Distribution) -> Iterator[tuple[str, Path]]:
    for file in installed.files or ():
        name = file.as_posix()
        if not name.startswith("..") and not name.endswith((".pyc", "dist-info/RECORD", "direct_url.json")):
            yield name, Path(str(file.locate()))


def _tag(installed: Distribution) -> str:
    tags = re.findall(r"^Tag: (\S+)", installed.read_text("WHEEL") or "", re.MULTILINE)
    parts = [tag.split("-") for tag in tags]
    return "-".join(".".join(dict.fromkeys(part)) for part in zip(*parts, strict=True))


def _holds(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
