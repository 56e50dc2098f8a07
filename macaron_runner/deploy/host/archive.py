"""Files as the tar in which they travel to a host, and back. Pure: the same files give the same bytes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from macaron_runner.deploy.files import File, Files, in_order


def packed(files: Files) -> bytes:
    """Return a tar of files (POSIX.1-2001), its folders before what is in them, everything as old as 1970."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in _folders(files):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for file in files:
            entry = tarfile.TarInfo(file.path)
            entry.size, entry.mode = len(file.content), file.mode
            archive.addfile(entry, io.BytesIO(file.content))
    return target.getvalue()


def unpacked(content: bytes) -> Files:
    """Return the regular files of a tar; nothing is written anywhere. Raises ValueError where it is none."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return in_order(_files(archive))
    except tarfile.TarError as error:
        raise ValueError(f"the host sent no tar: {error}") from error


def _files(archive: tarfile.TarFile) -> Iterator[File]:
    for entry in archive:
        opened = archive.extractfile(entry) if entry.isfile() else None
        if opened is not None:
            yield File(entry.name.removeprefix("./"), opened.read(), entry.mode & 0o777)


def _folders(files: Files) -> list[str]:
    parents = {str(parent) for file in files for parent in PurePosixPath(file.path).parents}
    return sorted(parents - {"."})
