"""How a worker's loop hears that it is to stop."""

import os
import signal
import socket
import threading
import time

import pytest
from kombu.asynchronous import Hub

from macaron_runner.tasks.running import stopping


@pytest.fixture
def heard():
    """Give the list of signals that came; the handler only takes note, as a worker's does."""
    came = []
    before = signal.signal(signal.SIGUSR1, lambda *_: came.append(time.monotonic()))
    yield came
    signal.signal(signal.SIGUSR1, before)
    signal.set_wakeup_fd(-1)
    for each in stopping._sockets():
        each.close()
    stopping._sockets.cache_clear()


def test_a_signal_ends_the_waiting_of_the_loop(heard):
    hub = Hub()
    silent, other = socket.socketpair()  # as that of a broker which has nothing to say
    hub.add_reader(silent, pytest.fail, "it was silent")
    hub.call_later(3, lambda: None)
    stopping.wake_for_signals(hub)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    begun = time.monotonic()
    loop = hub.create_loop()
    while not heard and time.monotonic() < begun + 5:
        next(loop)
    assert len(heard) == 1
    assert time.monotonic() - heard[0] < 1
    hub.close()
    silent.close()
    other.close()
