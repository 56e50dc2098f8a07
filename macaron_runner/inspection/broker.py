"""Whether the broker and the store of a service answer: asked by `check --connect`. Not for starting one (entries)."""

from __future__ import annotations

from collections.abc import Iterator

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic


def check_broker(configuration: Configuration) -> Iterator[Diagnostic]:
    """Yield a diagnostic where the broker, or the store, cannot be reached or used (MAC257); takes seconds at most.

    A broker that is there is asked whether it keeps what it accepted (MAC634 to 636). `tasks.broker`
    and `tasks.store` must be such as this version knows.
    """
    from macaron_runner.tasks.monitoring.reach import obstacle, store_obstacle
    from macaron_runner.tasks.monitoring.weaknesses import weaknesses

    if configuration.config.tasks is None:
        return
    for key, look in (("broker", obstacle), ("store", store_obstacle)):
        if sentence := look(configuration):
            yield Diagnostic(
                "MAC257",
                sentence,
                configuration.locate("tasks", key),
                help=f"start it, or mend tasks.{key}; without --connect the {key} is not asked",
            )
        elif key == "broker":
            for code, message, help_, severity in weaknesses(configuration):
                place = configuration.locate("tasks", "broker")
                yield Diagnostic(code, message, place, help=help_, severity=severity)
