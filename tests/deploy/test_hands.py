"""Hands run what they are given: shown first, not done in a dry run, ended in time, and with what went wrong told."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import Failure, OutOfTime
from macaron_runner.deploy.files import File
from macaron_runner.deploy.hands import Hands
from macaron_runner.errors import DependencyMissing


def hands(told: list[str], **options: object) -> Hands:
    return Hands(told.append, os.environ, **options)  # type: ignore[arg-type]


def python(code: str, *words: str, **options: object) -> Command:
    return Command((sys.executable, "-c", code, *words), **options)  # type: ignore[arg-type]


def sh(text: str, **options: object) -> Command:
    return Command(("sh", "-c", text), **options)  # type: ignore[arg-type]


def test_a_command_is_shown_as_one_would_type_it() -> None:
    command = Command(("echo", "a b", "$HOME"), environment={"B": "x y", "A": "1"}, stdin=b"hidden")
    assert command.shown == "A=1 B='x y' echo 'a b' '$HOME'"
    assert "hidden" not in repr(command)


@pytest.mark.parametrize("words", [(), (b"a",), ("a\0",), (Path("a"),)])
def test_words_are_texts(words: tuple[str, ...]) -> None:
    with pytest.raises(TypeError):
        Command(words)


def test_a_command_gets_its_input_and_its_environment_and_gives_its_output(tmp_path: Path) -> None:
    told: list[str] = []
    command = sh(
        'cat; echo "$GREETING"; pwd', stdin=b"in", environment={"GREETING": "hi"}, directory=str(tmp_path)
    )
    assert hands(told).run(command) == f"inhi\n{tmp_path}\n".encode()
    assert told == ["$ GREETING=hi sh -c 'cat; echo \"$GREETING\"; pwd'"]


def test_a_dry_run_does_what_reads_and_only_shows_what_acts(tmp_path: Path) -> None:
    told: list[str] = []
    dry = hands(told, dry_run=True)
    assert dry.run(sh(f"touch {tmp_path}/a")) == b""
    dry.show(sh(f"touch {tmp_path}/b"))
    assert dry.call("aws make", lambda: (tmp_path / "c").touch()) is None
    dry.write((File("d", b""),), tmp_path)
    assert dry.run(sh("echo read", acts=False)) == b"read\n"
    assert dry.call("aws look", lambda: 5, acts=False) == 5
    assert list(tmp_path.iterdir()) == []
    assert [line.endswith("(dry run: not done)") for line in told] == [True, True, True, True, False, False]


def test_what_reads_is_shown_once_and_what_acts_each_time() -> None:
    told: list[str] = []
    ours = hands(told)
    for _ in range(3):
        ours.run(Command(("true",), acts=False))
        ours.run(Command(("true", "acts")))
    assert told == ["$ true", "$ true acts", "$ true acts", "$ true acts"]


def test_a_failure_has_the_command_its_code_and_its_last_lines() -> None:
    with pytest.raises(Failure) as caught:
        hands([]).run(sh("echo out; for i in 1 2 3; do echo line $i >&2; done; exit 3"))
    assert caught.value.code == 3
    assert caught.value.lines == ("line 1", "line 2", "line 3")
    assert str(caught.value).endswith(": ended with 3\n  line 1\n  line 2\n  line 3")


def test_a_program_that_is_not_there_is_a_missing_dependency(tmp_path: Path) -> None:
    with pytest.raises(DependencyMissing, match="no-such-program cannot be run: it is not there"):
        hands([]).run(Command(("no-such-program",)))
    with pytest.raises(DependencyMissing, match=r"cannot be run in .*gone"):
        hands([]).run(Command(("true",), directory=str(tmp_path / "gone")))


def test_a_deadline_ends_a_command_with_all_that_it_started(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Failure, match=r"longer than 0\.3 s"):
        hands([]).run(sh(f"(sleep 1; touch {tmp_path}/late) & sleep 30", deadline=0.3))
    assert time.monotonic() - began < 5
    time.sleep(1.2)
    assert not (tmp_path / "late").exists()


def test_what_a_program_leaves_behind_does_not_outlast_the_deadline() -> None:
    """It has ended, and one of its own holds its output open, as ssh's ControlPersist did."""
    began = time.monotonic()
    with pytest.raises(Failure, match=r"longer than 0\.3 s"):
        hands([]).run(sh("echo said; sleep 15 & exit 0", deadline=0.3))
    assert time.monotonic() - began < 10


