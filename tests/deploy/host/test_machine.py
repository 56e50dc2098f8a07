"""How a host is reached: the words, who is root, and what is tried once more."""

from __future__ import annotations

from urllib.request import urlopen

import pytest

from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.host.machine import Machine
from macaron_runner.deploy.programs import Lines, Outcome
from tests.deploy.fakes.host import answering


class Told:
    """Programs that answer with what they are given, in order, and keep what they were told."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.commands: list[Command] = []

    def run(self, command: Command) -> Outcome:
        self.commands.append(command)
        return self.outcomes.pop(0)

    def lines(self, command: Command, *, patience: float | None = None) -> Lines:
        self.commands.append(command)
        here = next(word for word in command.words if word.startswith("127.0.0.1:")).split(":")[1]
        with answering(int(here), "v1"):
            yield "Warning: Permanently added 'box' to the list of known hosts."
            yield "open"
            yield Outcome(0)


def hands(programs: Told) -> Hands:
    return Hands(lambda line: None, {}, programs=programs, sleep=lambda seconds: None)


def test_this_machine_needs_no_ssh() -> None:
    programs = Told(Outcome(0, b"so it is"))
    assert Machine("localhost", "", hands(programs)).read("uname") == b"so it is"
    assert programs.commands[0].words == ("sh", "-c", "uname")


def test_another_one_is_reached_by_ssh_and_asks_nobody() -> None:
    programs = Told(Outcome(0))
    Machine("2001:db8::1", "ann", hands(programs)).act("uname -a")
    words = programs.commands[0].words
    assert (words[0], words[-4:]) == ("ssh", ("-l", "ann", "2001:db8::1", "uname -a"))
    assert "BatchMode=yes" in words


@pytest.mark.parametrize(
    ("told", "words"), [(b"0\n", "systemctl x"), (b"1000\n", "sudo -n sh -c 'systemctl x'")]
)
def test_who_is_not_root_becomes_it(told: bytes, words: str) -> None:
    programs = Told(Outcome(0, told), Outcome(0), Outcome(0))
    machine = Machine("box", "", hands(programs), root=True)
    machine.act("systemctl x")
    machine.act("systemctl x")
    assert [each.words[-1] for each in programs.commands] == ["id -u", words, words]


def test_a_lost_connection_is_tried_again_and_a_failure_is_not() -> None:
    programs = Told(Outcome(255, b"", b"Connection reset"), Outcome(0, b"at last"))
    assert Machine("box", "", hands(programs)).read("uname") == b"at last"
    programs = Told(Outcome(1, b"", b"no such file"))
    with pytest.raises(Failure, match="no such file"):
        Machine("box", "", hands(programs)).read("cat x")
    programs = Told(Outcome(255, b"", b"its own code"))
    with pytest.raises(Failure):
        Machine("localhost", "", hands(programs)).read("exit 255")


def test_a_port_of_its_loopback_is_reached_as_long_as_that_is_needed() -> None:
    programs = Told()
    with Machine("box", "", hands(programs)).reach(8081) as url:
        assert b"v1" in urlopen(f"{url}/version", timeout=5).read()
    assert any(word.endswith(":127.0.0.1:8081") for word in programs.commands[0].words)
    with Machine("localhost", "", hands(programs)).reach(8081) as url:
        assert url == "http://127.0.0.1:8081"
