"""A service's own files for a target that runs no image: at the places where an image would have them.

    /app/…      the service's files, below the layout's root
    /wheels/…   macaron itself, where it is installed from a folder here, and so is in no index

Not for what an image is built from (preparing).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from macaron_runner.deploy.files import File, Files, in_order
from macaron_runner.deploy.image.inside import macaron_inside
from macaron_runner.deploy.image.order import Order

WHEELS: Final = "/wheels"


def staged_files(order: Order) -> Files:
    """Return all files of a service, at their absolute places. Raises OSError."""
    macaron = macaron_inside()
    wheel = [File(f"{WHEELS}/{macaron.path}", macaron.content)] if isinstance(macaron, File) else []
    return in_order([*wheel, *(file for source in order.sources for file in _files(order, source))])


def _files(order: Order, source: Path) -> Iterator[File]:
    """Yield a source as a file; one that is a link to a folder as all that is in it: links are not brought along."""
    inside = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    for file in inside:
        mode = 0o755 if os.access(file, os.X_OK) else 0o644
        yield File(order.layout.place(file), file.read_bytes(), mode)
