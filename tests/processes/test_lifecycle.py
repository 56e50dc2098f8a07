"""The lifecycle's decisions, replayed with a fake clock and fake hands."""

import signal
from dataclasses import replace

import pytest

from macaron_runner.processes.attention import HEALTH_CHECK, READY_TIMEOUT, SOCKET_CHECK, SURE
from macaron_runner.processes.lifecycle import QUICK_GRACE, RENEWAL_GRACE
from macaron_runner.processes.member import State
from macaron_runner.processes.restarts import LIMIT, LONGEST, STABLE
from tests.support.fake_hands import FakeHands, process

BROKER = process("broker", "broker", ready_socket="/s", quick_stop_signal=signal.SIGTERM)
WEB = process("web", "web", orphan_grace=30.0)
WORKER = process("worker-default", "worker")
SCHEDULER = process("scheduler", "scheduler")
KILLED = signal.SIGKILL.value


def exit_code(code: int) -> int:
    return code << 8


@pytest.fixture
def web() -> FakeHands:
    hands = FakeHands([WEB])
    assert hands.begin() == ["start web"]
    return hands


@pytest.fixture
def everything() -> FakeHands:
    hands = FakeHands([BROKER, WEB, WORKER, SCHEDULER])
    hands.accepting.add("/s")
    hands.begin()
    hands.pass_time(1)
    hands.history()
    assert set(hands.states().values()) == {State.RUNNING}
    return hands


class TestStart:
    def test_the_next_waits_until_the_one_before_accepts_connections(self) -> None:
        hands = FakeHands([BROKER, WEB, WORKER])
        assert hands.begin() == ["start broker"]
        assert hands.pass_time(2) == []
        hands.accepting.add("/s")
        assert hands.pass_time(0.3) == ["start web", "start worker-default"]
        assert hands.said[-3:] == [
            "broker is ready",
            "web started (pid 101)",
            "worker-default started (pid 102)",
        ]

    def test_looking_for_readiness_becomes_rarer_and_never_stops(self) -> None:
        hands = FakeHands([BROKER])
        hands.begin()
        looks = []
        for _ in range(60):
            assert hands.lifecycle.deadline is not None
            looks.append(hands.lifecycle.deadline - hands.now)
            hands.pass_time(looks[-1])
        assert looks[0] == pytest.approx(0.005)
        assert looks[-1] == pytest.approx(0.25)
        assert looks == sorted(looks)

    def test_one_that_never_gets_ready_is_killed_and_started_again(self) -> None:
        hands = FakeHands([BROKER, WEB])
        hands.begin()
        assert hands.pass_time(READY_TIMEOUT) == ["KILL all of broker", "KILL broker"]
        assert hands.die("broker", KILLED) == ["forget broker", "start broker"]
        assert "broker was not ready within 30 s, killing it" in hands.said

    def test_one_whose_socket_was_removed_is_killed_and_started_again(self, everything: FakeHands) -> None:
        assert everything.pass_time(10 * SOCKET_CHECK) == []
        everything.accepting.clear()
        assert everything.pass_time(SOCKET_CHECK) == ["KILL all of broker", "KILL broker"]
        assert everything.die("broker", KILLED) == ["forget broker", "start broker"]

    def test_a_lost_socket_is_nobodys_concern_while_stopping(self, everything: FakeHands) -> None:
        everything.accepting.clear()
        assert everything.send(signal.SIGTERM) == ["close listeners", "TERM web"]
        assert everything.pass_time(SOCKET_CHECK) == []

    def test_one_that_is_deaf_is_killed_and_started_again(self) -> None:
        hands = FakeHands([process("worker-default", "worker", heartbeats="/state/health")])
        hands.begin()
        assert hands.pass_time(3600) == []
        hands.faults["worker-default"] = "it gave no sign of life for 61 s"
        assert hands.pass_time(SURE * HEALTH_CHECK) == ["KILL all of worker-default", "KILL worker-default"]
        assert hands.said[-1] == "worker-default is deaf (it gave no sign of life for 61 s), killing it"
        assert hands.die("worker-default", KILLED) == ["forget worker-default", "start worker-default"]

    def test_one_bad_look_is_not_enough(self) -> None:
        hands = FakeHands([process("worker-default", "worker", heartbeats="/state/health")])
        hands.begin()
        for _ in range(10):
            hands.faults["worker-default"] = "the machine has slept"
            hands.pass_time(HEALTH_CHECK)
            hands.faults.clear()
            hands.pass_time(HEALTH_CHECK)
        assert hands.history() == []

    def test_one_that_stops_may_be_deaf(self) -> None:
        hands = FakeHands([process("worker-default", "worker", heartbeats="/state/health", grace=600.0)])
        hands.begin()
        hands.faults["worker-default"] = "it stops"
        assert hands.send(signal.SIGTERM) == ["close listeners", "TERM worker-default"]
        assert hands.pass_time(300) == []

    def test_a_later_restart_of_the_first_does_not_hold_up_the_others(self, everything: FakeHands) -> None:
        everything.accepting.clear()
        assert everything.die("broker", KILLED) == ["forget broker", "start broker"]
        assert everything.die("web", KILLED) == ["forget web", "start web"]
        assert everything.states()["broker"] is State.STARTING

    def test_a_machine_that_cannot_start_processes_is_tried_again(self) -> None:
        hands = FakeHands([WEB])
        hands.unable = True
        hands.begin()
        assert hands.said == ["web could not be started: Resource temporarily unavailable, restarting now"]
        hands.unable = False
        assert hands.pass_time(0) == ["start web"]


