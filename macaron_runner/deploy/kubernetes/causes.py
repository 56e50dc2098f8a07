"""What a trouble most likely comes from, in a sentence that says what to do. Pure: a table of signs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from macaron_runner.deploy.kubernetes.rollout import Trouble


@dataclass(frozen=True, slots=True)
class _Sign:
    """A cause, and what tells of it: words of the reason, of the messages, or how the container ended."""

    cause: str
    reason: str = ""
    message: str = ""
    exit_code: int | None = None

    def fits(self, trouble: Trouble, said: str) -> bool:
        return (
            re.search(self.reason, trouble.reason) is not None
            and re.search(self.message, said, re.IGNORECASE) is not None
            and self.exit_code in (None, trouble.exit_code)
        )


_PULL: Final = r"ImagePull|ErrImage|InvalidImageName"
_PLACE: Final = "Unschedulable|FailedScheduling"
_NO_PROGRAM: Final = "the image has no such program: its ENTRYPOINT must be `macaron run FILE`"
_SIGNS: Final = (
    _Sign(
        "the registry has no such image: it was not pushed, or has another name", _PULL, "not found|manifest unknown"
    ),
    _Sign(
        "the registry does not let the cluster pull: give its nodes the right to read, or name a pull_secret",
        _PULL, r"unauthorized|denied|forbidden|authentication|40[13]",
    ),
    _Sign(
        "the image was built for another kind of processor: see build.platforms",
        message="exec format error|no match for platform",
    ),
    _Sign("the registry could not be reached from the cluster", _PULL),
    _Sign("it needs more memory than it may use: raise `memory` of the target, or of the pool", "OOMKilled"),
    _Sign("a Secret or ConfigMap that it refers to is not there, or lacks the key", "CreateContainerConfigError"),
    _Sign(_NO_PROGRAM, "CreateContainerError|RunContainerError", "executable file not found|no such file"),
    _Sign(_NO_PROGRAM, exit_code=127),
    _Sign("its configuration is not good there: its last lines say what is wrong", exit_code=78),
    _Sign("something that it needs was not there when it started: its last lines say what", exit_code=69),
    _Sign("one of its processes died again and again: its last lines say why", exit_code=70),
    _Sign("it was killed: its liveness probe got no answer in time, or it wanted more memory", exit_code=137),
    _Sign("it crashes when it starts: its last lines say why", "CrashLoopBackOff|Restarting"),
    _Sign("the namespace has no room for another pod: raise its quota, or ask for less", "FailedCreate", "quota"),
    _Sign("the cluster's policies do not allow such pods in this namespace", "FailedCreate", "forbidden|violates"),
    _Sign("no node has so much cpu or memory free: ask for less, or let the cluster grow", _PLACE, "insufficient"),
    _Sign("no node takes it: their taints or labels keep it away", _PLACE),
    _Sign("it runs, but does not become ready: its readiness probe says why", "NotReady|ProgressDeadlineExceeded"),
)  # fmt: skip


def cause_of(trouble: Trouble, said: str = "") -> str:
    """Return the likely cause, "" where nobody knows; `said` is what events and probes tell beside."""
    everything = "\n".join((trouble.message, trouble.last_words, said))
    return next((sign.cause for sign in _SIGNS if sign.fits(trouble, everything)), "")
