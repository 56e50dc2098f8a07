"""The last lines of a machine's logs, as Beanstalk sends them: all files in one text, each below a head with its path.

    ----------------------------------------
    /var/log/eb-docker/containers/eb-current-app/stdouterr.log
    ----------------------------------------
    web-1  | the line of a container

Pure. Not for asking for them (evidence).
"""

from __future__ import annotations

import re
from typing import Final

_HEAD: Final = re.compile(r"^-{20,}\n(/\S+)\n-{20,}\n", re.MULTILINE)
_CONTAINERS: Final = "/eb-docker/containers/"
_ENGINE: Final = "/eb-engine.log"
_SERVICE: Final = re.compile(r"(?:\S+\s+)?(?P<service>[\w-]+?)[-_]\d+\s*\|")
"""What Docker Compose puts before the lines of a service's container, perhaps after a time of its own."""


def container_lines(text: str, workload: str = "") -> list[str]:
    """Return the lines of the containers, those of one workload where it is named."""
    lines = [line for line in _lines(text, _CONTAINERS) if line.strip()]
    return [line for line in lines if not workload or is_of(line, workload)]


def is_of(line: str, workload: str) -> bool:
    """Tell whether a workload's container wrote a line."""
    match = _SERVICE.match(line.lstrip())
    return match is not None and match["service"] == workload


def engine_errors(text: str) -> list[str]:
    """Return what Beanstalk's own engine on the machine calls an error."""
    return [line for line in _lines(text, _ENGINE) if "[ERROR]" in line]


def _lines(text: str, path: str) -> list[str]:
    parts = _HEAD.split(text.replace("\r\n", "\n"))
    bodies = [body for head, body in zip(parts[1::2], parts[2::2], strict=True) if path in head]
    return [line for body in bodies for line in body.splitlines()]
