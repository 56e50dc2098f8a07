"""When Python's garbage collector pauses: while much is built that stays. Not for servers at work (entries.start)."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile: looking time and again through what only grows may cost more than all the rest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def keep_for_good() -> None:
    """Look no more for garbage among what there is now, and not at the end of the process: modules stay as they are."""
    gc.freeze()
