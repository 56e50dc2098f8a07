"""Whether what is written into a folder is lost with this container or machine, as the kernel's list of mounts tells.

Only what is certain is told: a volume looks like any disk, and so does much that is none. Not for whether a folder can
be written (state).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

_MEMORY: Final = ("tmpfs", "ramfs")
_LAYERS: Final = ("overlay", "fuse.fuse-overlayfs", "aufs")
"""File systems in which containers are layers over their images."""

_MARKS: Final = ("/.dockerenv", "/run/.containerenv")
"""Files that Docker and Podman put into their containers."""

_VARIABLES: Final = ("KUBERNETES_SERVICE_HOST", "container")
"""Variables that Kubernetes, and Podman and systemd, set in theirs."""


def fate_of(folder: Path, environ: Mapping[str, str]) -> str:
    """Return with what a folder's files are lost, and why; "" where that is nothing, or not known.

    As "with this container: /app/.macaron is in its own layer, and no volume".
    """
    with suppress(OSError):
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
        contained = any(map(os.path.exists, _MARKS)) or any(name in environ for name in _VARIABLES)
        return fate_by(mounts, str(folder.resolve()), contained=contained)
    return ""


def fate_by(mounts: str, folder: str, *, contained: bool) -> str:
    """Return what `fate_of` does, by the lines of proc_pid_mountinfo(5); `contained`: we are in a container."""
    point, kind = _mount_of(mounts, folder)
    if kind in _MEMORY:
        when = "with this container" if contained else "when this machine restarts"
        return f"{when}: {folder} is in memory ({kind})"
    if kind in _LAYERS and point == "/" and contained:
        return f"with this container: {folder} is in its own layer, and no volume"
    return ""


def _mount_of(mounts: str, folder: str) -> tuple[str, str]:
    """Return the mount that a folder is in, by its point and the type of its file system."""
    found = ("", "")
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = _unescaped(before.split(" ")[4])
        inside = f"{folder}/".startswith(point if point.endswith("/") else f"{point}/")
        if inside and len(point) >= len(found[0]):  # of several at one point the last one is seen
            found = point, after.partition(" ")[0]
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
