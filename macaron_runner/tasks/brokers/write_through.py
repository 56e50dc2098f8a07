"""Brings the embedded broker's log to the disk once a second: `python write_through.py PID FOLDER`, beside the broker.

The broker could do that itself (`appendfsync everysec`), but while it does it puts off writing, for up to 2 s, and
answers all the same: killed then, it would lose what it accepted. So it writes before it answers and leaves the rest to
this process, which ends with it.

A script of the standard library alone, to be small. Not for the log of a Redis of the service's own.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_PAUSE: Final = 1.0
"""Seconds between two times: what a machine may lose with its power."""


def write_through(folder: Path) -> None:
    """Return when all that was written to the files of a log is on the disk, as far as the disk takes it."""
    for file in folder.glob("*.aof"):
        with suppress(
            OSError
        ):  # one that was replaced meanwhile; a disk that fails, which the broker will meet
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def main(pid: str, folder: str) -> None:
    """Write through until the process `pid`, which started this one, is no more."""
    while os.getppid() == int(pid):
        write_through(Path(folder))
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main(*sys.argv[1:])
