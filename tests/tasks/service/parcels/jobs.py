"""Tasks that write down what they saw, one JSON value a line, into the file given as `place`."""

import json
import os
import signal
import sys
import time
from datetime import date
from pathlib import Path

from macaron_runner import Retries, SoftTimeLimitExceeded, apipool, asynctask, task_progress
from macaron_runner.context import current


def write(place, **seen):
    with Path(place).open("a") as file:
        file.write(json.dumps({"pid": os.getpid(), "parent": os.getppid(), **seen}) + "\n")


@asynctask()
def store(parcels, *, place):
    context = current()
    write(
        place,
        weights=[parcel.weight for parcel in parcels["all"]],
        is_model=all(isinstance(parcel, apipool.parcels.Parcel) for parcel in parcels["all"]),
        request_id=context.request_id,
        user_id=context.user_id,
        operation=context.operation,
        traceparent=context.traceparent,
        accept_language=context.accept_language,
        deadline=context.deadline,
    )
    return parcels["all"][0]


@asynctask()
def relay(place):
    store({"all": [apipool.parcels.Parcel(weight=9)]}, place=place)


@asynctask()
def take_time(name, seconds, *, place):
    write(place, name=name, event="start")
    time.sleep(seconds)
    write(place, name=name, event="end")


@asynctask()
def wait_until(freed, *, place):
    write(place, event="start")
    while not Path(freed).exists():
        time.sleep(0.05)
    write(place, event="end")


@asynctask(delay=2)
def later(place, sent):
    write(place, waited=time.time() - sent)


@asynctask()
def fail(place):
    raise ValueError(place)


@asynctask()
def leave():
    sys.exit(3)


class Odd(Exception):
    """An error that can neither be pickled nor shown."""

    def __init__(self, one, two):
        self.cause = lambda: (one, two)

    def __str__(self):
        return self.nothing


@asynctask()
def fail_oddly(kind):
    raise {"odd": Odd(1, 2), "interrupt": KeyboardInterrupt(), "memory": MemoryError()}[kind]


@asynctask()
def tick(place):
    write(place, at=time.time())


@asynctask(retries=Retries(max=2, backoff="100ms"))
def fail_at_first(times, *, place):
    write(place, event="start")
    if sum('"start"' in line for line in Path(place).read_text().splitlines()) <= times:
        raise ConnectionError(place)
    write(place, event="end")


@asynctask(time_limit=1)
def hang(place):
    write(place, event="start")
    time.sleep(60)
    write(place, event="end")


@asynctask(soft_time_limit=1)
def slow_down(place):
    try:
        time.sleep(60)
    except SoftTimeLimitExceeded:
        write(place, event="soft")


@asynctask(rate_limit="1/s")
def paced(place):
    write(place, at=time.time())


@asynctask()
def weigh(parcel: "apipool.parcels.Parcel", day: date = date(2026, 1, 1)):
    return {"weight": parcel.weight, "day": day}


@asynctask()
def advance():
    advance.progress(0.25, "a quarter")
    task_progress(1, "all of it")


@asynctask()
def die(place):
    write(place, event="start")
    os.kill(os.getpid(), signal.SIGKILL)
