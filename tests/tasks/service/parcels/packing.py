"""Tasks whose results are kept, or passed on to the next one."""

import time
from pathlib import Path

from macaron_runner import Retries, apipool, asynctask
from macaron_runner.context import current
from parcels.jobs import write


@asynctask(keep_result=True)
def pack(weight, day):
    return apipool.parcels.Parcel(weight=weight, label=f"{day:%A}"), day


@asynctask(keep_result=True)
def heavier(packed, by):
    parcel, day = packed
    return apipool.parcels.Parcel(weight=parcel.weight + by, label=parcel.label), day


@asynctask(keep_result=True)
def heaviest(packed, *, place):
    write(place, request_id=current().request_id, user_id=current().user_id)
    return max(packed, key=lambda each: each[0].weight)


@asynctask()
def note(packed, *, place):
    write(place, weight=packed[0].weight, day=packed[1].isoformat(), user_id=current().user_id)


@asynctask(idempotency_key=lambda name, *_, **__: name, retries=Retries(max=1, backoff="100ms"))
def send_once(name, freed, *, place, fail_first=False):
    write(place, name=name, event="start")
    while not Path(freed).exists():
        time.sleep(0.05)
    if fail_first and Path(place).read_text().count('"start"') == 1:
        raise ConnectionError(name)
    write(place, name=name, event="end")
    return apipool.parcels.Parcel(weight=1)


@asynctask()
def note_weight(parcel, *, place):
    write(place, weight=parcel.weight)
