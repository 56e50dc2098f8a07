"""Which configuration a command was asked for: the file, the environment's overlay, the values set by hand.

It travels as words from `macaron run` to every process that it starts. Not for reading the file (load).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_FILE: Final = "macaron.yaml"


@dataclass(frozen=True, slots=True)
class Selection:
    """A file, the environment whose overlay goes over it ("" for none), and `--set` words ("a.b=value")."""

    file: str
    environment: str = ""
    overrides: tuple[str, ...] = ()

    def arguments(self) -> tuple[str, ...]:
        """Return the words that `parse` reads, for a process's argv; the file's path is made absolute."""
        words = ["--config", str(Path(self.file).absolute())]
        if self.environment:
            words += ["--env", self.environment]
        for override in self.overrides:
            words += ["--set", override]
        return tuple(words)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Selection:
        """Return the selection that `arguments` wrote. Raises ValueError where the words are none."""
        if len(words) % 2:
            raise ValueError(f"the last word, {words[-1]!r}, has no value")
        found: dict[str, list[str]] = {"--config": [], "--env": [], "--set": []}
        for option, value in zip(words[::2], words[1::2], strict=True):
            if option not in found:
                raise ValueError(f"{option!r} is none of {', '.join(found)}")
            found[option].append(value)
        if not found["--config"]:
            raise ValueError("--config is missing")
        return cls(found["--config"][-1], "".join(found["--env"][-1:]), tuple(found["--set"]))


def select(
    file: str | None,
    environment: str | None,
    overrides: Iterable[str],
    *,
    environ: Mapping[str, str],
    cwd: Path,
) -> Selection:
    """Return the selection of a command line; defaults: $MACARON_CONFIG, else ./macaron.yaml; $MACARON_ENV.

    `file` stays as it was given where it is relative to the working directory of this process (so do messages
    show it); any other `cwd` makes it absolute.
    """
    chosen = file or environ.get("MACARON_CONFIG") or DEFAULT_FILE
    path = chosen if cwd == Path.cwd() else str(cwd / chosen)
    name = environment if environment is not None else environ.get("MACARON_ENV", "")
    return Selection(path, name, tuple(overrides))
