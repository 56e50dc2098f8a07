"""`python -m macaron_runner.entries broker`: becomes the embedded broker of a service.

Not for what the broker promises (tasks.brokers.embedded).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from macaron_runner.configuration.selection import Selection
from macaron_runner.errors import DependencyMissing
from macaron_runner.processes.state import StateDirectory
from macaron_runner.tasks.brokers.embedded import broker_command, log_keeper_command

_ITS_OWN: Final = (
    "PATH",
    "HOME",
    "TMPDIR",
    "TZ",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "MALLOC_CONF",
)
"""The variables that a server may need."""


def main(words: Sequence[str]) -> int:
    """Become the broker. Raises DependencyMissing where there is no server, or no place for its data."""
    selection = Selection.parse(words, os.environ)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ).open()
    command = broker_command(state.broker_socket, state.broker_directory)
    environment = {name: os.environ[name] for name in _ITS_OWN if name in os.environ}
    keeper = log_keeper_command(state.broker_directory, os.getpid())
    subprocess.Popen(keeper, env=environment, stdin=subprocess.DEVNULL)
    try:
        # It takes our place, so signals reach it; the service's secrets in the environment are not its business.
        os.execve(command[0], command, environment)  # noqa: S606
    except OSError as error:
        raise DependencyMissing(
            f"the embedded broker {command[0]} cannot be started: {error.strerror}"
        ) from error
