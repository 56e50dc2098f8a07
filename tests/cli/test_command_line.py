"""The command line itself: help, verbs, streams and signals, whatever the verb does."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from macaron_runner.cli import VERBS
from tests.cli.conftest import ROOT, CommandLine, Done
from tests.support.processes import wait_for


def test_help_shows_every_verb(macaron: CommandLine) -> None:
    done = macaron.afresh("--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        "usage: macaron [-h] [--version] VERB ...\n\nRun a Python API service from one configuration file.\n"
    )
    for verb, summary in VERBS.items():
        assert re.search(rf"^  {verb}  +{re.escape(summary)}$", done.out, re.MULTILINE)
    assert "70 crash loop" in done.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(macaron: CommandLine, verb: str) -> None:
    done = macaron.afresh(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: macaron {verb} [-h]")
    assert f"{VERBS[verb].capitalize()}." in done.out.replace("\n", " ")


def test_the_verbs_are_those_of_the_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8").split("## Running it")[1]
    assert re.findall(r"^macaron (\w+)", text, re.MULTILINE) == list(VERBS)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "the following arguments are required: VERB"),
        (("chek",), 'macaron: there is no verb "chek"; did you mean "check"?\n'),
        (("frobnicate",), 'macaron: there is no verb "frobnicate"; see macaron --help\n'),
        (("--nope",), "the following arguments are required: VERB"),
        (("--", "check"), "macaron: the verb comes first; see macaron --help\n"),
        (("--env", "prod", "check"), "unrecognized arguments: --env"),
        (("check", "--deadline", "soon"), "argument --deadline: 'soon' is no number of seconds, more than 0"),
        (("check", "--deadline", "nan"), "argument --deadline: 'nan' is no number of seconds, more than 0"),
        (("check", "--nope"), "usage: macaron check [-h]"),
        (("check", "--nope"), "unrecognized arguments: --nope"),
        (("check", "--form", "json"), "unrecognized arguments: --form"),
        (("routes", "a", "b"), "unrecognized arguments: b"),
        (("check", "--format", "xml"), "argument --format: invalid choice: 'xml'"),
        (("check", "--set"), "argument --set: expected one argument"),
        (("run", "--only", "everything"), "argument --only: invalid choice: 'everything'"),
        (("schema", "x"), "unrecognized arguments: x"),
        (("run", "--pool", "default"), "--pool says which workers run, and goes with --only worker"),
        (("run", "--only", "worker"), "there is no worker to run: macaron.yaml has no tasks"),
    ],
)
def test_what_makes_no_sense_is_a_matter_of_usage(
    macaron: CommandLine, words: tuple[str, ...], complaint: str
) -> None:
    done = macaron(*words)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err
    assert "Traceback" not in done.err


def test_version(macaron: CommandLine) -> None:
    assert macaron.afresh("--version") == Done(0, version("macaron-runner") + "\n", "")


def test_options_may_stand_between_the_words(macaron: CommandLine) -> None:
    plain = macaron("explain", "service.name", "macaron.yaml", "--format", "json")
    assert plain.code == 0
    for words in (
        ("explain", "service.name", "--format", "json", "macaron.yaml"),
        ("explain", "--format", "json", "service.name", "macaron.yaml"),
        ("explain", "service.name", "--format", "json", "--", "macaron.yaml"),
    ):
        assert macaron(*words) == plain
    done = macaron("check", "macaron.yaml", "--no-ports", "gone")
    assert (done.code, "gone cannot be read" in done.out) == (1, True)


def test_schema(macaron: CommandLine) -> None:
    done = macaron("schema")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == json.loads((ROOT / "schemas" / "macaron.schema.json").read_text("utf-8"))


def test_a_reader_that_went_away_is_no_reason_to_complain(macaron: CommandLine) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as stdout:
        process = subprocess.run(
            macaron.command("schema"),
            cwd=macaron.folder,
            env=macaron.environment({}),
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (process.returncode, process.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize("verb", ["version", "schema", "check --no-ports"])
def test_closed_streams(macaron: CommandLine, verb: str) -> None:
    assert macaron.shell(f'"$@" {verb} >&-') == Done(
        0, "", "macaron: no problems found\n" * verb.startswith("check")
    )
    assert macaron.shell(f'"$@" {verb} >&- 2>&-') == Done(0, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("verb", ["version", "schema"])
def test_a_full_disk(macaron: CommandLine, verb: str) -> None:
    assert macaron.shell(f'"$@" {verb} >/dev/full') == Done(
        69, "", "macaron: [Errno 28] No space left on device\n"
    )


def test_a_terminal_that_knows_only_ascii(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", "größe: 1\n")
    done = macaron.afresh("check", PYTHONIOENCODING="ascii")
    assert done.code == 1
    assert 'unknown key "gr\\xf6\\xdfe"' in done.out


def test_a_folder_that_is_gone(macaron: CommandLine) -> None:
    done = macaron.shell('mkdir gone && cd gone && rmdir ../gone && "$@" check')
    assert done == Done(69, "", "macaron: the working directory does not exist any more\n")


def test_ctrl_c_ends_quietly(macaron: CommandLine) -> None:
    operation = '{responses: {"200": {description: fine}}}'
    paths = "".join(f"  /a{number}: {{get: {operation}}}\n" for number in range(20_000))
    macaron.write("shop.yaml", SHOP + paths)
    process = subprocess.Popen(
        macaron.command("check"),
        cwd=macaron.folder,
        env=macaron.environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    # Once it has loaded what reads YAML, seconds of work are before it.
    wait_for("the YAML reader", lambda: "_yaml" in Path(f"/proc/{process.pid}/maps").read_text(), 30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    # Where the signal comes inside an exec() of a text, Python ends by the signal itself; to a shell it is the same.
    assert process.returncode in (128 + signal.SIGINT, -signal.SIGINT)
    assert (out, err) == (b"", b"")


SHOP = 'openapi: 3.1.0\ninfo: {title: Shop, version: "1"}\npaths:\n'


def _seconds(command: tuple[str, ...], macaron: CommandLine) -> float:
    """Return the CPU time that a command takes; the wall clock of a busy machine says nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, cwd=macaron.folder, env=macaron.environment({}), capture_output=True, timeout=60, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        (("--help",), 0.15),
        (("check", "--no-ports", str(ROOT / "sample_services" / "helloworld" / "macaron.yaml")), 0.4),
    ],
)
def test_the_command_line_answers_at_once(macaron: CommandLine, words: tuple[str, ...], limit: float) -> None:
    runs = [_seconds(macaron.command(*words), macaron) for _ in range(4)]
    assert min(runs[1:]) < limit * 2, "twice what an idle machine needs at most"


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom macaron_runner.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print({'pydantic', 'yaml', 'flask', 'celery', 'gunicorn'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == "set()\n"
