"""What `macaron run --reload` does about a file that changed: looks whether it is sound, and who must begin anew.

    Python, API documents      web and workers
    macaron.yaml and its like  these, the scheduler, and the broker where its own words changed

Not for noticing (processes.watching), nor for stopping and starting (processes.lifecycle).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from macaron_runner.code.search import python_folders
from macaron_runner.configuration.files import shown_name
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import has_errors
from macaron_runner.inspection.imports import DEADLINE
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.inspection.inspection import Inspection
from macaron_runner.openapi.builtin import BUILTIN_PREFIX
from macaron_runner.processes.process import Process
from macaron_runner.processes.state import StateDirectory
from macaron_runner.processes.watching import Watch
from macaron_runner.rendering import render_text

_IMPORT_THE_SERVICE: Final = frozenset(("web", "worker"))


class Reloader:
    """Knows the processes that run, and which of them a change concerns."""

    def __init__(
        self,
        inspection: Inspection,
        state: StateDirectory,
        plan: Callable[[Configuration], tuple[Process, ...]],
    ) -> None:
        assert inspection.configuration is not None, "what runs was loaded"
        self._configuration = inspection.configuration
        self._processes = plan(inspection.configuration)
        self._state = state
        self._plan = plan
        self._watch = Watch(_files(inspection), python_folders(inspection.configuration))
        self.must_begin_anew = False
        """Whether other processes must run, or listen elsewhere: that is for a new supervisor."""

    @property
    def pause(self) -> float:
        """Seconds until the next look."""
        return self._watch.pause

    def poll(self, say: Callable[[str], None]) -> tuple[Process, ...]:
        """Return the processes to renew because of what changed, which `say` is told; mostly none."""
        changed = self._watch.changed()
        if not changed:
            return ()
        say(f"{', '.join(sorted(shown_name(path) for path in changed))} changed")
        inspection = inspect_service(
            self._configuration.selection,
            environ=os.environ,
            secret_keeper=self._state.secret,
            imports=DEADLINE,
        )
        self._watch.add(_files(inspection))
        if inspection.configuration is None or has_errors(inspection.diagnostics):
            for line in render_text(inspection.diagnostics).splitlines():
                say(line)
            say("what runs is left as it is until this is mended")
            return ()
        return self._renewed(inspection.configuration, changed)

    def _renewed(self, configuration: Configuration, changed: frozenset[Path]) -> tuple[Process, ...]:
        before, after = self._processes, self._plan(configuration)
        if [(each.name, each.listeners) for each in before] != [
            (each.name, each.listeners) for each in after
        ]:
            self.must_begin_anew = True
            return ()
        is_configuration = bool(changed & {*configuration.files, *self._configuration.files})
        self._configuration, self._processes = configuration, after
        return tuple(
            new
            for old, new in zip(before, after, strict=True)
            if new.role in _IMPORT_THE_SERVICE
            or (is_configuration and new.role == "scheduler")
            or replace(new, environment=old.environment) != old  # the version in it changes with every file
        )


def _files(inspection: Inspection) -> Iterator[Path]:
    """Yield what was read, and what should have been."""
    yield from inspection.read
    if inspection.configuration is not None:
        for api in inspection.configuration.config.apis.values():
            if not api.spec.startswith(BUILTIN_PREFIX):
                yield inspection.configuration.resolve(api.spec)