class TestRestart:
    def test_the_first_death_is_mended_at_once(self, web: FakeHands) -> None:
        assert web.die("web") == ["forget web", "start web"]
        assert web.said[-2] == "web died (exit code 1), restarting now"

    def test_a_process_that_ends_well_was_still_not_told_to(self, web: FakeHands) -> None:
        assert web.die("web", exit_code(0)) == ["forget web", "start web"]

    def test_delays_double(self, web: FakeHands) -> None:
        web.die("web")
        delays = []
        for _ in range(LIMIT - 2):
            assert web.die("web") == ["forget web"]
            assert web.lifecycle.deadline is not None
            delays.append(web.lifecycle.deadline - web.now)
            assert web.pass_time(delays[-1]) == ["start web"]
        assert delays == [0.5, 1, 2]

    def test_a_stable_run_makes_all_forgotten(self, web: FakeHands) -> None:
        for _ in range(3 * LIMIT):
            web.die("web")
            assert web.said[-2] == "web died (exit code 1), restarting now"
            web.pass_time(STABLE)
        assert not web.lifecycle.stop

    def test_a_crash_loop_stops_everything_with_70(self, everything: FakeHands) -> None:
        for _ in range(LIMIT - 1):
            everything.die("worker-default")
            everything.pass_time(3)
        assert everything.die("worker-default") == ["forget worker-default", "close listeners", "TERM web"]
        assert everything.said[-2:] == [
            "worker-default died (exit code 1), 5 times in a row, and is given up: stopping everything",
            "stopping",
        ]
        for name in ("web", "scheduler", "broker"):
            everything.die(name, exit_code(0))
        assert everything.lifecycle.finished
        assert everything.lifecycle.exit_code == 70

    def test_kills_from_outside_are_no_crash_loop(self, web: FakeHands) -> None:
        for _ in range(4 * LIMIT):
            web.die("web", KILLED)
            delay = (web.lifecycle.deadline or web.now) - web.now
            assert delay <= LONGEST
            web.pass_time(delay)
            assert web.states()["web"] is State.RUNNING
        assert not web.lifecycle.stop

    @pytest.mark.parametrize(("code", "ours"), [(78, 78), (2, 78), (69, 69)])
    def test_what_a_restart_cannot_mend_stops_everything(
        self, everything: FakeHands, code: int, ours: int
    ) -> None:
        assert everything.die("web", exit_code(code)) == ["forget web", "close listeners", "TERM scheduler"]
        for name in ("scheduler", "worker-default", "broker"):
            everything.die(name, exit_code(0))
        assert everything.lifecycle.finished
        assert everything.lifecycle.exit_code == ours

    def test_a_dependency_lost_after_a_stable_run_is_waited_for(self, everything: FakeHands) -> None:
        everything.pass_time(STABLE)
        assert everything.die("worker-default", exit_code(69))[-1] == "start worker-default"
        everything.die("worker-default", exit_code(69))
        assert everything.pass_time(0.5) == ["start worker-default"]


