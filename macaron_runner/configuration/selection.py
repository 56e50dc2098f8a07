"""Which configuration a command was asked for: the file, the environment's overlay, the values set by hand.

It travels from `macaron run` to every process that it starts: as words, but for the values set by hand. Those may be
secrets, and a process's words are seen by every user of the machine (proc(5)), its environment is not. Not for reading
the file (load).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from macaron_runner.redaction import mark

DEFAULT_FILE: Final = "macaron.yaml"
OVERRIDES_KEY: Final = "MACARON_OVERRIDES"
"""The variable that tells a process the values set by hand, as a JSON list of texts."""

_SECRET_KEY: Final = re.compile(
    r"(secret|password|passwd|pass|token|credentials?|api_?key|key)$", re.IGNORECASE
)
_SECRET_INSIDE: Final = re.compile(
    r"(secret|password|passwd|token|credentials?|key)[\"']?\s*:\s", re.IGNORECASE
)
_URL_PASSWORD: Final = re.compile(r"(://[^:/?#@]*:)[^/?#]+@")


@dataclass(frozen=True, slots=True)
class Selection:
    """A file, the environment whose overlay goes over it ("" for none), and `--set` words ("a.b=value")."""

    file: str
    environment: str = ""
    overrides: tuple[str, ...] = field(default=(), repr=False)

    def arguments(self) -> tuple[str, ...]:
        """Return the words that `parse` reads, for a process's argv; the file's path is made absolute.

        What was set by hand is not among them: see `environment_variables`.
        """
        words = ["--config", str(Path(self.file).absolute())]
        if self.environment:
            words += ["--env", self.environment]
        return tuple(words)

    def environment_variables(self) -> dict[str, str]:
        """Return the variables that `parse` reads; also where nothing was set: another run's may be there."""
        return {OVERRIDES_KEY: json.dumps(self.overrides) if self.overrides else ""}

    @classmethod
    def parse(cls, words: Sequence[str], environ: Mapping[str, str]) -> Selection:
        """Return the selection that `arguments` and `environment_variables` wrote. Raises ValueError."""
        if len(words) % 2:
            raise ValueError(f"the last word, {words[-1]!r}, has no value")
        found: dict[str, list[str]] = {"--config": [], "--env": []}
        for option, value in zip(words[::2], words[1::2], strict=True):
            if option not in found:
                raise ValueError(f"{option!r} is none of {', '.join(found)}")
            found[option].append(value)
        if not found["--config"]:
            raise ValueError("--config is missing")
        overrides = json.loads(environ.get(OVERRIDES_KEY) or "[]")
        return cls(found["--config"][-1], "".join(found["--env"][-1:]), tuple(overrides))


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


def shown_override(word: str) -> str:
    """Return a `--set` word as messages show it: `‹secret›` stands for what is, or may be, one.

    That is the value of a key with such a name, a map with one, the password in a URL, and of a word that is none
    ("auth.users.keys.main.secret:…") all but its beginning.
    """
    key, equals, value = word.partition("=")
    if not equals:
        bare = re.match(r"[\w.\[\]-]*", key)
        return key if bare is None or bare[0] == key else f"{bare[0]}…"
    if value and (_SECRET_KEY.search(key) or _SECRET_INSIDE.search(value)):
        return f"{key}={mark()}"
    hidden = _URL_PASSWORD.sub(rf"\g<1>{mark()}@", value)
    return f"{key}={hidden}"
