"""What happens to the calls of a service from now on, as its workers tell: begun, how far, how it ended.

Workers tell nothing unless somebody watches, who asks them to again and again; the first to go has them be silent, and
who still watches asks again. Not for what there is already (survey), nor for how progress is told (progress).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from celery import Celery
from kombu import Connection, Consumer

from macaron_runner.tasks.monitoring.survey import Workers
from macaron_runner.tasks.progress import PROGRESS_EVENT

ASK: Final = 5.0
"""Seconds between two times that workers are asked to tell: new ones have not heard it."""

_LOOK: Final = 0.5

Kind: TypeAlias = Literal["running", "started", "progress", "succeeded", "failed", "retried", "revoked"]

_KINDS: Final[Mapping[str, Kind]] = {
    "task-started": "started",
    PROGRESS_EVENT: "progress",
    "task-succeeded": "succeeded",
    "task-failed": "failed",
    "task-retried": "retried",
    "task-revoked": "revoked",
}

OVER: Final = frozenset(("succeeded", "failed", "retried", "revoked"))
"""After these a call does not run any more, or not yet again."""


class Happening(NamedTuple):
    """Something that happened to a call, at a time (RFC 3339): `running` is what was under way when we came.

    `fraction` and `note` are those of progress, `error` is that of a failure; the task is "" where nobody has said it.
    """

    kind: Kind
    id: str
    task: str
    at: str
    fraction: float | None = None
    note: str = ""
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object, without what is not known."""
        return {
            "event": self.kind,
            **{k: v for k, v in self._asdict().items() if k != "kind" and v not in ("", None)},
        }


def watch(app: Celery, connection: Connection) -> Iterator[Happening | None]:
    """Yield what happens, for ever; None where nothing has happened for a moment. Raises keeper.AWAY."""
    names: dict[str, str] = {}
    events: deque[Mapping[str, Any]] = deque()
    channel = connection.channel()
    receiver = app.events.Receiver(channel, handlers={"*": events.append}, app=app)
    try:
        with Consumer(channel, [receiver.queue], callbacks=[receiver._receive], no_ack=True, accept=["json"]):
            asked = -ASK
            for call in Workers(app, connection).running() or ():
                names[call.id] = call.task
                yield Happening("running", call.id, call.task, call.since or "")
            while True:
                if time.monotonic() - asked >= ASK:
                    app.control.enable_events(connection=connection)
                    asked = time.monotonic()
                with suppress(TimeoutError):
                    connection.drain_events(timeout=_LOOK)
                yield from _happenings(events, names)
                yield None
    finally:
        app.control.disable_events(connection=connection)


def _happenings(events: deque[Mapping[str, Any]], names: dict[str, str]) -> Iterator[Happening]:
    """Yield what events tell, until there are none left; `names` are the tasks' names by the ids of their calls."""
    while events:
        event = events.popleft()
        call = str(event.get("uuid") or "")
        if name := event.get("name"):
            names[call] = str(name)
        kind = _KINDS.get(str(event.get("type")))
        if kind is None:
            continue
        task = names.pop(call, "") if kind in OVER else names.get(call, "")
        at = datetime.fromtimestamp(float(event["timestamp"]), UTC).isoformat(timespec="milliseconds")
        yield Happening(
            kind,
            call,
            task,
            at,
            event.get("fraction"),
            str(event.get("note") or ""),
            str(event.get("exception") or ""),
        )