class TestRemains:
    def test_orphans_are_asked_to_end_while_the_new_one_starts(self, web: FakeHands) -> None:
        assert web.die("web", KILLED, leaving={7, 8}) == ["TERM all of web", "start web"]
        assert web.orphan_ends(7) == []
        assert web.orphan_ends(8) == ["forget web"]

    def test_orphans_that_stay_are_killed(self, web: FakeHands) -> None:
        web.die("web", KILLED, leaving={7})
        web.history()
        assert web.pass_time(29) == []
        assert web.pass_time(1) == ["KILL all of web", "forget web"]

    def test_a_stop_waits_for_orphans_too(self, web: FakeHands) -> None:
        web.send(signal.SIGTERM)
        assert web.die("web", exit_code(0), leaving={7}) == ["TERM all of web"]
        assert not web.lifecycle.finished
        assert web.orphan_ends(7) == ["forget web"]
        assert web.lifecycle.finished

    def test_orphans_do_not_prolong_a_stop_beyond_its_grace(self, web: FakeHands) -> None:
        web.send(signal.SIGTERM)
        web.pass_time(4)
        web.die("web", exit_code(0), leaving={7})
        assert web.pass_time(6) == ["KILL all of web", "forget web"]
        assert web.lifecycle.finished


class TestStop:
    def test_in_order_web_scheduler_workers_broker(self, everything: FakeHands) -> None:
        assert everything.send(signal.SIGTERM) == ["close listeners", "TERM web"]
        assert everything.die("web", exit_code(0)) == ["forget web", "TERM scheduler"]
        assert everything.die("scheduler", exit_code(0)) == ["forget scheduler", "TERM worker-default"]
        assert everything.die("worker-default", exit_code(0)) == ["forget worker-default", "TERM broker"]
        assert everything.die("broker", exit_code(0)) == ["forget broker"]
        assert everything.lifecycle.finished
        assert everything.lifecycle.exit_code == 0

    def test_one_that_does_not_stop_is_killed_after_its_grace(self, web: FakeHands) -> None:
        web.send(signal.SIGTERM)
        assert web.pass_time(9.9) == []
        assert web.pass_time(0.1) == ["KILL all of web", "KILL web"]
        web.die("web", KILLED)
        assert web.lifecycle.finished
        assert web.lifecycle.exit_code == 0

    def test_one_that_cannot_be_killed_is_left_behind(self, web: FakeHands) -> None:
        web.send(signal.SIGTERM)
        web.pass_time(15)
        assert web.lifecycle.finished
        assert web.said[-1] == "web (pid 100) cannot even be killed and is left behind"

    def test_quick_is_all_at_once_and_the_broker_last(self, everything: FakeHands) -> None:
        assert everything.send(signal.SIGINT) == [
            "close listeners", "QUIT web", "QUIT worker-default", "QUIT scheduler",
        ]  # fmt: skip
        everything.die("web", exit_code(0))
        everything.die("scheduler", exit_code(0))
        assert everything.pass_time(5)[-2:] == ["KILL all of worker-default", "KILL worker-default"]
        assert everything.die("worker-default", KILLED) == ["forget worker-default", "TERM broker"]

    def test_immediate_kills_all(self, everything: FakeHands) -> None:
        everything.send(signal.SIGQUIT)
        for name in ("broker", "web", "worker-default", "scheduler"):
            everything.die(name, KILLED)
        assert everything.lifecycle.finished

    def test_each_further_signal_is_a_step_harder(self, web: FakeHands) -> None:
        assert web.send(signal.SIGTERM) == ["close listeners", "TERM web"]
        web.pass_time(1)
        assert web.send(signal.SIGTERM) == ["QUIT web"]
        web.pass_time(1)
        assert web.send(signal.SIGTERM) == ["KILL all of web", "KILL web"]

    def test_one_request_heard_twice_is_one_request(self, web: FakeHands) -> None:
        web.send(signal.SIGTERM)
        web.pass_time(0.01)
        assert web.send(signal.SIGTERM) == []

    def test_a_first_signal_during_a_stop_of_our_own_does_not_hurry_it(self, web: FakeHands) -> None:
        hands = FakeHands([WEB, WORKER])
        hands.begin()
        hands.die("worker-default", exit_code(78))
        hands.history()
        assert hands.send(signal.SIGTERM) == []
        hands.die("web", exit_code(0))
        assert hands.lifecycle.exit_code == 78

    def test_nothing_is_restarted_or_started_any_more(self) -> None:
        hands = FakeHands([BROKER, WEB])
        hands.begin()
        assert hands.send(signal.SIGTERM) == ["close listeners", "TERM broker"]
        assert hands.die("broker") == ["forget broker"]
        assert hands.pass_time(60) == []
        assert hands.lifecycle.finished

    def test_one_that_waits_for_its_restart_is_simply_stopped(self, web: FakeHands) -> None:
        web.die("web")
        web.die("web")
        assert web.send(signal.SIGTERM) == ["close listeners"]
        assert web.lifecycle.finished

    def test_reload_is_said_to_be_missing(self, web: FakeHands) -> None:
        assert web.send(signal.SIGHUP) == []
        assert web.said[-1] == "SIGHUP: no signal reloads in this version, nothing was done"


