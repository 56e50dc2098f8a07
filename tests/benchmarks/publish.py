"""What the README shows of a run: result.svg beside this module, and the words around it, between two markers.

Not for drawing (plot).
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.benchmarks.in_process import ROOT
from tests.benchmarks.plot import plot
from tests.benchmarks.results import Results
from tests.benchmarks.servers import SERVERS
from tests.benchmarks.targets import END_TO_END, IN_PROCESS
from tests.benchmarks.tasks import TARGETS

PICTURE: Final = Path(__file__).with_name("result.svg")
README: Final = ROOT / "README.md"
_BLOCK: Final = re.compile(r"(<!-- speed: [^>]*-->\n).*?(<!-- end of speed -->)", re.DOTALL)
_HEADING: Final = "Server CPU a request, in microseconds (user + system, all processes): less is better"
_NOTE: Final = (
    "Two workers each; WSGI on gunicorn's gthread where nothing else is said; // is a bar cut short."
)
_OURS: Final = ("macaron", "macaron-gthread")


def publish(called: Results, served: Results, queued: Results) -> None:
    """Write the picture, and the README's words, of a run in process, one end to end, and one of tasks."""
    titles = {name: server.title for name, server in SERVERS.items()}
    PICTURE.write_text(plot(served, titles, _OURS, _HEADING, (_NOTE, f"Measured {machine()}.")))
    text = "\n".join(words(called, served, queued))
    README.write_text(_BLOCK.sub(lambda block: f"{block[1]}{text}\n{block[2]}", README.read_text()))


def words(called: Results, served: Results, queued: Results) -> Iterator[str]:
    """Yield the lines between the README's markers."""
    yield f"![Server CPU a request, macaron and its peers]({PICTURE.relative_to(ROOT).as_posix()})"
    yield ""
    yield f"Measured {machine()}; medians of rounds in which all took turns."
    yield ""
    yield "| macaron | measured | to beat |"
    yield "|---|---|---|"
    parts = (("in process", IN_PROCESS, called), ("served", END_TO_END, served), ("tasks", TARGETS, queued))
    for where, targets, results in parts:
        for target in targets:
            ratio = target.measured(results)
            if ratio is not None:
                yield f"| {where}: {target.text} | {ratio:.2f} | {target.limit:.2f} |"


def machine() -> str:
    """Return when and on what this runs, in words."""
    day = datetime.now(UTC).date().isoformat()
    cores = len(os.sched_getaffinity(0))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{day} on {cores} cores ({processor()}), {platform.system()}, {python}"


def processor() -> str:
    """Return the processor's name where the system tells it."""
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()
