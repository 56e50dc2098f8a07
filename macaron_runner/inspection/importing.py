"""`python -P -m macaron_runner.inspection.importing FD`: imports a service as its processes do, and says what is wrong.

A process of its own, because the service's code may do anything: print, exit, crash, hang. The report goes to the
descriptor FD as JSON lines. Not for starting it and for making sense of its end (imports).
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from macaron_runner.assembly import Assembly, assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration, Diagnostic

WHERE_ARE_YOU = signal.SIGUSR1
"""Makes the process write into its report where it is: a traceback in the form of faulthandler."""


def main(report: TextIO, asked: dict[str, Any]) -> None:
    """Import the service that `asked` names ("file", "environment", "overrides", "modules"), and report."""
    faulthandler.enable(report, all_threads=False)
    faulthandler.register(WHERE_ARE_YOU, report, all_threads=False)
    sys.meta_path.insert(0, _Announcer(report, frozenset(asked["modules"])))
    selection = Selection(asked["file"], asked["environment"], tuple(asked["overrides"]))
    found = dict.fromkeys(look(selection))
    _write(report, {"diagnostics": [diagnostic.to_json() for diagnostic in found]})


def look(selection: Selection) -> Iterator[Diagnostic]:
    """Yield everything that web and workers would find wrong when they start."""
    try:
        configuration = load(selection, environ=os.environ)
        assembly = assemble(configuration)
    except BadConfiguration as problem:
        yield from problem.diagnostics
        return
    for stage in (_web, _worker_class, _tasks):
        yield from _found_by(stage, configuration, assembly)


def _found_by(
    stage: Callable[[Configuration, Assembly], None], configuration: Configuration, assembly: Assembly
) -> tuple[Diagnostic, ...]:
    try:
        stage(configuration, assembly)
    except BadConfiguration as problem:
        return problem.diagnostics
    return ()


def _web(configuration: Configuration, assembly: Assembly) -> None:
    from macaron_runner.diagnostics import raise_errors
    from macaron_runner.entries.web import tasks_without_queue
    from macaron_runner.server.app import create_app

    app = create_app(assembly)
    if configuration.config.tasks is None:
        raise_errors(tasks_without_queue(app, configuration))


def _worker_class(configuration: Configuration, _: Assembly) -> None:
    from macaron_runner.server.gunicorn import check_worker_class

    check_worker_class(configuration)


def _tasks(configuration: Configuration, assembly: Assembly) -> None:
    from macaron_runner.server.loading import stand_in
    from macaron_runner.tasks.discover import load_tasks

    if configuration.config.tasks is not None:
        with stand_in(configuration).app_context():
            load_tasks(configuration, assembly.own_operations)


class _Announcer:
    """Stands before all finders, and tells which module of the service is about to be looked for; finds none itself."""

    def __init__(self, report: TextIO, modules: frozenset[str]) -> None:
        self._report = report
        self._modules = modules

    def find_spec(self, name: str, *_: Any) -> None:
        """Report the module, so that the last one is known if all ends there."""
        if name in self._modules:
            _write(self._report, {"importing": name})


def _write(report: TextIO, value: dict[str, Any]) -> None:
    report.write(json.dumps(value) + "\n")
    report.flush()


def _begin(words: Iterable[str]) -> None:
    """Do all, and end at once: neither threads nor exit handlers of the service's code are waited for."""
    (descriptor,) = words
    with os.fdopen(int(descriptor), "w", encoding="utf-8", errors="surrogateescape") as report:
        main(report, json.load(sys.stdin))
        os._exit(0)


if __name__ == "__main__":
    _begin(sys.argv[1:])
