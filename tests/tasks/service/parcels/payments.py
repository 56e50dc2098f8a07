"""Tasks that must not run twice: not every broker can promise that, and where one cannot the service has none."""

import time
from pathlib import Path

from macaron_runner import asynctask
from parcels.jobs import write


@asynctask(at_most_once=True)
def charge(name, freed, *, place):
    write(place, name=name, event="start")
    while not Path(freed).exists():
        time.sleep(0.05)
    write(place, name=name, event="end")
