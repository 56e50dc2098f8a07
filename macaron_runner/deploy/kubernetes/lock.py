"""One deployment at a time, by a Lease of the cluster: who has it, until when.

The API server decides who was first: a Lease is made once, and changed only by who has seen its latest version. Not for
keeping schedulers apart (tasks.scheduling).
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from macaron_runner.deploy.failures import DeploymentFailed, Failure, Locked, LostLock
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.kubernetes.kubectl import Kubectl, is_transient, read, says
from macaron_runner.deploy.kubernetes.objects import Object, Owner

_KIND: Final = ("coordination.k8s.io/v1", "Lease")
_MOMENT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_FASTER: Final = ("AlreadyExists", "Conflict", "NotFound")
"""What the API server says where somebody else has made, changed or removed an object meanwhile."""


class Lease:
    """The Lease of one service's deployments. As a Hold it is ours within `held`."""

    def __init__(self, hands: Hands, kubectl: Kubectl, owner: Owner) -> None:
        self._hands, self._kubectl, self._owner = hands, kubectl, owner
        self._name = owner.name("deployment")
        self._me = ""
        self._seen: Object = {}

    def holder(self) -> tuple[str, str]:
        """Return who deploys at the moment, and since when; ("", "") for nobody."""
        return self._holder_of(self._look())

    @contextmanager
    def held(self, who: str, seconds: float) -> Iterator[Lease]:
        """Hold it as long as the context lasts. Raises Locked where somebody else does."""
        self._me = f"{who} {uuid.uuid4().hex[:8]}"
        found = self._look()
        if (holder := self._holder_of(found))[0]:
            raise Locked(*holder)
        if not self._write(found, self._me, seconds):
            raise Locked(*self.holder())
        try:
            yield self
        finally:
            with suppress(DeploymentFailed):  # it ends by itself, and what went wrong before matters more
                if self._is_mine(self._seen):  # else what was seen last is the hold of who took over
                    self._write(self._seen, "", 1)

    def confirm(self, seconds: float) -> None:
        """Make sure that it is still ours, for so many seconds from now on. Raises LostLock."""
        if not self._write(self._seen, self._me, seconds):
            holder, since = self.holder()
            raise LostLock(f"{holder or 'somebody else'} has taken over at {since}")

    def _write(self, found: Object, holder: str, seconds: float) -> bool:
        """Put a hold in place of what was seen, {} for nothing; tell whether it is that of `holder` then."""
        begun = found or self._owner.object(_KIND, self._name)
        wanted = begun | {"spec": self._spec(found, holder, seconds)}
        command = self._kubectl.replace(wanted) if found else self._kubectl.create(wanted)
        try:
            output = self._hands.run(command, again=is_transient)
        except Failure as error:
            if not any(says(error, reason) for reason in _FASTER):
                raise
            self._seen = self._look()  # ours, where only the answer was lost
            return bool(self._seen) and self._seen["spec"].get("holderIdentity") == holder
        self._seen = read(output)[0] if output.strip() else wanted  # a dry run prints nothing
        return True

    def _is_mine(self, found: Object) -> bool:
        return bool(found) and found["spec"].get("holderIdentity") == self._me

    def _spec(self, found: Object, holder: str, seconds: float) -> Object:
        now = self._hands.now().removesuffix("Z") + ".000000Z"
        before = found["spec"] if found else {}
        since = before["acquireTime"] if before.get("holderIdentity") == self._me else now
        duration = max(1, math.ceil(seconds))
        return {
            "holderIdentity": holder,
            "leaseDurationSeconds": duration,
            "acquireTime": since,
            "renewTime": now,
        }

    def _look(self) -> Object:
        found = read(self._hands.run(self._kubectl.get_one("lease", self._name), again=is_transient))
        return found[0] if found else {}

    def _holder_of(self, found: Object) -> tuple[str, str]:
        spec = found["spec"] if found else {}
        if not spec.get("holderIdentity") or self._is_over(spec):
            return "", ""
        return str(spec["holderIdentity"]).rpartition(" ")[0], f"{spec['acquireTime'][:19]}Z"

    def _is_over(self, spec: Object) -> bool:
        renewed = datetime.strptime(spec["renewTime"], _MOMENT).replace(tzinfo=UTC)
        lasts = timedelta(seconds=spec["leaseDurationSeconds"])
        return datetime.fromisoformat(self._hands.now()) > renewed + lasts
