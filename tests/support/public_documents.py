"""The public documents among the material of others: by name, as files to be read.

The names are those of APIs.guru, "stripe.com/2022-11-15.json", and "api.github.com.json".
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.material import MATERIAL, material

ARCHIVES = tuple(f"corpus/data/{name}.tar.gz" for name in ("swagger-2.0", "openapi-3.0", "openapi-3.1"))
GITHUB = "generated/api.github.com.json"


def every_name() -> list[str]:
    """Return the names of all documents, as far as their material was fetched."""
    folder = MATERIAL["public-documents"].folder
    names = [name for archive in ARCHIVES if folder.is_dir() for name in _names_in(folder / archive)]
    return [Path(GITHUB).name, *names] if MATERIAL["github-document"].folder.is_dir() else names


def unpack(folder: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, Path]]:
    """Yield the documents whose names are wanted, each as a file in `folder`; skip the test where none was fetched."""
    for archive in ARCHIVES:
        with tarfile.open(material("public-documents") / archive) as tar:
            for member in tar:
                if member.isfile() and wanted(member.name):
                    member_file = tar.extractfile(member)
                    assert member_file is not None
                    path = folder / member.name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(member_file.read())
                    yield member.name, path
    name = Path(GITHUB).name
    if wanted(name):
        yield name, Path(shutil.copy(material("github-document") / GITHUB, folder / name))


def _names_in(archive: Path) -> Iterator[str]:
    with tarfile.open(archive) as tar:
        yield from (member.name for member in tar if member.isfile())
