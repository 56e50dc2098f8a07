"""Calls one operation: says who asks, within which request and until when, and runs the course of the call.

    Outgoing  ->  identity, call_tree  ->  course  ->  Answer

Not for arguments and results (client), nor for what all operations of a client share (remote).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from macaron_runner import context
from macaron_runner.clients.call_tree import in_tree
from macaron_runner.clients.course import Course, Deadline, Rules, course, failed
from macaron_runner.clients.decorated import Decorate, Decorated, Plain
from macaron_runner.clients.drivers import run, run_async
from macaron_runner.clients.failures import ClientError, DeadlineExceeded, TooManyCalls
from macaron_runner.clients.identity import compile_identity
from macaron_runner.clients.options import NO_OPTIONS, Options
from macaron_runner.clients.outgoing import Answer, Outgoing
from macaron_runner.clients.streamed import Streamed, StreamedAsync

if TYPE_CHECKING:
    from macaron_runner.clients.remote import Own, Remote
    from macaron_runner.openapi.operation import Operation


_log: Final = logging.getLogger("macaron.clients")


class Caller:
    """Calls one operation: `caller(outgoing)` in a thread, `await caller.aio(outgoing)` in a coroutine.

    Both return an Answer, or with the option `stream` the head of a success (Streamed, StreamedAsync), to be closed.
    Both raise ClientError.
    """

    def __init__(self, remote: Remote, operation: Operation, decorate: Decorate | None) -> None:
        self._remote = remote
        self._show = compile_identity(operation, remote.schemes, remote.settings.auth, remote.source)
        self._through = Plain() if decorate is None else Decorated(decorate)

    def __call__(self, outgoing: Outgoing, options: Options = NO_OPTIONS) -> Answer | Streamed:
        """Call it in this thread."""
        own = self._remote.own()
        outgoing, steps = self._begin(outgoing, options, own)
        answer = None
        _take_place(own, outgoing)
        try:
            answer = run(steps, self._through.blocking(own.transports.blocking))
        except ClientError as error:
            _tell(error)
            raise
        finally:
            if answer is None or isinstance(answer, Answer):
                own.places.give_back()
        return answer if isinstance(answer, Answer) else Streamed(answer, outgoing, own.places)

    async def aio(self, outgoing: Outgoing, options: Options = NO_OPTIONS) -> Answer | StreamedAsync:
        """Call it in this coroutine."""
        own = self._remote.own()
        outgoing, steps = self._begin(outgoing, options, own)
        answer = None
        _take_place(own, outgoing)
        try:
            answer = await run_async(steps, self._through.coroutines(own.transports.coroutines))
        except ClientError as error:
            _tell(error)
            raise
        finally:
            if answer is None or isinstance(answer, Answer):
                own.places.give_back()
        return answer if isinstance(answer, Answer) else StreamedAsync(answer, outgoing, own.places)

    def _begin(self, outgoing: Outgoing, options: Options, own: Own) -> tuple[Outgoing, Course]:
        """Return the request as it is sent, and its course. Raises DeadlineExceeded, CannotSend."""
        remote = self._remote
        world, rules, own_timeout = remote.world, remote.rules, remote.settings.timeout
        timeout = own_timeout
        if options is not NO_OPTIONS:
            rules = _changed(rules, options)
            timeout = own_timeout if options.timeout is None else options.timeout
            outgoing = outgoing.with_headers(*options.headers)
        here = context.current()
        now = world.unix_time()
        left, is_own = timeout, timeout >= own_timeout  # who waits for less time shows nobody to be unwell
        if here is not None and here.deadline is not None and not here.in_task:
            left, is_own = min((timeout, is_own), (here.deadline - now, False))
            if left <= 0:
                raise failed(DeadlineExceeded, outgoing)
        outgoing = in_tree(self._show(outgoing, options.token), here, remote.service, now + left)
        deadline = Deadline(world.clock() + left, own=is_own)
        return outgoing, course(outgoing, rules, deadline, own.breaker, stream=options.stream, world=world)


def _changed(rules: Rules, options: Options) -> Rules:
    changes: dict[str, Any] = {}
    if options.connect_timeout is not None:
        changes["connect"] = options.connect_timeout
    if options.retries is not None:
        changes["retries"] = options.retries
    return rules._replace(**changes)


def _tell(error: ClientError) -> None:
    """Write down why there is no answer: the error itself, which may be shown to anybody, does not say it."""
    _log.warning("calling %s: %s (%s)", error.operation, error.code, error.__cause__ or error)


def _take_place(own: Own, outgoing: Outgoing) -> None:
    if not own.places.take():
        raise failed(TooManyCalls, outgoing)
