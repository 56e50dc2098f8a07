"""What a target remembers of its releases, and who deploys there: annotations of a job of Cloud Run that is never run.

A job, for it is there before the first release and stays when that one fails, costs nothing, and what was noted of the
service itself would make Google roll it out again. Every change is made under its etag, so that nobody's is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from macaron_runner.deploy.cloud_run.api import Api, Conflict
from macaron_runner.deploy.cloud_run.names import last_part
from macaron_runner.deploy.cloud_run.records import LOCK, Annotations, Lock, read_lock
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.failures import DeploymentFailed, Locked, LostLock
from macaron_runner.errors import CommandError
from macaron_runner.ids import new_uuid

_IMAGE: Final = "us-docker.pkg.dev/cloudrun/container/job:latest"
"""A job has an image; this one is Google's example, and prints a greeting."""
_TRIES: Final = 5
_PAUSE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Notes:
    """The annotations of the job of a full name; `labels` tell whose it is.

    `account` is the service account that it would run as, "" for the project's own: who deploys must be allowed to use
    it.
    """

    api: Api
    name: str
    labels: dict[str, str]
    account: str = ""

    def read(self) -> Annotations:
        """Return them, none where there is no job yet."""
        return dict((self.api.read(self.name) or {}).get("annotations", {}))

    def change(self, made_of: Callable[[Annotations], Annotations]) -> None:
        """Replace them by what is made of them. Raises what `made_of` raises, DeploymentFailed."""
        message = ""
        for _ in range(_TRIES):
            job = self.api.read(self.name) or {}
            known = job.get("annotations", {})
            notes = dict(made_of(known))
            if notes == known:
                return
            try:
                self._write(job, notes)
            except Conflict as error:
                message = str(error)
                self.api.hands.sleep(_PAUSE)
            else:
                return
        raise DeploymentFailed(f"{last_part(self.name)} cannot be changed: {message}")

    def add(self, more: Annotations) -> None:
        """Add to them, in place of those of the same keys."""
        self.change(lambda known: {**known, **more})

    def _write(self, job: Json, notes: Annotations) -> None:
        task: Json = {"containers": [{"image": _IMAGE}], "maxRetries": 0}
        if self.account:
            task["serviceAccount"] = self.account
        body = {"labels": self.labels, "annotations": notes, "template": {"template": task}}
        if job:
            self.api.act("PATCH", self.name, {**body, "etag": job["etag"]})
        else:
            collection, _, short = self.name.rpartition("/")
            self.api.act("POST", collection, body, jobId=short)

    @contextmanager
    def lock(self, who: str, seconds: float) -> Iterator[Hold]:
        """Keep everybody else out for the context. Raises Locked where somebody else is in."""
        hold = Hold(self, Lock(new_uuid(), who, self.api.hands.now(), self.time_of_day() + seconds))
        self.change(hold.taken)
        try:
            yield hold
        finally:
            with suppress(CommandError):  # it ends by itself; what failed before is what counts
                self.change(hold.released)

    def deploying(self) -> str:
        """Return who deploys at the moment, and since when; "" for nobody."""
        lock = read_lock(self.read())
        return f"{lock.by} since {lock.at}" if lock is not None and lock.until > self.time_of_day() else ""

    def time_of_day(self) -> float:
        """Return the time in seconds since 1970."""
        return datetime.fromisoformat(self.api.hands.now()).timestamp()


@dataclass(slots=True)
class Hold:
    """A lock that is ours. When it is released it stays, ended, so that whose it was last is known."""

    notes: Notes
    lock: Lock

    def confirm(self, seconds: float) -> None:
        """See that nobody else has taken it, and make it last for so many seconds. Raises LostLock."""
        self.lock = replace(self.lock, until=self.notes.time_of_day() + seconds)
        self.notes.change(self._kept)

    def taken(self, known: Annotations) -> Annotations:
        """Return annotations that say it is ours. Raises Locked where it is another's, and has not ended."""
        other = read_lock(known)
        if other is not None and other.holder != self.lock.holder and other.until > self.notes.time_of_day():
            raise Locked(other.by, other.at)
        return {**known, LOCK: self.lock.to_json()}

    def released(self, known: Annotations) -> Annotations:
        """Return annotations that say it has ended, if it still is ours."""
        return {**known, LOCK: replace(self.lock, until=0.0).to_json()} if self._is_ours(known) else known

    def _kept(self, known: Annotations) -> Annotations:
        if not self._is_ours(known) and not self.notes.api.hands.dry_run:
            other = read_lock(known)
            raise LostLock(f"{other.by if other is not None else 'somebody else'} took the lock")
        return {**known, LOCK: self.lock.to_json()}

    def _is_ours(self, known: Annotations) -> bool:
        found = read_lock(known)
        return found is not None and found.holder == self.lock.holder
