"""Commands as values: words in a tuple, composed in one place and run in another. Pure.

    Command(("kubectl", "--context", "live", "apply", "--filename", "-"), stdin=text.encode())

Not for running them (hands).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Command:
    """One command. Its words are shown to people and to `ps`: no secret stands in them.

    `acts`: it may change something, so that a dry run only shows it. `stdin` is what it reads, nothing where None;
    `environment` is added to ours, and so is `hidden`, whose values are not shown; `directory` is where it runs ("" for
    here). It may take `deadline` seconds.
    """

    words: tuple[str, ...]
    stdin: bytes | None = field(default=None, repr=False)
    acts: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadline: float = 60.0
    directory: str = ""

    def __post_init__(self) -> None:
        if not self.words or not all(type(word) is str and "\0" not in word for word in self.words):
            raise TypeError("a command is made of texts, one at least")

    @property
    def shown(self) -> str:
        """The command as somebody would type it, what is added to the environment before it; without its input."""
        added = {name: shlex.quote(value) for name, value in self.environment.items()}
        added |= dict.fromkeys(self.hidden, "…")
        return " ".join(
            [*(f"{name}={value}" for name, value in sorted(added.items())), shlex.join(self.words)]
        )
