"""Lets no fork cut in two what another thread is at: the child would find the locks that thread holds held for ever.

A worker's main process forks children at any time. Whatever its other threads do with the broker, or with libraries
that have locks of their own, they do `with undivided`; forks wait for it. Not for processes that do not fork.
"""

from __future__ import annotations

import os
import threading
from typing import Final

undivided: Final = threading.RLock()
"""Held by one thread at a time; the thread that forks holds it meanwhile."""

os.register_at_fork(
    before=undivided.acquire, after_in_parent=undivided.release, after_in_child=undivided.release
)
