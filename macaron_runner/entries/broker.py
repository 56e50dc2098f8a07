"""`python -m macaron_runner.entries broker`: becomes the embedded broker of a service.

Not for what the broker promises (tasks.broker).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from macaron_runner.configuration.selection import Selection
from macaron_runner.errors import DependencyMissing
from macaron_runner.processes.state import StateDirectory
from macaron_runner.tasks.broker import broker_command


def main(words: Sequence[str]) -> int:
    """Become the broker. Raises DependencyMissing where there is no server, or no place for its data."""
    selection = Selection.parse(words)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ).open()
    command = broker_command(state.broker_socket, state.broker_directory)
    try:
        os.execv(command[0], command)  # noqa: S606 - it takes our place, so signals reach it
    except OSError as error:
        raise DependencyMissing(
            f"the embedded broker {command[0]} cannot be started: {error.strerror}"
        ) from error
