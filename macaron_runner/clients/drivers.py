"""Run the course of a call: for a thread, for a coroutine. The same loop twice, because one of them awaits.

Not for deciding anything (course).
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from macaron_runner.clients.course import Course
from macaron_runner.clients.effects import Effect, Read, Send
from macaron_runner.clients.outgoing import AsyncTransport, Transport


def run(course: Course, transport: Transport) -> Any:
    """Return what the course returns. Raises what it raises."""
    try:
        effect = next(course)
        while True:
            try:
                outcome = _perform(effect, transport)
            except BaseException as error:
                effect = course.throw(error)
            else:
                effect = course.send(outcome)
    except StopIteration as end:
        return end.value


async def run_async(course: Course, transport: AsyncTransport) -> Any:
    """Return what the course returns. Raises what it raises."""
    try:
        effect = next(course)
        while True:
            try:
                outcome = await _perform_async(effect, transport)
            except BaseException as error:
                effect = course.throw(error)
            else:
                effect = course.send(outcome)
    except StopIteration as end:
        return end.value


def _perform(effect: Effect, transport: Transport) -> Any:
    if isinstance(effect, Send):
        return transport.send(effect.outgoing, effect.patience)
    if isinstance(effect, Read):
        return effect.arriving.read(effect.most)
    return time.sleep(effect.seconds)


async def _perform_async(effect: Effect, transport: AsyncTransport) -> Any:
    if isinstance(effect, Send):
        return await transport.send(effect.outgoing, effect.patience)
    if isinstance(effect, Read):
        return await effect.arriving.read(effect.most)
    return await asyncio.sleep(effect.seconds)
