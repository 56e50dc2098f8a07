"""What each diagnostic's code means, with an example and the mend: one Markdown file a code, read when asked for.

Not for the diagnostics themselves (diagnostics). Floor: above diagnostics.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from macaron_runner.codes import CODES

_FOLDER: Final = Path(__file__).parent


def known_codes() -> tuple[str, ...]:
    """Return the codes that have an explanation, in their order: all there are."""
    return tuple(sorted(CODES))


def index() -> dict[str, str]:
    """Return what every code means in a few words, by code, in their order."""
    return {code: CODES[code] for code in known_codes()}


def explain_code(code: str, *, color: bool = False) -> str:
    """Return the explanation of a code as Markdown, which a terminal shows as it is; `color` adds light ANSI colours.

    Raises KeyError: there is no such code.
    """
    if code not in CODES:
        raise KeyError(code)
    text = (_FOLDER / f"{code}.md").read_text("utf-8").rstrip("\n")
    return _colored(text) if color else text


def _colored(text: str) -> str:
    """Return a Markdown text with bold headings and cyan blocks, without the marks that say the same."""
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            lines.append(f"    \x1b[36m{line}\x1b[0m" if line else "")
        elif line.startswith("#"):
            lines.append(f"\x1b[1m{line.lstrip('# ')}\x1b[0m")
        else:
            lines.append(re.sub(r"`([^`]+)`", "\x1b[36m\\1\x1b[0m", line))
    return "\n".join(lines)
