"""The scheduler's entry, with a real broker and worker."""

import pytest

from tests.tasks.workshop import START_DEADLINE, stop, wait_until

pytestmark = pytest.mark.service


def every_second(workshop, tmp_path):
    schedule = f'{{task: "parcels.jobs:tick", every: 1s, args: ["{tmp_path / "seen"}"]}}'
    return workshop("embedded", f"tasks.schedules.often={schedule}")


def test_a_task_runs_by_itself(workshop, tmp_path):
    service = every_second(workshop, tmp_path)
    service.start_worker()
    scheduler = service.start_entry("scheduler")
    times = [line["at"] for line in service.wait_for(4)]
    assert times[3] - times[0] > 1.5  # 3 s apart when they were sent; a worker may be late with the first
    assert stop(scheduler) == 0


def test_a_killed_scheduler_goes_on(workshop, tmp_path):
    service = every_second(workshop, tmp_path)
    service.start_worker()
    scheduler = service.start_entry("scheduler")
    service.wait_for(2)
    scheduler.kill()
    scheduler.wait(START_DEADLINE)
    before = len(service.seen())
    scheduler = service.start_entry("scheduler")
    service.wait_for(before + 2)
    assert "corrupted" not in service.running.log_of(scheduler)


def test_without_schedules_it_says_so(workshop):
    service = workshop("embedded", start=False)
    scheduler = service.start_entry("scheduler")
    wait_until(lambda: scheduler.poll() is not None, "it ends")
    assert scheduler.returncode == 2
    assert "nothing under tasks.schedules" in service.running.log_of(scheduler)
