"""Calls made while the broker is away are kept, and sent as soon as it can be had, by one process, oldest first.

Not for what keeps them (outbox), nor for what a kept call looks like (kept_call).
"""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Callable
from typing import Any, Final

from amqp.exceptions import AMQPError
from celery import Celery
from celery.result import AsyncResult
from kombu import Producer
from kombu.exceptions import EncodeError, KombuError

from macaron_runner.tasks.brokers.delays import Delays
from macaron_runner.tasks.forks import undivided
from macaron_runner.tasks.sending.kept_call import publish, record
from macaron_runner.tasks.sending.outbox import Outbox

_log: Final = logging.getLogger("macaron.tasks")

AWAY: Final = (KombuError, AMQPError, OSError)
"""What publishing raises where the broker cannot be had, whichever it is."""

LOOK: Final = 1.0
"""Seconds between two looks whether there is something to send, and whether it can be."""

_A_BATCH: Final = 100


class Keeper:
    """Keeps calls that cannot be sent, and sends them when they can be; `delays` as in ServiceCelery."""

    def __init__(self, app: Celery, outbox: Outbox, delays: Delays | None) -> None:
        self._app, self._outbox, self._delays = app, outbox, delays
        self._away = False

    def send(self, send: Callable[..., AsyncResult[Any]]) -> AsyncResult[Any]:
        """Return what `send()` does, which publishes a call; where the broker is away the call is kept.

        Raises OSError where it cannot be kept, beside what `send` does for other reasons.
        """
        if self._is_waiting():
            return self._keep(send)
        try:
            return send()
        except EncodeError:
            raise
        except AWAY as error:
            _log.warning("calls are kept until they can be queued: %s: %s", type(error).__name__, error)
            return self._keep(send)

    def _is_waiting(self) -> bool:
        """Tell whether this process has met a broker that is away, and what it kept since then was not sent yet.

        Calls are kept behind it: in their order, and without each waiting for the broker in vain.
        """
        try:
            self._away = self._away and not self._outbox.is_empty()
        except OSError:
            self._away = False
        return self._away

    def _keep(self, send: Callable[..., AsyncResult[Any]]) -> AsyncResult[Any]:
        call, result = record(self._app, send)
        self._outbox.keep(json.dumps(call))
        self._away = True
        return result

    def watch(self) -> None:
        """Send what is kept, and will be, from a thread of this process, as long as it lives."""
        threading.Thread(target=self._watch, name="macaron-outbox", daemon=True).start()

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(LOOK):
            try:
                if not self._outbox.is_empty():
                    self.drain()
            except (
                Exception
            ) as error:  # the broker is away still, or the disk is: whatever it is, it may pass
                _log.debug("kept calls cannot be sent yet: %s: %s", type(error).__name__, error)

    def drain(self) -> int:
        """Send what is kept now; return how many calls that were, none where another process is at it.

        Raises what connecting and publishing do; what was sent until then is taken out.
        """
        with self._outbox.alone() as alone:
            return sum(iter(self._send_some, None)) if alone else 0

    def _send_some(self) -> int | None:
        """Send a batch over a connection that no other thread waits for; return how many calls, None for no more."""
        with undivided, self._app.connection_for_write() as connection:
            calls = self._outbox.take(_A_BATCH)
            if not calls:
                return None
            patience = math.ceil(self._app.conf.broker_connection_timeout)
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=patience)
            producer = self._app.amqp.Producer(connection, auto_declare=False)
            sent: list[int] = []
            try:
                sent.extend(number for number, text in calls if self._send_one(producer, number, text))
            finally:
                self._outbox.forget(sent)
            _log.info("%d kept calls were sent", len(sent))
            return len(sent)

    def _send_one(self, producer: Producer, number: int, text: str) -> bool:
        """Tell whether a call was sent; one that no broker will ever take must not hold up the others."""
        try:
            publish(self._app, producer, json.loads(text), self._delays)
        except OSError:
            raise
        except (LookupError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"
            _log.error("a kept call cannot be sent, and stays in the outbox: %s", reason)
            self._outbox.set_aside(number, reason)
            return False
        return True
