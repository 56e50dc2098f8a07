"""Tasks whose results are kept, or passed on to the next one."""

from macaron_runner import apipool, asynctask
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
