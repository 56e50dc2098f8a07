"""Tasks without broker and workers: calls are recorded, or run at once, with what would travel and nothing else.

    with recorded_tasks() as calls:
        client.post("/orders", json={"sku": "a-1"})
    assert calls[0].name == "shop.jobs.send_receipt"
    calls.run()

As on their real way, arguments become JSON text, and values and models anew of it; the context of the caller goes
along; what cannot travel is refused at the call. Not for what macaron.yaml says of queues (rules), nor for what needs a
broker: delays that pass, chains.
"""

from __future__ import annotations

import functools
import itertools
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never, overload

from macaron_runner import context
from macaron_runner.context import Context
from macaron_runner.ids import new_uuid
from macaron_runner.tasks.envelope import decode, encode_call, find_model_in
from macaron_runner.tasks.running.execute import execute
from macaron_runner.tasks.task import Task

if TYPE_CHECKING:
    from macaron_runner.testing.rules import Rules


class Call:
    """One call of a task that was queued: to look at, to run, and what the caller got as its handle.

    `id` and `name` are as of queue.QueuedTask; `options` are what the call and its decorator say, of `queue`,
    `countdown`, `eta`, `expires`, `priority` and `idempotency_key`; `queue` is where it goes, by the routes of
    macaron.yaml where one was given, else as `options` say (None where they do not); `runs` is how often it has run,
    retries included.
    """

    def __init__(
        self, task: Task[..., Any], text: str, options: Mapping[str, Any], rules: Rules | None = None
    ) -> None:
        self.id, self.name, self.task = new_uuid(), task.name, task
        own = {"queue": task.options.queue} if task.options.queue is not None else {}
        self.options: Mapping[str, Any] = {**own, **options}
        self.queue: str | None = (
            rules.queue_of(task.name, options) if rules is not None else self.options.get("queue")
        )
        self.runs = 0
        self.error: BaseException | None = None
        """What it failed of for good."""
        self._text = text
        self._result: str | None = None
        said = task.options.keep_result
        self._keeps_result = said if said is not None else rules is not None and rules.keeps_results

    @property
    def args(self) -> tuple[Any, ...]:
        """The positional arguments as the task gets them, made anew each time."""
        return tuple(self._decoded("args"))

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments as the task gets them, made anew each time."""
        return dict(self._decoded("kwargs"))

    @property
    def context(self) -> Context | None:
        """The context that travels: the caller's; None where the call was made outside any request and task."""
        caller = json.loads(self._text)["context"]
        return None if caller is None else Context.from_json(caller)

    def run(self) -> None:
        """Run it as a worker does, again without a pause as often as its retries say. Raises what it fails of."""
        for attempt in itertools.count():
            try:
                self._run_once(attempt)
            except _RunsAgain:
                continue
            except BaseException as error:
                self.error = error
                raise
            return

    def get(self, timeout: float | None = None) -> Any:  # noqa: ARG002 - as of queue.QueuedTask
        """Return the result, made anew; raise what the task raised.

        Raises TimeoutError where it has not run, RuntimeError where its result is not kept.
        """
        if not self._keeps_result:
            raise RuntimeError(f"the result of {self.name} is not kept: say @asynctask(keep_result=True)")
        if self.error is not None:
            raise self.error
        if self._result is None:
            raise TimeoutError(f"{self.name} has not run")
        return decode(json.loads(self._result), find_model_in(context.service().apis))

    def _run_once(self, attempt: int) -> None:
        self.runs += 1
        message = json.loads(self._text)
        result = execute(
            self.task,
            message["args"],
            message["kwargs"],
            message["context"],
            keep_result=self._keeps_result,
            is_control_flow=lambda error: isinstance(error, KeyboardInterrupt),  # which ends the tests
            try_again=functools.partial(self._try_again, attempt),
        )
        self._result = json.dumps(result)

    def _try_again(self, attempt: int, error: BaseException) -> None:
        retries = self.task.options.retries
        if retries is not None and attempt < retries.max and retries.wants(error):
            raise _RunsAgain from error

    def _decoded(self, part: str) -> Any:
        value = json.loads(self._text)[part]
        find_model = find_model_in(context.service().apis)
        if isinstance(value, list):
            return [decode(item, find_model) for item in value]
        return {name: decode(item, find_model) for name, item in value.items()}

    def __repr__(self) -> str:
        return f"<Call of {self.name}>"


