"""Runs one task in a worker: what travelled becomes context and arguments again, errors are reported.

Not for Celery's side of it, which acknowledges, gives back and stores (worker).
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from macaron_runner import context
from macaron_runner.errors import MacaronError
from macaron_runner.ids import new_id
from macaron_runner.tasks.envelope import UndecodableEnvelope, decode, encode, find_model_in
from macaron_runner.tasks.task import Task

_log: Final = logging.getLogger("macaron.tasks")


Once: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any], Callable[[], Any]], Any]
"""Given a call's arguments and what makes the call, returns its result without a second run where there was a first."""


class TaskEnded(Exception):
    """A task raised what Celery would end the whole worker for: MemoryError, or no Exception (sys.exit does)."""


def execute(
    task: Task[..., Any],
    args: list[Any],
    kwargs: Mapping[str, Any],
    caller: Mapping[str, Any] | None,
    *,
    keep_result: bool,
    is_control_flow: Callable[[BaseException], bool],
    try_again: Callable[[BaseException], None] = lambda _: None,
    once: Once | None = None,
    give_up: Callable[[BaseException, str], None] = lambda *_: None,
) -> Any:
    """Run `task` in the context of its caller; return its result as JSON, or None where results are not kept.

    `caller` is the context that travelled (None: nobody called, a schedule did). `once`, where there is one, may know
    the result already, or have another process find it. An error is given to `try_again`, which does not return where
    the task runs again; else it is reported like a request's, given to `give_up` with its error_id, and raised again,
    as TaskEnded where it would end more than the task. What `is_control_flow` knows (Celery's own signals, a worker
    being stopped) passes unreported. Raises UndecodableEnvelope, reported as well.
    """
    current = context_of(task.name, caller)
    outside, started = context.enter(current), time.perf_counter()
    try:
        result = _run(task, args, kwargs, once, keep_result=keep_result)
        _log.info("%s done in %.3f s", task.name, time.perf_counter() - started)
        return result
    except BaseException as error:
        if is_control_flow(error):
            raise
        if not isinstance(error, UndecodableEnvelope):
            try_again(error)
        give_up(error, report(error, current))
        if isinstance(error, Exception) and not isinstance(error, MemoryError):
            raise
        raise TaskEnded(f"{task.name} raised {type(error).__name__}") from error
    finally:
        context.leave(outside)


def _run(
    task: Task[..., Any], args: list[Any], kwargs: Mapping[str, Any], once: Once | None, *, keep_result: bool
) -> Any:
    find_model = find_model_in(context.service().apis)
    positional = tuple([decode(value, find_model) for value in args])
    named = {name: decode(value, find_model) for name, value in kwargs.items()}

    def call() -> Any:
        result = task.now(*positional, **named)
        return encode(result, f"the result of {task.name}") if keep_result else None

    return call() if once is None else once(positional, named, call)


def context_of(operation: str, caller: Mapping[str, Any] | None) -> context.Context:
    """Return the context in which a task runs: that of its caller, or one with new ids where nobody called."""
    if caller is not None:
        return context.Context.from_json({**caller, "operation": operation, "in_task": True})
    first = new_id()
    return context.Context(
        request_id=first, call_id=first, call_path=context.service().name, operation=operation, in_task=True
    )


def report(error: BaseException, current: context.Context) -> str:
    """Tell the crash reporter, or the log where nobody takes reports, of the error of a task; return its error_id."""
    error_id = error.error_id if isinstance(error, MacaronError) else str(uuid.uuid4())
    tell = context.service().report_crash
    if tell is not None:
        tell(error, error_id=error_id, context=current)
    else:
        _log.error("%s failed (error_id %s)", current.operation, error_id, exc_info=error)
    return error_id
