"""Files that a user named: whatever stands at the path, reading it ends, and says what was wrong.

Not for what is in them.
"""

from __future__ import annotations

import stat
from pathlib import Path


class UnreadableError(Exception):
    """A file cannot be read; the text completes "… cannot be read: "."""


def shown_name(path: Path) -> str:
    """Return the name by which messages call a file: relative to the working directory where it is below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):  # it is not below; there is no working directory any more
        return str(path)


def read_file(path: Path, largest: int) -> bytes:
    """Return the bytes of a regular file; of a file that is larger than `largest`, one byte more than that.

    Pipes and devices are refused: reading them may never end. Raises UnreadableError.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UnreadableError("it is a folder" if stat.S_ISDIR(mode) else "it is a pipe or a device")
        with path.open("rb") as stream:
            return stream.read(largest + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnreadableError(f"{reason[:1].lower()}{reason[1:]}") from error
    except ValueError as error:
        raise UnreadableError("its name has a zero byte") from error
