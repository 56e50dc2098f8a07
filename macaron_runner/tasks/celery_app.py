"""The Celery application of a service: its settings, queues and connection, ready for publishers and workers.

Nothing connects here: it is made before fork, and every process opens connections of its own. Not for what a
worker does beyond that (running.worker), nor for what the settings are (brokers.guarantee).
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection, pools
from kombu.utils.objects import cached_property

from macaron_runner import context
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.errors import DependencyMissing
from macaron_runner.tasks.brokers.delays import Delays
from macaron_runner.tasks.brokers.guarantee import (
    LONGEST_PAUSE,
    REQUEST_PATIENCE,
    celery_settings,
    queue_names,
)
from macaron_runner.tasks.brokers.hung_up import connect_anew_where_hung_up
from macaron_runner.tasks.brokers.kinds import broker_kind, missing_extra
from macaron_runner.tasks.brokers.queues import queue
from macaron_runner.tasks.brokers.transports import announce
from macaron_runner.tasks.envelope import CONTEXT_HEADER, write_context
from macaron_runner.tasks.results import GroupedResults, TaskResult
from macaron_runner.tasks.sending.dead_letters import MOST, DeadLetters, dead_queue_name
from macaron_runner.tasks.sending.keeper import Keeper
from macaron_runner.tasks.sending.outbox import Outbox
from macaron_runner.tasks.store import Store, open_store


def create_celery(
    config: MacaronConfig,
    broker_socket: Path,
    patience: float = REQUEST_PATIENCE,
    *,
    outbox: Path | None = None,
) -> ServiceCelery:
    """Return the Celery application of a service with `tasks:`.

    `broker_socket` is where the embedded broker listens; `patience` is how many seconds a broker may take over
    one step of queueing a task; `outbox` is the file for calls that are to be kept where the broker is away.
    Raises DependencyMissing where the broker's packages are not installed.
    """
    assert config.tasks is not None, "only a service with tasks: has a Celery application"
    kind = broker_kind(config.tasks)
    if sentence := missing_extra(kind):
        raise DependencyMissing(sentence)
    announce()
    app = ServiceCelery(config.service.name, set_as_current=False, autofinalize=False)
    app.loader.override_backends = dict.fromkeys(
        ("redis", "rediss"), "macaron_runner.tasks.result_store:ResultStore"
    )
    app.store = open_store(config, broker_socket, patience)
    app.conf.update(celery_settings(config, broker_socket, patience))
    named = functools.partial(queue, config.service.name, kind)
    app.conf.task_queues = tuple(map(named, queue_names(config.tasks)))
    app.dead_letters = DeadLetters(app, named(dead_queue_name(config.service.name), {"x-max-length": MOST}))
    app.finalize()
    app.amqp.Connection = _Connection
    if kind == "amqp":
        app.delays = Delays(app)
    if outbox is not None and config.tasks.when_broker_is_away == "keep":
        app.keeper = Keeper(app, Outbox(outbox), app.delays)
    os.register_at_fork(after_in_child=functools.partial(_forget_connections, app))
    return app


class ServiceCelery(Celery):
    """Sends along with every message the context in which it is sent, whatever sends it; its results give models.

    The next step of a chain and the body of a chord are sent by the worker, after the task before them has returned:
    they get the context that one was called with.
    """

    keeper: Keeper | None = None
    """What keeps calls while the broker is away; None where they are refused."""
    delays: Delays | None = None
    """What has RabbitMQ delay calls; None with another broker."""
    store: Store | None
    """The service's store, where it has one."""
    dead_letters: DeadLetters
    """Where calls that failed for good are kept."""

    amqp_cls = f"{__name__}:Messages"

    def send_task(self, *args: Any, headers: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Send a message, as Celery does; a context among the headers is left as it is."""
        return super().send_task(*args, headers={**self._context_header(), **(headers or {})}, **options)

    def _acquire_producer(self, timeout: float | None = None) -> Any:
        """Return a producer of the pool's whose connection stands, as far as can be seen."""
        producer: Any = super()._acquire_producer(timeout)  # type: ignore[misc]  # not in celery-types
        if self.delays is not None:
            connect_anew_where_hung_up(producer.connection)
        return producer

    @cached_property
    def AsyncResult(self) -> Any:  # noqa: N802 - Celery's name
        """Return the class of results, which gives models."""
        return self.subclass_with_self(TaskResult)

    @cached_property
    def GroupResult(self) -> Any:  # noqa: N802
        """Return the class of the results of groups."""
        return self.subclass_with_self(GroupedResults)

    def _context_header(self) -> dict[str, Any]:
        current = context.current()
        if current is not None:
            return {CONTEXT_HEADER: write_context(current)}
        done = self.current_worker_task
        caller = done.request.get(CONTEXT_HEADER) if done is not None else None
        return {CONTEXT_HEADER: caller} if caller is not None else {}


class Messages(AMQP):
    """Celery's messages, without the arguments as people would read them, which Celery adds to the arguments.

    That took a fifth of the work that a call is, and put into headers what may be large and is nobody's concern; who
    asks a worker what it does is shown the arguments themselves. A failure that Celery logs is made readable then.
    """

    def as_task_v2(self, *args: Any, **options: Any) -> Any:
        """Return a message, as Celery does."""
        return super().as_task_v2(*args, **{**options, "argsrepr": "", "kwargsrepr": ""})


class _Connection(Connection):
    """A connection for which a broker that is away is looked for every few seconds; Celery's looks twice a minute."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Return when connected, as kombu's does."""
        return super().ensure_connection(*args, **{"interval_max": LONGEST_PAUSE, **options})


_abandoned: Final[list[Any]] = []


def _forget_connections(app: Celery) -> None:
    """Leave what is connected to the parent: Celery hears only of forks it makes itself, not of gunicorn's.

    The connections are kept, unused: collecting one would say good-bye to the broker on the parent's behalf.
    """
    for group in (pools.connections, pools.producers):
        _abandoned.extend(group.values())
        group.clear()
    app._after_fork()  # type: ignore[attr-defined]  # what Celery itself calls after a fork of its own
