"""`@asynctask()`: makes a function a task, which workers run when a request or another task calls it.

Not for how a call travels (envelope, sending.queue), nor for running it in a worker (running.execute).
Importing it does not import Celery.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, ParamSpec, TypeVar, Unpack, overload
from uuid import UUID

from macaron_runner import context
from macaron_runner.tasks.options import Declared, TaskOptions
from macaron_runner.tasks.progress import task_progress

_SHAPES: Final = 100
"""How many forms of calls a task remembers to be fitting; most tasks have one, and **kwargs any number."""

P = ParamSpec("P")
R = TypeVar("R")


class Task(Generic[P, R]):
    """A function that can also be queued.

    Calling it inside a request or a task queues it and returns a handle (sending.queue.QueuedTask); in a plain
    script, or in a service without `tasks:`, it runs at once and returns the function's result. `now`,
    `delay` and `apply_async` say which of the two is meant. Its `name` is module and function, as
    `shop.jobs.report`; its `options` hold for calls that do not say otherwise. A call that does not fit the
    function's signature raises TypeError at once, in the caller.
    """

    __macaron_task__: ClassVar = True  # by this the room below this one knows a task (code.imported)

    def __init__(self, function: Callable[P, R], options: TaskOptions) -> None:
        _refuse_hidden(function)
        functools.update_wrapper(self, function)
        self.function = function
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.options = options
        self.signature = inspect.signature(function)
        self._fitting: set[tuple[object, ...]] = set()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Queue the call where there is a request or task under way and a queue; otherwise run it at once."""
        if context.current() is None or context.service().queue is None:
            return self.now(*args, **kwargs)
        return self.apply_async(args, kwargs)

    def now(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function here and now, and return its result."""
        return self.function(*args, **kwargs)

    def delay(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Queue the call and return its handle, wherever it is made. Raises as `apply_async`."""
        return self.apply_async(args, kwargs)

    def apply_async(
        self,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        queue: str | None = None,
        countdown: float | str | None = None,
        eta: datetime | None = None,
        expires: float | str | datetime | None = None,
        priority: int | None = None,
        idempotency_key: str | int | UUID | None = None,
    ) -> Any:
        """Queue the call with options of its own and return its handle.

        `countdown` is how long to wait before it may run (seconds, or a text as "30s"), `eta` says until when;
        `expires` is after what time, or when, it is dropped if it has not begun; of the calls with one
        `idempotency_key`, one runs. Raises TypeError where the arguments do not fit the function or cannot travel,
        ValueError for a queue that no pool consumes, RuntimeError where the service has no queue,
        TaskQueueUnavailable where the broker is away.
        """
        positional, named = tuple(args), dict(kwargs or {})
        self._refuse_misfits(positional, named)
        self._refuse_unreachable()
        said = {
            "queue": queue,
            "countdown": countdown,
            "eta": eta,
            "expires": expires,
            "priority": priority,
            "idempotency_key": idempotency_key,
        }
        return self._queue().send(self.name, positional, named, self.options.for_call(said))

    def progress(self, fraction: float, note: str = "") -> None:
        """Tell who watches how far the run under way has come (progress.task_progress)."""
        task_progress(fraction, note)

    def s(self, *args: Any, **kwargs: Any) -> Any:
        """Return the call as a Celery signature, for `celery.chain`, `group` and `chord`; nothing is queued yet.

        The result of the task before it becomes its first argument. Raises TypeError where arguments cannot fit the
        function or cannot travel, RuntimeError where the service has no queue.
        """
        self.signature.bind_partial(*args, **kwargs)
        self._refuse_unreachable()
        return self._queue().signature(self.name, args, kwargs, immutable=False)

    def si(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Return the same of a call that is complete: results of tasks before it are not given to it."""
        self.signature.bind(*args, **kwargs)
        self._refuse_unreachable()
        return self._queue().signature(self.name, args, kwargs, immutable=True)

    def _queue(self) -> context.TaskQueue:
        service = context.service()
        if service.queue is None:
            raise RuntimeError(
                f"{self.name} cannot be queued: macaron.yaml of {service.name!r} has no tasks: key"
            )
        return service.queue

    def _refuse_misfits(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Raise TypeError where they do not fit the function: that is decided by their number and their names."""
        shape = (len(args), *kwargs)
        if shape not in self._fitting:
            self.signature.bind(*args, **kwargs)
            if len(self._fitting) < _SHAPES:
                self._fitting.add(shape)

    def _refuse_unreachable(self) -> None:
        """Raise TypeError where a worker that imports the module would not find this task in it."""
        module = self.function.__module__
        if module == "__main__":
            raise TypeError(
                f"{self.name} cannot be queued: workers cannot import a script; move the task into a module"
            )
        if getattr(sys.modules.get(module), self.function.__name__, None) is not self:
            raise TypeError(
                f"{self.name} cannot be queued: workers look for {self.function.__name__!r} in {module}, "
                "and something else stands there; make @asynctask() the outermost decorator"
            )

    def __repr__(self) -> str:
        return f"<Task {self.name}>"


@overload
def asynctask(function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def asynctask(**options: Unpack[Declared]) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def asynctask(
    function: Callable[P, R] | None = None, /, **options: Any
) -> Task[P, R] | Callable[[Callable[P, R]], Task[P, R]]:
    """Make a function a task: `@asynctask()`, `@asynctask(queue="email", retries=3, time_limit="5m")`.

    The options are those of `options.TaskOptions`; the README has a table of them. Raises TypeError for what workers
    could not find or run (a lambda, a nested function, a method, an async function) and, as ValueError, for options
    that make no sense.
    """
    read = TaskOptions.read(options)

    def decorate(function: Callable[P, R]) -> Task[P, R]:
        return Task(function, read)

    return decorate if function is None else decorate(function)


def _refuse_hidden(function: Callable[..., Any]) -> None:
    """Raise TypeError for what can be seen at once to be out of a worker's reach."""
    if not inspect.isfunction(function):
        raise TypeError(f"@asynctask() makes functions tasks, and {function!r} is none")
    name = f"{function.__module__}.{function.__qualname__}"
    if function.__name__ != function.__qualname__ or function.__name__ == "<lambda>":
        raise TypeError(f"{name} cannot be a task: workers find only functions at the top of a module")
    if inspect.iscoroutinefunction(function):
        raise TypeError(f"{name} cannot be a task: workers run plain functions, and this one is async")
