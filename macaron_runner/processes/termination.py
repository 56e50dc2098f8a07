"""Why a container ended, left where Kubernetes looks for it: /dev/termination-log, shown by `kubectl describe pod`.

Kubernetes puts the file there (terminationMessagePath) and reads no more than MOST bytes of it. Elsewhere there is no
such file, and nothing is done. Not for stderr, which tells the same and more.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import CrashLoop, DependencyMissing

PLACE: Final = Path("/dev/termination-log")
MOST: Final = 4096
"""Bytes: of a longer file, Kubernetes shows the end."""
_TOLD: Final = frozenset(each.exit_code for each in (BadConfiguration, CrashLoop, DependencyMissing))
_CUT: Final = b"\n...\n"


def leave_word(text: str, code: int, *, place: Path = PLACE) -> None:
    """Leave the beginning of a text, in place of what was left before, where `code` is one that ends a run for good."""
    _write(text, code, place, before=b"")


def add_word(text: str, code: int, *, place: Path = PLACE) -> None:
    """Leave a text behind what was left before, of which the beginning stays."""
    with suppress(OSError):
        _write(text, code, place, before=place.read_bytes())


def _write(text: str, code: int, place: Path, before: bytes) -> None:
    if code not in _TOLD or not place.exists():
        return
    word = text.strip().encode("utf-8", "replace")[: MOST - 1] + b"\n"
    with suppress(OSError):
        place.write_bytes(_beginning(before, MOST - len(word)) + word)


def _beginning(text: bytes, most: int) -> bytes:
    return text if len(text) <= most else text[: max(0, most - len(_CUT))] + _CUT[:most]
