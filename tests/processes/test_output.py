"""Lines of many processes on two outputs: whole, labelled, bounded, and never waiting."""

import json
import os
import pty
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from macaron_runner.processes.output import LONGEST_LINE, Output
from macaron_runner.redaction import Redactor
from tests.support.processes import PATIENCE
from tests.support.supervised import ROOT, SCRIPT, SLEEPER, python, supervised


class Console:
    """An Output that writes into two pipes, and the loop that drives it."""

    def __init__(self, *names: str, **details: object) -> None:
        self.selector = selectors.DefaultSelector()
        self.stdout, out = os.pipe()
        self.stderr, err = os.pipe()
        self.ours = [self.stdout, self.stderr, out, err]
        self.output = Output(names, self.selector, stdout=out, stderr=err, **details)  # type: ignore[arg-type]

    def turn(self, times: int = 10) -> None:
        for _ in range(times):
            for key, _ in self.selector.select(0):
                key.data()

    def printed(self, descriptor: int) -> bytes:
        os.set_blocking(descriptor, False)
        text = b""
        while True:
            self.turn()
            try:
                text += os.read(descriptor, 1 << 20)
            except BlockingIOError:
                return text

    def close(self) -> None:
        self.selector.close()
        for descriptor in self.ours:
            os.close(descriptor)


@pytest.fixture
def console() -> Iterator[Console]:
    console = Console("web", "worker-a")
    yield console
    console.close()


def test_lines_are_whole_and_labelled(console: Console) -> None:
    web, web_err = console.output.attach("web")
    worker, worker_err = console.output.attach("worker-a")
    os.write(web, b"first ha")
    os.write(worker, b"one\ntwo\n")
    os.write(worker_err, b"wrong\n")
    assert console.printed(console.stdout) == b"worker-a | one\nworker-a | two\n"
    os.write(web, b"lf\n\nlast without end")
    assert console.printed(console.stdout) == b"web      | first half\nweb      | \n"
    for descriptor in (web, web_err, worker, worker_err):
        os.close(descriptor)
    assert console.printed(console.stdout) == b"web      | last without end\n"
    assert console.printed(console.stderr) == b"worker-a | wrong\n"


def test_our_own_lines_go_to_stderr(console: Console) -> None:
    console.output.say("web started ‹ü›")
    assert console.printed(console.stderr).decode() == "macaron  | web started ‹ü›\n"
    assert console.printed(console.stdout) == b""


def test_bytes_that_are_no_text_pass_unchanged(console: Console) -> None:
    web, other = console.output.attach("web")
    os.write(web, b"\xff\xfe\x00\r\x1b[1m\n")
    assert console.printed(console.stdout) == b"web      | \xff\xfe\x00\r\x1b[1m\n"
    os.close(web)
    os.close(other)
    console.turn()


def test_an_enormous_line_comes_in_pieces_of_bounded_size(console: Console) -> None:
    web, other = console.output.attach("web")
    size = 3 * LONGEST_LINE + 17

    def write() -> None:
        with os.fdopen(web, "wb") as stream:
            stream.write(b"x" * size + b"\nnext\n")

    writer = threading.Thread(target=write)
    writer.start()
    text = b""
    deadline = time.monotonic() + PATIENCE
    while not text.endswith(b"next\n") and time.monotonic() < deadline:
        text += console.printed(console.stdout)
    writer.join(PATIENCE)
    lines = text.splitlines()
    assert [len(line) - len(b"web      | ") for line in lines] == [LONGEST_LINE] * 3 + [17, 4]
    os.close(other)
    console.turn()


def test_a_slow_reader_slows_the_processes_and_memory_stays_bounded(console: Console) -> None:
    web, other = console.output.attach("web")
    os.set_blocking(web, False)
    taken = 0
    for _ in range(2000):
        try:
            taken += os.write(web, b"y" * 1023 + b"\n")
        except BlockingIOError:
            break
        console.turn(3)
    else:
        pytest.fail("the process could write without end")
    assert taken < 4 << 20
    console.output.say("still here")
    lines = console.printed(console.stdout).splitlines()
    assert len(lines) == taken // 1024
    assert os.write(web, b"again\n") == 6
    assert console.printed(console.stdout) == b"web      | again\n"
    assert console.printed(console.stderr) == b"macaron  | still here\n"
    os.close(web)
    os.close(other)
    console.turn()


def test_a_reader_that_went_away_does_not_hurt() -> None:
    console = Console("web")
    web, other = console.output.attach("web")
    os.close(console.stdout)
    console.ours.remove(console.stdout)
    for _ in range(100):
        os.write(web, b"nobody hears this\n" * 100)
        console.turn(2)
    os.close(web)
    os.close(other)
    console.turn()
    console.close()


def test_finish_passes_on_what_is_left_and_does_not_wait_for_ever(console: Console) -> None:
    web, other = console.output.attach("web")
    os.write(web, b"left\nunfinished")
    console.output.finish(time.monotonic() + PATIENCE, time.monotonic)
    assert os.read(console.stdout, 4096) == b"web      | left\nweb      | unfinished\n"
    for _ in range(100):
        console.output.say("z" * 4000)
    begun = time.monotonic()
    console.output.finish(begun + 0.2, time.monotonic)
    assert time.monotonic() - begun < 30
    os.close(web)
    os.close(other)