def test_a_program_that_says_no_more_and_goes_on_has_its_deadline(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"longer than 0\.5 s"):
        hands([]).show(sh(f"exec >/dev/null 2>&1; sleep 1.2; touch {tmp_path}/late", deadline=0.5))
    time.sleep(1.2)
    assert not (tmp_path / "late").exists()


def test_what_is_shown_has_ended_when_an_interruption_is_dealt_with(tmp_path: Path) -> None:
    def tell(line: str) -> None:
        if line == "  begun":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        Hands(tell, os.environ).show(sh(f"echo begun; sleep 0.5; touch {tmp_path}/late"))
    time.sleep(0.8)
    assert caught.value.__traceback__ is not None  # what it refers to is not dropped yet
    assert not (tmp_path / "late").exists()


def test_what_is_shown_as_it_comes_is_told_and_fails_with_it() -> None:
    told: list[str] = []
    ours = hands(told)
    ours.show(sh("echo a; echo b >&2"))
    assert told[1:] == ["  a", "  b"]
    with pytest.raises(Failure) as caught:
        ours.show(sh("echo bad; exit 1"))
    assert caught.value.lines == ("bad",)


def test_lines_are_followed_until_nobody_listens() -> None:
    lines = hands([]).follow(sh("echo a; echo b; exec sleep 30", acts=False))
    assert [next(lines), next(lines)] == ["a", "b"]
    began = time.monotonic()
    lines.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 5
    with pytest.raises(Failure):
        list(hands([]).follow(sh("exit 2", acts=False)))


def test_a_command_beside_runs_as_long_as_its_context() -> None:
    code = "import sys,time; print('port 81', flush=True); time.sleep(30)"
    with hands([]).beside(python(code, acts=False), lambda line: line.removeprefix("port ")) as port:
        assert port == "81"
    with pytest.raises(Failure, match="no port"), hands([]).beside(sh("echo no port; exit 1"), lambda _: ""):
        raise AssertionError
    with (
        pytest.raises(Failure, match=r"longer than 0\.2 s"),
        hands([]).beside(sh("sleep 30", deadline=0.2), str),
    ):
        raise AssertionError


def test_what_is_transient_is_tried_again() -> None:
    told: list[str] = []
    naps: list[float] = []
    answers: list[Callable[[], int]] = [lambda: 1 // 0, lambda: 1 // 0, lambda: 7]
    ours = hands(told, sleep=naps.append)
    found = ours.call(
        "aws x", lambda: answers.pop(0)(), again=lambda error: isinstance(error, ZeroDivisionError)
    )
    assert found == 7
    assert naps == [0.5, 1.0]
    assert told[1] == "  once more in 0.5 s: integer division or modulo by zero"
    with pytest.raises(ZeroDivisionError):
        ours.call("aws y", lambda: 1 // 0, again=lambda error: False)
    with pytest.raises(Failure):
        ours.run(sh("exit 1"), again=lambda error: True)
    assert len(naps) == 5


def test_the_guard_is_asked_before_each_try() -> None:
    asked: list[float] = []
    ours = hands([], sleep=lambda _: None)
    with ours.guarded(asked.append), pytest.raises(Failure):
        ours.run(sh("exit 1", deadline=40.0), again=lambda error: True)
    with ours.guarded(asked.append), pytest.raises(ZeroDivisionError):
        ours.call("aws x", lambda: 1 // 0, seconds=50.0, again=lambda error: True)
    assert asked == [40.0] * 4 + [50.0] * 4


def test_waiting_tells_what_changes_and_ends_in_time() -> None:
    told: list[str] = []
    clock = [0.0]
    ours = hands(told, clock=lambda: clock[0], sleep=lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    states = iter(["1 of 2 ready", "1 of 2 ready", "still 1", ""])
    ours.wait(lambda: next(states), 10)
    assert told == ["  waiting: 1 of 2 ready", "  waiting: still 1"]
    with pytest.raises(OutOfTime, match="for ever"):
        ours.wait(lambda: "for ever", 10, every=4)
    assert clock[0] == 10


def test_files_are_written_with_their_modes(tmp_path: Path) -> None:
    hands([]).write((File("/a/b.sh", b"x", 0o755), File("c", b"y")), tmp_path)
    assert (tmp_path / "a/b.sh").read_bytes() == b"x"
    assert (tmp_path / "a/b.sh").stat().st_mode & 0o777 == 0o755
    with pytest.raises(Failure):
        hands([]).write((File("c/d", b""),), tmp_path)
