"""Tasks that never run twice, to Celery.

Not for tasks as such (celery_task).
"""

from __future__ import annotations

import logging
from typing import Any, Final

from celery.exceptions import Ignore, Reject
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from macaron_runner.tasks.celery_task import MacaronTask

_log: Final = logging.getLogger("macaron.tasks")


class MayHaveRun(Exception):
    """A call that runs at most once was given back by a worker that may have begun it: it does not run again."""


class AtMostOnce(MacaronTask):
    """A task that is acknowledged before it runs, and never runs twice.

    On Redis the process that is about to run it takes it away from the broker, which one alone can do. On RabbitMQ,
    which does not tell how an acknowledgement went, the worker acknowledges when it begins, and what has been delivered
    before does not run.
    """

    abstract = True
    reject_on_worker_lost = False

    def begin(self) -> None:
        """Return where this call may run, and nobody else will; raise Ignore, Reject or MayHaveRun otherwise."""
        request: Any = self.request
        if self.acks_late:
            self._take_away(request.properties["delivery_tag"])
        elif request.delivery_info.get("redelivered"):
            raise MayHaveRun(f"{self.name} was given back by a worker that may have begun it")

    def _take_away(self, delivery_tag: str) -> None:
        try:
            connections: Any = self.app.pool
            with connections.acquire(block=True) as connection:
                taken = connection.default_channel.claim(delivery_tag)
        except (KombuError, RedisError, OSError) as error:
            _log.warning("%s could not be taken from the broker, and is given back: %s", self.name, error)
            raise Reject(error, requeue=True) from error
        if not taken:
            raise Ignore(f"{self.name} was taken by another worker")
