"""What a process prints past its log: no secrets, and otherwise what any program would print."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from macaron_runner.redaction import NOTHING, Redactor
from macaron_runner.streams import RedactedStream, redact_output, restored_output

VALUE = "p@ss/w:rd%\"'-x"
REDACTOR = Redactor([("pw", VALUE)])


def test_texts_lose_their_secrets_and_nothing_else() -> None:
    inner = io.StringIO()
    stream = RedactedStream(inner, REDACTOR)
    assert stream.write(f"a {VALUE}\n") == len(VALUE) + 3
    stream.writelines(["b\n", VALUE])
    print("c", repr(VALUE), file=stream, flush=True)  # type: ignore[arg-type]
    assert inner.getvalue() == "a ‹secret pw›\nb\n‹secret pw›c '‹secret pw›'\n"
    assert stream.writable()
    assert stream.getvalue() == inner.getvalue()


def test_the_streams_are_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with restored_output():
        redact_output(REDACTOR)
        print(VALUE)
        print(VALUE, file=sys.stderr)
    assert (sys.stdout, sys.stderr) == before
    print(VALUE)
    assert capsys.readouterr() == (f"‹secret pw›\n{VALUE}\n", "‹secret pw›\n")


def test_without_secrets_they_stay_what_they_are() -> None:
    before = sys.stdout, sys.stderr
    redact_output(NOTHING)
    assert (sys.stdout, sys.stderr) == before


CODE = """
import faulthandler, sys, threading, warnings
from macaron_runner.redaction import Redactor
from macaron_runner.streams import redact_output
VALUE = sys.argv[1]
redact_output(Redactor([("pw", VALUE)]))
faulthandler.enable()
class Bad:
    def __del__(self):
        raise RuntimeError("unraisable " + VALUE)
def fail():
    raise RuntimeError("thread " + VALUE)
Bad()
thread = threading.Thread(target=fail); thread.start(); thread.join()
warnings.warn("warning " + VALUE)
sys.stdout.write("out " + VALUE)
raise ExceptionGroup("several " + VALUE, [ValueError("inner " + VALUE), KeyError(VALUE)])
"""


def test_what_python_itself_says_has_none() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, VALUE], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    for word in ("unraisable", "thread", "warning", "several", "inner"):
        assert f"{word} ‹secret pw›" in done.stderr
    assert done.stdout == "out ‹secret pw›"
    assert "p@ss" not in done.stderr
