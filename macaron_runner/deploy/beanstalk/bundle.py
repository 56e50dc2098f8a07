"""Files <-> the zip file that Beanstalk is given: the same bytes for the same files, wherever they are packed.

Pure. Not for where a bundle goes (store).
"""

from __future__ import annotations

import io
import stat
import zipfile
from typing import Final

from macaron_runner.deploy.files import File, Files

_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The first that a zip file knows (APPNOTE.TXT 4.4.6)."""
_UNIX: Final = 3


def pack(files: Files) -> bytes:
    """Return the files as a zip file: in their order, with one time for all, stored as they are.

    They are not deflated: what a compressor makes of them changes from one release of zlib to the next.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.path, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | file.mode) << 16
            archive.writestr(entry, file.content)
    return buffer.getvalue()


def unpack(content: bytes) -> Files:
    """Return the files of a bundle. Raises zipfile.BadZipFile for what is none."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = (
            File(entry.filename, archive.read(entry), stat.S_IMODE(entry.external_attr >> 16) or 0o644)
            for entry in archive.infolist()
            if not entry.is_dir()
        )
        return tuple(sorted(found, key=lambda file: file.path))