class _RunsAgain(Exception):
    """The attempt has failed, and there is another one."""


class Calls(Sequence[Call]):
    """The calls made so far, oldest first; a context.TaskQueue."""

    def __init__(self, rules: Rules | None = None, *, at_once: bool = False) -> None:
        self._calls: list[Call] = []
        self._rules = rules
        self._at_once = at_once
        self.progress: list[tuple[float, str]] = []
        """What tasks that ran told of how far they had come, and their notes."""

    def run(self) -> None:
        """Run those that have not run yet, and what they call, in that order. Raises what the first one fails of."""
        with self._taking_calls():
            for call in self._calls:  # which grows meanwhile
                if not call.runs:
                    call.run()

    def send(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], options: Mapping[str, Any]
    ) -> Call:
        """Take a call, and run it where calls run at once: how that ends is none of the caller's concern."""
        positional, named = encode_call(args, kwargs)
        caller = context.current()
        message = {
            "args": positional,
            "kwargs": named,
            "context": None if caller is None else caller.to_json(),
        }
        call = Call(_task_named(name), json.dumps(message), options, self._rules)
        self._calls.append(call)
        if self._at_once:
            with suppress(Exception):  # told at the end of the block
                call.run()
        return call

    def signature(self, name: str, *_: Any, **__: Any) -> Never:
        """Refuse: chains, groups and chords are Celery's, and need its broker."""
        raise RuntimeError(f"{name}: chains, groups and chords need a broker; these calls have none")

    def tell_progress(self, fraction: float, note: str) -> None:
        """Note what a task tells of its progress."""
        self.progress.append((fraction, note))

    @contextmanager
    def _taking_calls(self) -> Iterator[None]:
        before = context.service().queue
        context.amend(queue=self)
        try:
            yield
        finally:
            context.amend(queue=before)

    @overload
    def __getitem__(self, index: int) -> Call: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Call]: ...

    def __getitem__(self, index: int | slice) -> Call | Sequence[Call]:
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __repr__(self) -> str:
        return repr(self._calls)


@contextmanager
def recorded_tasks(
    file: str | Path | None = None, *, env: str = "", overrides: tuple[str, ...] = ()
) -> Iterator[Calls]:
    """Record the calls that are queued in the `with` block, of the service that is loaded; none of them runs.

    They can be looked at and run, in the block and after it. With the service's macaron.yaml (`env` and `overrides` as
    for load_app) each call knows the queue it would go to, and what the real queue refuses is refused. Raises
    RuntimeError where no service is loaded, and what `read_rules` does.
    """
    calls = Calls(_rules(file, env, overrides))
    with calls._taking_calls():
        yield calls


@contextmanager
def inline_tasks(
    file: str | Path | None = None, *, env: str = "", overrides: tuple[str, ...] = ()
) -> Iterator[Calls]:
    """Run the calls that are queued in the `with` block at once, in a context of their own, whatever their delay.

    A task that fails does not disturb its caller, as it would not in a worker; at the end of the block the first
    such error is raised. Takes and raises what `recorded_tasks` does.
    """
    calls = Calls(_rules(file, env, overrides), at_once=True)
    with calls._taking_calls():
        yield calls
    for call in calls:
        if call.error is not None:
            raise call.error


def _rules(file: str | Path | None, env: str, overrides: tuple[str, ...]) -> Rules | None:
    if file is None:
        return None
    # Not at the top: who gives no file needs no more than the tasks themselves.
    from macaron_runner.testing.rules import read_rules

    return read_rules(file, env, overrides)


def _task_named(name: str) -> Task[..., Any]:
    """Return the task of a call; that it stands where its name says was seen to when it was called."""
    module, _, function = name.rpartition(".")
    task: Task[..., Any] = getattr(sys.modules[module], function)
    return task