class TestRenewal:
    def test_it_stops_and_begins_anew_as_it_is_now(self, everything: FakeHands) -> None:
        everything.lifecycle.renew([replace(WORKER, argv=("other",))])
        assert everything.history() == ["TERM worker-default"]
        assert everything.die("worker-default", exit_code(0)) == [
            "forget worker-default",
            "start worker-default",
        ]
        assert everything.member("worker-default").process.argv == ("other",)
        assert everything.states()["worker-default"] is State.RUNNING

    def test_one_that_takes_too_long_is_hurried_then_killed(self, everything: FakeHands) -> None:
        everything.lifecycle.renew([WORKER])
        everything.history()
        assert everything.pass_time(RENEWAL_GRACE) == ["QUIT worker-default"]
        assert everything.pass_time(QUICK_GRACE) == ["KILL all of worker-default", "KILL worker-default"]
        assert everything.die("worker-default", KILLED) == ["forget worker-default", "start worker-default"]

    def test_changes_that_come_while_it_stops_change_nothing(self, web: FakeHands) -> None:
        for _ in range(3):
            web.lifecycle.renew([WEB])
        assert web.history() == ["TERM web"]
        assert web.die("web") == ["forget web", "start web"]

    def test_a_stop_that_comes_meanwhile_stops_it(self, web: FakeHands) -> None:
        web.lifecycle.renew([WEB])
        web.send(signal.SIGTERM)
        web.lifecycle.renew([WEB])
        web.history()
        assert web.die("web", exit_code(0)) == ["forget web"]
        assert web.lifecycle.finished

    def test_one_that_waits_for_its_restart_is_started_at_once(self, web: FakeHands) -> None:
        web.die("web")
        assert web.die("web") == ["forget web"]
        web.lifecycle.renew([WEB])
        assert web.pass_time(0) == ["start web"]

    def test_a_patient_one_waits_for_a_change_instead_of_giving_up(self) -> None:
        hands = FakeHands([WEB], patient=True)
        hands.begin()
        assert hands.die("web", exit_code(78)) == ["forget web"]
        assert hands.said[-1] == "web cannot run as configured (exit code 78): it waits for a change"
        assert hands.pass_time(3600) == []
        hands.lifecycle.renew([WEB])
        assert hands.pass_time(0) == ["start web"]
        assert hands.send(signal.SIGTERM) == ["close listeners", "TERM web"]
