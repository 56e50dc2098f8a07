"""What the command line knows about the terminal it writes to."""

from __future__ import annotations

import os
from typing import TextIO


def colored(stream: TextIO) -> bool:
    """Tell whether colours suit the stream: a terminal, and NO_COLOR (no-color.org) is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
