"""The public documents among the material of others: by name, as files to be read.

The names are those of APIs.guru: "stripe.com/2022-11-15.json".
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.support.material import MATERIAL, material

ARCHIVES = tuple(f"corpus/data/{name}.tar.gz" for name in ("swagger-2.0", "openapi-3.0", "openapi-3.1"))
GITHUB = "generated/api.github.com.json"


def every_name() -> list[str]:
    """Return the names of all documents, as far as their material was fetched."""
    folder = MATERIAL["public-documents"].folder
    return [name for archive in ARCHIVES if folder.is_dir() for name in _names_in(folder / archive)]


def unpack(
    folder: Path, wanted: Callable[[str], bool], archives: Iterable[str] = ARCHIVES
) -> Iterator[tuple[str, Path]]:
    """Yield the wanted documents of archives, each as a file in `folder`; skip the test where they were not fetched."""
    for archive in archives:
        with tarfile.open(material("public-documents") / archive) as tar:
            for member in tar:
                if member.isfile() and wanted(member.name):
                    file = tar.extractfile(member)
                    assert file is not None
                    path = folder / member.name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(file.read())
                    yield member.name, path


def github_document() -> Path:
    """Return GitHub's own document of its API; skip the test where it was not fetched."""
    return material("github-document") / GITHUB


def _names_in(archive: Path) -> Iterator[str]:
    with tarfile.open(archive) as tar:
        yield from (member.name for member in tar if member.isfile())
