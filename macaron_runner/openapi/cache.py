"""Parsed YAML documents, kept on disk by their content: the processes of a service parse a large one once.

As JSON and never as pickles: what is read there must not be able to run code. Nothing depends on it: what is missing,
cut short, of another version or of another user is parsed again; where nothing can be written, nothing is kept. Not for
documents in JSON, which are read as fast as this.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

_VERSION: Final = b"macaron parsed YAML 1\n"
"""What every file begins with; another number whenever the same text may be read as something else."""
_SMALLEST: Final = 64 * 1024
"""Bytes from which on a document is kept."""
_LARGEST: Final = 64 * 2**20
"""Bytes that a file of ours may have."""
_MOST: Final = 16
"""Documents that are kept: the newest."""
_DIGEST: Final = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class ParsedCache:
    """The trees of documents in one folder, made when the first is kept; `make_parent` makes what it lies in."""

    folder: Path
    make_parent: Callable[[], None]

    def get(self, content: bytes) -> Any:
        """Return the tree of a document; None where it is not kept, or not in a state to be trusted."""
        if len(content) < _SMALLEST:
            return None
        try:
            kept = _read_own(self._file(content))
        except OSError:
            return None
        head = len(_VERSION) + _DIGEST
        if (
            not kept.startswith(_VERSION)
            or kept[len(_VERSION) : head] != hashlib.sha256(kept[head:]).digest()
        ):
            return None
        try:
            return orjson.loads(kept[head:])
        except orjson.JSONDecodeError:
            return None

    def put(self, content: bytes, tree: Any) -> None:
        """Keep the tree of a document, where JSON can say it without loss."""
        if len(content) < _SMALLEST:
            return
        try:
            text = orjson.dumps(tree)
        except (TypeError, ValueError):  # an integer beyond 64 bits
            return
        if len(text) <= _LARGEST and orjson.loads(text) == tree:  # NaN is null in JSON
            with suppress(OSError):
                self._write(self._file(content), _VERSION + hashlib.sha256(text).digest() + text)

    def _file(self, content: bytes) -> Path:
        return self.folder / hashlib.sha256(_VERSION + content).hexdigest()

    def _write(self, file: Path, kept: bytes) -> None:
        """Put a file in its place whole, whoever else does so, and drop the oldest. Raises OSError."""
        self.make_parent()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as new:
                new.write(kept)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        for old in sorted(self.folder.iterdir(), key=_age)[_MOST:]:
            old.unlink(missing_ok=True)


def _age(file: Path) -> float:
    try:
        return -file.lstat().st_mtime
    except FileNotFoundError:  # somebody else has dropped it
        return 0.0


def _read_own(file: Path) -> bytes:
    """Return the content of a file that nobody but this user can have written. Raises OSError."""
    with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:  # noqa: PTH123
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise PermissionError(f"{file} is not ours")
        return opened.read(_LARGEST + len(_VERSION) + _DIGEST + 1)
