"""The task that both sides run: it writes down how long ago it was called."""

import os
import time

from macaron_runner import asynctask


def write_down(sent: float, order: object) -> None:
    """Add a line to the file that NOTES names."""
    notes = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(notes, b"%.6f\n" % (time.time() - sent))
    os.close(notes)


@asynctask()
def note(sent, order):
    write_down(sent, order)
