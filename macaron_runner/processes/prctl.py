"""The door to Linux's prctl(2): adopting orphans, and dying with one's parent.

Both do nothing on other systems: there the guardian alone cleans up. Not for signals or sessions (sessions).
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


def _load() -> Callable[..., int] | None:
    """Return prctl, or None; called at import, so that nothing is loaded between fork and exec."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        function = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None
    function.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    function.restype = ctypes.c_int
    return function


_prctl: Final = _load()


def adopt_orphans() -> bool:
    """Make this process the parent of every orphan among its descendants; return whether it is so.

    A killed gunicorn master's workers then come to us: we hear when they end, and no zombie stays behind.
    """
    return _prctl is not None and _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def die_with_parent(parent: int, signum: int) -> None:
    """Have the kernel send `signum` to this process when `parent` dies; for use between fork and exec.

    It survives exec and is not inherited by children. Where the parent died before the call, the process
    ends.
    """
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(128 + signum)