def test_json_lines_stay_json_and_so_are_ours() -> None:
    console = Console("web", labels=False)
    web, other = console.output.attach("web")
    os.write(web, b'{"message": "hi"}\n')
    console.output.say("web started")
    assert console.printed(console.stdout) == b'{"message": "hi"}\n'
    assert json.loads(console.printed(console.stderr))["message"] == "web started"
    os.close(web)
    os.close(other)
    console.turn()
    console.close()


def test_lines_that_are_no_json_become_it() -> None:
    console = Console("broker", labels=False)
    broker, other = console.output.attach("broker")
    os.write(broker, b'Traceback "most recent" \xff\n')
    line = json.loads(console.printed(console.stdout))
    assert (line["logger"], line["message"]) == ("broker", 'Traceback "most recent" \ufffd')
    os.close(broker)
    os.close(other)
    console.turn()
    console.close()


def test_noise_is_left_out(console: Console) -> None:
    web, other = console.output.attach("web", ["blah", "la la"])
    os.write(web, b"more blah\nnews\nla la la\n")
    assert console.printed(console.stdout) == b"web      | news\n"
    os.close(web)
    os.close(other)
    console.turn()


def test_files_take_everything_at_once(tmp_path: object) -> None:
    code = f"for n in range(20000): print('line', n)\nprint('end', flush=True)\n{SLEEPER}"
    with supervised(python("web", code, "web")) as service:
        service.sees("| end")
        assert service.stdout.count("| line") == 20000
        assert service.stop(signal.SIGTERM) == 0


def test_a_line_of_a_megabyte_and_two_processes_at_once() -> None:
    loud = "import sys\nfor n in range(300): sys.stdout.write('{0}' * 3000 + '\\n')\nsys.stdout.flush()\n"
    long = f"print('x' * 1000000)\nprint('done', flush=True)\n{SLEEPER}"
    with supervised(
        python("web", loud.format("a") + long, "web"), python("worker", loud.format("b") + long)
    ) as service:
        service.sees("| done", times=2)
        lines = service.stdout.splitlines()
        for name, letter in (("web    ", "a"), ("worker ", "b")):
            assert sum(line == f"{name} | {letter * 3000}" for line in lines) == 300
            assert sum(line.count("x") for line in lines if line.startswith(name)) == 1_000_000
        assert service.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize(("no_color", "colored"), [("", True), ("1", False)])
def test_colours_only_on_a_terminal_that_wants_them(no_color: str, colored: bool) -> None:
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), json.dumps([python("web", "raise SystemExit(78)", "web")])],
        stdout=terminal,
        stderr=terminal,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": no_color},
    )
    os.close(terminal)
    assert process.wait(PATIENCE) == 78
    text = os.read(master, 65536)
    os.close(master)
    assert (b"\x1b[1mmacaron |\x1b[0m web started" in text) is colored
    assert b"web started" in text


def test_one_pipe_for_both_outputs_never_blocks_us() -> None:
    """As in `macaron run 2>&1 | less`, and nobody scrolls: the stop still works."""
    reading, writing = os.pipe()
    code = "import sys\nwhile True: print('o' * 500); print('e' * 500, file=sys.stderr)"
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), json.dumps([python("web", code, "web", grace=1.0)])],
        stdout=writing,
        stderr=writing,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(writing)
    assert os.read(reading, 10)
    time.sleep(0.5)  # the pipe is full by now
    process.terminate()
    assert process.wait(PATIENCE) == 0
    os.close(reading)


PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQC7\n-----END KEY-----\n"


def test_a_secret_is_masked_whichever_way_it_comes() -> None:
    redactor = Redactor([("pw", "p@ss/w:rd%\"'\n"), ("key", PEM)])
    console = Console("web", redact=redactor.redact_bytes)
    web, web_err = console.output.attach("web")
    os.write(web, b"it is p@ss/w")
    assert console.printed(console.stdout) == b""
    os.write(web, b":rd%\"' and p%40ss%2Fw%3Ard%25%22%27\n" + PEM.encode())
    assert console.printed(console.stdout).decode().splitlines() == [
        "web     | it is ‹secret pw› and ‹secret pw›",
        "web     | -----BEGIN KEY-----",
        "web     | ‹secret key›",
        "web     | ‹secret key›",
        "web     | -----END KEY-----",
    ]
    os.write(web_err, b"\xff p@ss/w:rd%\"'")  # an unfinished last line, which is no text
    console.output.say("p@ss/w:rd%\"' of ours")
    os.close(web_err)
    assert console.printed(console.stderr) == (
        "macaron | ‹secret pw› of ours\n".encode() + b"web     | \xff " + "‹secret pw›\n".encode()
    )
    os.close(web)
    console.close()


def test_a_json_object_without_its_secret_is_still_one() -> None:
    console = Console("web", labels=False, redact=Redactor([("pw", "p@ss/w:rd%\"'")]).redact_bytes)
    web, web_err = console.output.attach("web")
    os.write(web, json.dumps({"message": "got p@ss/w:rd%\"'"}).encode() + b"\nplain p@ss/w:rd%\"'\n")
    first, second = (json.loads(line) for line in console.printed(console.stdout).splitlines())
    assert first == {"message": "got ‹secret pw›"}
    assert second["message"] == "plain ‹secret pw›"
    os.close(web)
    os.close(web_err)
    console.close()
