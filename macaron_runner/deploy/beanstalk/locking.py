"""The lock of a target: an object in S3 that only one can write, and whose time ends by itself.

S3's conditional writes make it one: `IfNoneMatch: *` lets one of several make it, `IfMatch` lets one of several take
over what is out of date, and tells its holder that it was taken over. Not for what is done under it (pipeline).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from macaron_runner.deploy.beanstalk.aws import AwsRefusal
from macaron_runner.deploy.beanstalk.store import ABSENT, TAKEN, Store
from macaron_runner.deploy.failures import DeploymentFailed, Locked, LostLock
from macaron_runner.deploy.hands import Hands

_LOST: Final = TAKEN | ABSENT


class Lock:
    """A lock that is held, or about to be."""

    def __init__(self, store: Store, hands: Hands, who: str) -> None:
        self._store, self._hands, self._who = store, hands, who
        self._since = hands.now()
        self._token = secrets.token_hex(8)
        self._mark = ""

    def take(self, seconds: float) -> None:
        """Make it ours, for so many seconds. Raises Locked."""
        content = self._content(seconds)
        try:
            self._mark = self._store.put(self._store.lock_key, content, IfNoneMatch="*")
        except AwsRefusal as refusal:
            if refusal.reason not in TAKEN:
                raise
            self._mark = self._take_over(content)

    def confirm(self, seconds: float) -> None:
        """Make sure that it is still ours, for so many seconds from now on. Raises LostLock."""
        try:
            self._mark = self._store.put(self._store.lock_key, self._content(seconds), IfMatch=self._mark)
        except AwsRefusal as refusal:
            if refusal.reason not in _LOST:
                raise
            self._mark = self._own_mark(refusal)

    def _own_mark(self, refusal: AwsRefusal) -> str:
        """Return the mark of our own write, of which we heard nothing and which was made again. Raises LostLock."""
        try:
            told, mark = self._store.read(self._store.lock_key)
        except AwsRefusal as absent:
            if absent.reason not in ABSENT:
                raise
            told, mark = b"{}", ""
        if json.loads(told).get("token") != self._token:
            raise LostLock("the lock of the target went to somebody else: its time was over") from refusal
        return mark

    def release(self) -> None:
        """Let go of it, where it is still ours; where that cannot be said, its time will end."""
        try:
            self._store.take_away(self._store.lock_key, self._mark)
        except DeploymentFailed as error:
            self._hands.tell(f"the lock of the target is left to end by itself: {error}")

    def _take_over(self, content: bytes) -> str:
        """Return the mark of the lock that took the place of one whose time is over. Raises Locked where it is not."""
        told, mark = self._store.read(self._store.lock_key)
        held = json.loads(told)
        if held["token"] == self._token:  # our own write, of which we heard nothing and which was made again
            return mark
        if held["until"] > self._hands.now():
            raise Locked(held["by"], held["since"])
        try:
            return self._store.put(self._store.lock_key, content, IfMatch=mark)
        except AwsRefusal as refusal:
            if refusal.reason not in _LOST:
                raise
            raise Locked("somebody who was faster", self._since) from refusal

    def _content(self, seconds: float) -> bytes:
        until = datetime.fromisoformat(self._hands.now()) + timedelta(seconds=seconds)
        told = {"by": self._who, "since": self._since, "until": _text(until), "token": self._token}
        return json.dumps(told).encode()


@contextmanager
def held(store: Store, hands: Hands, who: str, seconds: float) -> Iterator[Lock]:
    """Hold the lock of a target, for so many seconds. Raises Locked where somebody else does."""
    lock = Lock(store, hands, who)
    lock.take(seconds)
    try:
        yield lock
    finally:
        lock.release()


def holder(store: Store, now: str) -> str:
    """Return who holds the lock of a target at a time, "" where nobody does."""
    try:
        held = json.loads(store.read(store.lock_key)[0])
    except AwsRefusal as refusal:
        if refusal.reason not in ABSENT:
            raise
        return ""
    return str(held["by"]) if held["until"] > now else ""


def _text(time: datetime) -> str:
    """Return a time as the hands write it: texts that sort as their times do."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
