"""Where API documents are: those that come with macaron (`macaron:ping`), and those of the user.

Not for reading them (document).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from macaron_runner.diagnostics import BadConfiguration, Diagnostic, near_word

BUILTIN: Final = ("ping", "crash")
"""The APIs that come with macaron."""
BUILTIN_PREFIX: Final = "macaron:"
"""What `spec:` of macaron.yaml begins with where it names one of them."""
_PACKAGE: Final = Path(__file__).parents[1]
_FOLDERS: Final = (_PACKAGE / "schemas", _PACKAGE.parent / "schemas")  # in a wheel; in a checkout


def builtin_document(name: str) -> Path:
    """Return the document of the built-in API `name`. Raises BadConfiguration (MAC308)."""
    if name not in BUILTIN:
        message = f'there is no built-in API "{name}"; there are: {", ".join(BUILTIN)}'
        raise BadConfiguration([Diagnostic("MAC308", message, help=near_word(name, BUILTIN))])
    return next(path for folder in _FOLDERS if (path := folder / f"{name}.yaml").is_file())


def find_document(spec: str, directory: Path) -> Path:
    """Return the file that `spec` of macaron.yaml means: "macaron:crash", or a path relative to `directory`.

    Whether a user's file is there turns out when it is read. Raises BadConfiguration (MAC308).
    """
    if spec.startswith(BUILTIN_PREFIX):
        return builtin_document(spec.removeprefix(BUILTIN_PREFIX))
    return directory / spec
