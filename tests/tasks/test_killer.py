"""Tasks by the hundred while anything that has to do with them is killed: none is lost, and some never run twice.

MACARON_TESTS_TASKS=10000 has so many sent of each kind, with a kill for every hundred; MACARON_TESTS_SEED has others
killed at other moments.
"""

import contextlib
import http.client
import itertools
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from urllib.parse import urlencode

import pytest

from macaron_runner.processes.state import ENVIRONMENT_KEY, StateDirectory
from macaron_runner.tasks.celery_app import create_celery
from tests.support.processes import wait_for
from tests.support.service import RunningService
from tests.support.victims import VICTIMS
from tests.tasks.workshop import BROKERS, PAYMENTS, signal_all_of

pytestmark = [pytest.mark.service, pytest.mark.slow]

TASKS = int(os.environ.get("MACARON_TESTS_TASKS", "400"))
SEED = int(os.environ.get("MACARON_TESTS_SEED", "5"))
KILLS = max(8, TASKS // 100)
PATIENCE = 180.0
"""Seconds in which there is some progress: a killed worker's tasks come back after 30, a process backs off for 15."""

KINDS = ("often", "once")
"""What is promised of a call: that it runs at least, or at most once."""

PLAGUED = ("a gunicorn worker", "a Celery child", "the Celery main process", "the broker")


class Written:
    """What the tasks have written so far: how often each one has begun and ended."""

    def __init__(self, place):
        self.place, self._offset = place, 0
        self.counts = {"start": Counter(), "end": Counter()}

    def look(self):
        """Read on; return how many have ended."""
        with contextlib.suppress(FileNotFoundError), self.place.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                seen = json.loads(line)
                self.counts[seen["event"]][seen["name"]] += 1
        return len(self.counts["end"])


class Client(threading.Thread):
    """Has tasks queued, each by a request of its own, until so many were accepted."""

    def __init__(self, name, service, place, count):
        super().__init__(name=name, daemon=True)
        self.service, self.place, self.count = service, place, count
        self.accepted = {kind: [] for kind in KINDS}
        self.refused = Counter()

    def run(self):
        for number in itertools.count():
            kind = "once" if len(self.accepted["once"]) < len(self.accepted["often"]) else "often"
            if len(self.accepted[kind]) == self.count:
                return
            outcome = self._ask(name := f"{kind} {self.name}-{number}", kind)
            if outcome == 202:
                self.accepted[kind].append(name)
            else:
                self.refused[outcome] += 1
                time.sleep(0.1)

    def _ask(self, name, kind):
        """Return the status of the answer, or what came instead of one."""
        words = {"name": name, "place": str(self.place), "at_most_once": str(kind == "once").lower()}
        try:
            return self.service.request("POST", f"/parcels?{urlencode(words)}").status
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__


class Killer:
    """Kills, of a running service and its broker, what is drawn, when so much has been done."""

    def __init__(self, service, broker, seed):
        self.service, self.broker = service, broker
        self.random = random.Random(seed)
        self.killed = Counter()

    def plan(self, kills, end):
        """Return so many moments, the amounts of what has been done by then, each with its victim."""
        victims = list(itertools.islice(itertools.cycle(PLAGUED), kills))
        self.random.shuffle(victims)
        return zip(sorted(self.random.uniform(0, end) for _ in victims), victims, strict=True)

    def kill(self, victim):
        if victim == "the broker" and self.broker is not None:
            signal_all_of(self.broker.process, signal.SIGKILL)
            self.broker.process.wait(PATIENCE)
            self.broker.start()
        else:
            alive = wait_for(victim, lambda: VICTIMS[victim](self.service), PATIENCE)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.random.choice(alive).pid, signal.SIGKILL)
        self.killed[victim] += 1


def left(celery):
    """Return how many messages wait, and how many workers hold as far as the broker tells."""
    with celery.connection_for_read() as connection:
        channel = connection.default_channel
        if hasattr(channel, "unacked_key"):
            return channel.client.llen("default") + channel.client.hlen(channel.unacked_key)
        return channel.queue_declare("default", passive=True).message_count


def accepted(clients, kind):
    return {name for client in clients for name in client.accepted[kind]}


def tell(kind, killer, clients, written):
    """Print what became of the calls."""
    refused = sum((client.refused for client in clients), Counter())
    starts = written.counts["start"]
    often, once = (accepted(clients, each) for each in KINDS)
    print(
        f"{kind}, seed {SEED}: killed {dict(killer.killed)}",
        f"refused {dict(refused)}",
        f"at least once: {len(often)} accepted, {sum(starts[name] - 1 for name in often)} began once more",
        f"at most once: {len(once)} accepted, {len(once - starts.keys())} did not run",
        sep="; ",
    )


@pytest.mark.parametrize("kind", BROKERS)
def test_nothing_is_lost_and_nothing_runs_twice_that_must_not(kind, running, configure, tmp_path):
    broker = None if kind == "embedded" else BROKERS[kind](running, configure())
    overrides = (PAYMENTS, "tasks.pools.second={concurrency: 2}", *(broker.overrides if broker else ()))
    if broker:
        broker.start()
    words = [word for override in overrides for word in ("--set", override)]
    written = Written(tmp_path / "seen")
    file = tmp_path / "service" / "macaron.yaml"
    with RunningService(file, *words, environment={"WEB_CONCURRENCY": "4"}) as service:
        state = StateDirectory.find(file.parent, {ENVIRONMENT_KEY: str(service.state)})
        celery = create_celery(configure(*overrides).config, state.broker_socket)
        clients = [Client(f"{number}", service, written.place, TASKS // 4) for number in range(4)]
        for client in clients:
            client.start()

        def done():
            return (
                sum(len(names) for client in clients for names in client.accepted.values()) + written.look()
            )

        killer = Killer(service, broker, SEED)
        for moment, victim in killer.plan(KILLS, 0.9 * 4 * TASKS):
            wait_for(f"{moment:.0f} steps", lambda moment=moment: done() >= moment, PATIENCE)
            killer.kill(victim)
        for client in clients:
            client.join(PATIENCE)
        often, once = (accepted(clients, each) for each in KINDS)
        assert (len(often), len(once)) == (TASKS, TASKS)
        wait_for("all to run", lambda: written.look() and often <= written.counts["end"].keys(), PATIENCE)
        wait_for("the broker to be empty", lambda: left(celery) == 0, PATIENCE)
    written.look()
    tell(kind, killer, clients, written)
    twice = [name for name, count in written.counts["start"].items() if count > 1 and name.startswith("once")]
    assert not twice
