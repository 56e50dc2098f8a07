"""Overlays: `macaron.prod.yaml` beside `macaron.yaml`, chosen by the environment's name. Not for reading them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from macaron_runner.diagnostics import Diagnostic, Location, Severity, near_word


def overlay_of(path: Path, environment: str) -> Path | None:
    """Return the overlay of a file for an environment, or None where there is none."""
    if not re.fullmatch(r"[\w-]+", environment):
        return None
    overlay = path.with_name(_name_of(path, environment))
    return overlay if os.path.lexists(overlay) else None


def missing_overlay(path: Path, name: str, environment: str) -> list[Diagnostic]:
    """Return what is to be said of an environment for which neither a file nor what it extends has an overlay.

    It is an error where the file has other overlays, for then the environment's name is most likely wrong, and a
    warning where it has none: then it is just a name, which /version tells. `name` is how messages call the file.
    """
    if not environment:
        return []
    known, place = _environments(path), Location(name)
    message = f'there is no overlay for the environment "{environment}"'
    if not known and re.fullmatch(r"[\w-]+", environment):
        hint = f"make {_name_of(path, environment)} if it should differ"
        return [Diagnostic("MAC115", message, place, help=hint, severity=Severity.WARNING)]
    label = (
        f"there are: {', '.join(known)}" if known else "an environment is a word of letters, digits, - and _"
    )
    return [Diagnostic("MAC115", message, place, label, near_word(environment, known))]


def _name_of(path: Path, environment: str) -> str:
    return f"{path.stem}.{environment}{path.suffix}"


def _environments(path: Path) -> list[str]:
    """Return the names of the environments that have an overlay beside the file."""
    try:
        files = sorted(file.name for file in path.parent.iterdir())
    except OSError:
        return []
    pattern = re.compile(rf"{re.escape(path.stem)}\.([\w-]+){re.escape(path.suffix)}")
    return [match[1] for file in files if (match := pattern.fullmatch(file))]
