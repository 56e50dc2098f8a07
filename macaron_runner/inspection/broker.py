"""Whether the broker of a service answers, asked for by `check --connect`. Not for starting one (entries.broker)."""

from __future__ import annotations

from collections.abc import Iterator

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic


def check_broker(configuration: Configuration) -> Iterator[Diagnostic]:
    """Yield a diagnostic where the broker cannot be reached or used (MAC257); takes some seconds at most.

    `tasks.broker` must be one that this version knows.
    """
    from macaron_runner.tasks.reach import obstacle

    sentence = obstacle(configuration) if configuration.config.tasks is not None else ""
    if sentence:
        yield Diagnostic(
            "MAC257",
            sentence,
            configuration.locate("tasks", "broker"),
            help="start it, or mend tasks.broker; without --connect the broker is not asked",
        )
