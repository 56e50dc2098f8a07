"""What the command line knows about the terminal it writes to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from macaron_runner.streams import redact_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.configuration.selection import Selection


def colored(stream: TextIO) -> bool:
    """Tell whether colours suit the stream: a terminal, and NO_COLOR (no-color.org) is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def hide_secrets(configuration: Configuration | None) -> None:
    """See to it that no secret of a service is printed from here on; every verb calls it once it knows the service.

    What a configuration is that cannot even be read, nobody knows: None changes nothing.
    """
    if configuration is not None:
        redact_output(configuration.redactor)


def load_sound(selection: Selection, *, secret_keeper: Callable[[str], str] | None = None) -> Configuration:
    """Return the configuration that a selection means, for a verb that needs a faultless one; hide its secrets.

    Raises BadConfiguration where it has errors, in whose texts its secrets are hidden as well.
    """
    from macaron_runner.configuration.load import examine
    from macaron_runner.diagnostics import raise_errors

    configuration, problems = examine(selection, environ=os.environ, secret_keeper=secret_keeper)
    hide_secrets(configuration)
    raise_errors(problems)
    assert configuration is not None  # there were no errors
    return configuration
