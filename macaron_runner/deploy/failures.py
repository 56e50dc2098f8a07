"""What a deployment can fail of, in the words it is told in. Each ends a command.

    CommandError
    └── DeploymentFailed        the deployment, or the question about it, came to nothing        exit 1
        ├── Failure             a command or a call ended with an error
        ├── OutOfTime           what was waited for did not come
        ├── Unhealthy           the release will not become healthy: with its evidence
        ├── Refused             an acceptance test said no
        ├── Locked              somebody else deploys
        └── LostLock            somebody else took over: nothing may be touched any more

Not for problems in the user's files: those are diagnostics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from macaron_runner.errors import CommandError

EXITS: Final[Mapping[int, str]] = {
    69: "something that the service needs was not there (exit code 69)",
    70: "it crashed again and again (exit code 70)",
    78: "its configuration is not good (exit code 78): macaron check tells more",
}
"""What the exit codes of `macaron run` mean, for who sees a process that has ended."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something is not healthy: `what` (which pod, container, environment), its last `lines`.

    `probe` is what it answered when it was asked, `cause` the likely cause in a sentence; "" where nobody knows.
    """

    what: str
    lines: tuple[str, ...] = ()
    probe: str = ""
    cause: str = ""

    def __str__(self) -> str:
        told = [self.what]
        if self.cause:
            told.append(f"  likely cause: {self.cause}")
        if self.probe:
            told.append(f"  its probe: {self.probe}")
        if self.lines:
            told += ["  its last lines:", *(f"    {line}" for line in self.lines)]
        return "\n".join(told)


class DeploymentFailed(CommandError):
    """A deployment failed."""

    exit_code: ClassVar[int] = 1


class Failure(DeploymentFailed):
    """A command or a call failed: `shown` as it was printed, its exit `code` (None of a call), its last `lines`."""

    def __init__(self, shown: str, code: int | None, lines: Sequence[str]) -> None:
        self.shown, self.code, self.lines = shown, code, tuple(lines)
        ended = "failed" if code is None else f"ended with {code}"
        super().__init__("\n  ".join([f"{shown}: {ended}", *self.lines]))


class OutOfTime(DeploymentFailed):
    """What was waited for did not come in time; `awaited` says what it was."""

    def __init__(self, awaited: str) -> None:
        self.awaited = awaited
        super().__init__(f"out of time, while waiting: {awaited}")


class Unhealthy(DeploymentFailed):
    """A release is not healthy and will not be; `evidence` shows why."""

    def __init__(self, message: str, evidence: Sequence[Evidence] = ()) -> None:
        self.evidence = tuple(evidence)
        super().__init__("\n".join([message, *map(str, self.evidence)]))


class Refused(DeploymentFailed):
    """A release answers, but not what it must."""


class Locked(DeploymentFailed):
    """Somebody else deploys: `who`, since when."""

    def __init__(self, who: str, since: str) -> None:
        self.who, self.since = who, since
        super().__init__(
            f"{who} deploys here since {since}; if that has died, its lock ends by itself within minutes"
        )


class LostLock(DeploymentFailed):
    """The lock went to somebody else, who has undone or will undo what was begun here."""
