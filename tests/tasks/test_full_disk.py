"""The embedded broker on a disk that takes no more: what it accepted it keeps, what it cannot keep it refuses."""

import resource
import subprocess
import time

import pytest

from macaron_runner import context
from macaron_runner.errors import TaskQueueUnavailable
from tests.tasks.workshop import wait_until

pytestmark = pytest.mark.service

REQUEST = context.Context(request_id="request-1")
ROOM = 256 * 1024


def let_files_grow_to(process, size):
    """Say how large the files of a process may become: to it, more is a full disk."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def call_until_refused(service):
    """Return how many calls were accepted before one was refused, and that error."""
    for number in range(5_000):
        try:
            service.jobs.take_time(f"{number}", 0, place=str(service.place))
        except TaskQueueUnavailable as error:
            return number, error
    pytest.fail("the broker took more than it had room for")


def test_what_was_accepted_on_a_full_disk_runs(workshop, caplog):
    service = workshop("embedded")
    let_files_grow_to(service.broker.process, ROOM)
    with context.entered(REQUEST):
        accepted, error = call_until_refused(service)
        assert (error.status, error.to_json()["error"]) == (503, "TASK_QUEUE_UNAVAILABLE")
        assert "could not be queued" in caplog.text
        assert "AOF" in caplog.text
    assert accepted > 50
    let_files_grow_to(service.broker.process, resource.RLIM_INFINITY)
    wait_until(lambda: takes_a_call(service), "there is room again")
    service.start_worker()
    wait_until(
        lambda: (
            {f"{number}" for number in range(accepted)}
            <= {line["name"] for line in service.seen() if line["event"] == "end"}
        ),
        "all that was accepted has run",
    )


@pytest.mark.slow
def test_a_worker_goes_on_when_there_is_room_again(workshop):
    service = workshop("embedded")
    worker = service.start_worker()
    let_files_grow_to(service.broker.process, ROOM)
    with context.entered(REQUEST):
        accepted, _ = call_until_refused(service)
    time.sleep(5)
    assert worker.poll() is None
    let_files_grow_to(service.broker.process, resource.RLIM_INFINITY)
    wait_until(lambda: takes_a_call(service), "there is room again")
    wait_until(
        lambda: (
            {"late", *(f"{number}" for number in range(accepted))}
            <= {line["name"] for line in service.seen() if line["event"] == "end"}
        ),
        "all that was accepted has run",
    )
    assert worker.poll() is None


def takes_a_call(service):
    try:
        with context.entered(REQUEST):
            service.jobs.take_time("late", 0, place=str(service.place))
    except TaskQueueUnavailable:
        return False
    return True


def test_a_read_only_state_directory_is_a_clear_error(workshop, tmp_path):
    service = workshop("embedded", start=False)
    state = str(service.configuration.directory / ".macaron")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", state], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("nothing may be mounted here")
    try:
        process = service.start_entry("broker")
        assert process.wait(60) == 69
        said = service.running.log_of(process)
    finally:
        subprocess.run(["umount", state], check=True)
    assert "Read-only file system" in said
    assert state in said
    assert "Traceback" not in said
