"""Tasks that unit tests queue: a task must be an attribute of a module that can be imported."""

from macaron_runner.tasks.task import asynctask


@asynctask()
def weigh(parcel, *, twice=False):
    """Return the weight."""
    return parcel * (2 if twice else 1)


@asynctask
def plain(parcel):
    return parcel


@asynctask(queue="post", delay="1m30s")
def post(parcel):
    return parcel


first = asynctask()(weigh.function)
