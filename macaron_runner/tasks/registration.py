"""Makes a service's tasks known to Celery.

Not for what Celery then does with them (celery_task, running.once), nor for finding them (discover).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from billiard.common import terminate_handler_fired  # type: ignore[attr-defined]  # new in billiard 4.3
from celery import Celery
from celery.exceptions import TaskPredicate

from macaron_runner.tasks.brokers.guarantee import REDIS_TRANSPORT
from macaron_runner.tasks.celery_task import MacaronTask
from macaron_runner.tasks.discover import AnyTask
from macaron_runner.tasks.envelope import CONTEXT_HEADER, KEY_HEADER, read_context
from macaron_runner.tasks.running.execute import execute
from macaron_runner.tasks.running.once import AtMostOnce
from macaron_runner.tasks.scheduling.runs import RUN_HEADER, is_repeated

_log: Final = logging.getLogger("macaron.tasks")


def register(app: Celery, tasks: Mapping[str, AnyTask], homes: Mapping[str, str]) -> None:
    """Make the tasks known to Celery by their names; `homes` are their queues."""
    for name, task in tasks.items():
        attributes = {**_attributes(task), "home": homes[name]}
        if task.options.at_most_once:
            attributes |= {"base": AtMostOnce, "acks_late": app.conf.broker_transport == REDIS_TRANSPORT}
        declare: Any = app.task(**attributes)
        declare(_run)


def _attributes(task: AnyTask) -> dict[str, Any]:
    options = task.options
    return {
        "base": MacaronTask,
        "name": task.name,
        "declared": task,
        "bind": True,
        "typing": False,
        "shared": False,
        "lazy": False,
        "throws": (Exception,),  # execute reports what a task raises; Celery need not log it a second time
        "max_retries": None,
        "time_limit": options.time_limit,
        "soft_time_limit": options.soft_time_limit,
        "rate_limit": options.rate_limit,
        "ignore_result": None if options.keep_result is None else not options.keep_result,
    }


def _run(self: MacaronTask, *args: Any, **kwargs: Any) -> Any:
    request = self.request
    mark = request.get(RUN_HEADER)
    if mark is not None and is_repeated(self.app.store, str(request.id), mark):
        _log.info("%s is not run: this run of its schedule was sent twice", self.name)
        return None
    self.begin()
    goes_on = request.chain or request.callbacks or request.chord
    is_keyed = request.get(KEY_HEADER) is not None or self.declared.options.idempotency_key is not None
    return execute(
        self.declared,
        list(args),
        kwargs,
        read_context(request.get(CONTEXT_HEADER)),
        keep_result=bool(goes_on) or not request.ignore_result,
        is_control_flow=_is_control_flow,
        try_again=self.try_again,
        once=self.once if is_keyed else None,
        give_up=self.give_up,
    )


def _is_control_flow(error: BaseException) -> bool:
    """Tell whether it is Celery that speaks (Retry, Ignore, Reject) or the process that was told to end."""
    return isinstance(error, TaskPredicate) or terminate_handler_fired()
