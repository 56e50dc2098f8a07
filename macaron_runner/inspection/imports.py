"""Importing a service for real, in a process of its own, to find what only that can find.

Neither modules nor paths of this process change. Not for what is done there (importing).
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from macaron_runner.code.search import is_own_file, python_folders
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Location

DEADLINE: Final = 30.0
"""Seconds that importing a service may take."""

_PATIENCE: Final = 1.0  # for a hanging process to say where it is
_FRAME: Final = re.compile(r'^  File "(.+)", line (\d+) in ', re.MULTILINE)


@dataclass(slots=True)
class _Report:
    """What was heard of the process so far; `found` is None until it is done."""

    found: tuple[Diagnostic, ...] | None = None
    importing: str = ""
    rest: list[str] = field(default_factory=list)

    def hear(self, line: str) -> None:
        """Take one line: a value of ours, or what faulthandler writes."""
        value = _value(line)
        if "diagnostics" in value:
            self.found = tuple(map(Diagnostic.from_json, value["diagnostics"]))
        elif "importing" in value:
            self.importing = value["importing"]
        else:
            self.rest.append(line)


def import_service(
    configuration: Configuration,
    modules: Mapping[str, Location | None],
    *,
    environ: Mapping[str, str],
    deadline: float = DEADLINE,
) -> tuple[Diagnostic, ...]:
    """Return what web and workers would find wrong when they start, found by importing the service's code.

    `modules` are those that the service names, and where. A process that exits, crashes or hangs before it is done is
    one diagnostic (MAC258) with the place where that happened, as far as it can be told.
    """
    reading, writing = os.pipe()
    # -P: what lies in the working directory is nobody's module, as in every process of a service.
    command = (sys.executable, "-P", "-m", "macaron_runner.inspection.importing", str(writing))
    with subprocess.Popen(
        command,
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(writing,),
        start_new_session=True,
    ) as process:
        os.close(writing)
        try:
            return _talk(process, reading, configuration, modules, deadline)
        finally:
            os.close(reading)
            _end(process)


def _talk(
    process: subprocess.Popen[bytes],
    reading: int,
    configuration: Configuration,
    modules: Mapping[str, Location | None],
    deadline: float,
) -> tuple[Diagnostic, ...]:
    from macaron_runner.inspection.importing import WHERE_ARE_YOU

    _ask(process, configuration, modules)
    report = _Report()
    ended = _listen(reading, report, time.monotonic() + deadline)
    if report.found is not None:
        return report.found
    if not ended:
        with suppress(ProcessLookupError):
            process.send_signal(WHERE_ARE_YOU)
        _listen(reading, report, time.monotonic() + _PATIENCE)
        return (_failure(f"does not end within {deadline:g} s", report, configuration, modules),)
    return (_failure(_end_of(process), report, configuration, modules),)


def _ask(process: subprocess.Popen[bytes], configuration: Configuration, modules: Iterable[str]) -> None:
    selection = configuration.selection
    asked: dict[str, Any] = {
        "file": selection.file,
        "environment": selection.environment,
        "overrides": selection.overrides,
        "modules": list(modules),
    }
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stream:
        stream.write(json.dumps(asked).encode())


def _listen(reading: int, report: _Report, until: float) -> bool:
    """Hear the report until it is complete, or its end (return True), or time is up (return False)."""
    rest = b""
    while report.found is None:
        ready, _, _ = select.select([reading], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return False
        data = os.read(reading, 65536)
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            report.hear(line.decode("utf-8", "replace"))
        if not data:
            break
    return True


def _value(line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _end_of(process: subprocess.Popen[bytes]) -> str:
    code = process.wait()
    if code >= 0:
        return f"ends the process with exit code {code}"
    try:
        return f"ends the process with {signal.Signals(-code).name}"
    except ValueError:
        return f"ends the process with signal {-code}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process, and what it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _failure(
    what: str, report: _Report, configuration: Configuration, modules: Mapping[str, Location | None]
) -> Diagnostic:
    asked = modules.get(report.importing)
    place = next(_places(report.rest, configuration), None)
    subject = f'importing "{report.importing}"' if report.importing else "importing the service"
    return Diagnostic(
        "MAC258",
        f"{subject} {what}",
        place or asked or Location(configuration.selection.file),
        label="this was running" if place else "",
        help="what a module does when it is imported must end, and leave the process alone",
        related=((asked, "the module is named here"),) if place and asked else (),
    )


def _places(lines: Iterable[str], configuration: Configuration) -> Iterator[Location]:
    """Yield the places of the service's own code in a traceback, the innermost first."""
    folders = python_folders(configuration)
    for file, line in _FRAME.findall("\n".join(lines)):
        if is_own_file(Path(file), folders):
            yield Location(file, int(line), 1)
