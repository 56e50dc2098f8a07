"""`macaron tasks`: words that do not go together."""

import pytest

from tests.cli.conftest import CommandLine


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["call"], "macaron tasks call needs the NAME of a task"),
        (["revoke"], "macaron tasks revoke needs the ID of a call"),
        (["retry"], "macaron tasks retry needs the ID of a call, or --all"),
        (["queued", "one", "macaron.yaml"], "macaron tasks queued takes no 'one'"),
        (["failed", "--all"], "--all is for macaron tasks retry and discard"),
        (["queued", "--wait"], "--wait is for macaron tasks call"),
        (["queued"], "macaron.yaml has no tasks: key"),
        (["queued", "macaron.yaml"], "macaron.yaml has no tasks: key"),
        (["list"], "macaron.yaml has no tasks: key"),
    ],
)
def test_what_is_refused(macaron: CommandLine, words: list[str], said: str) -> None:
    done = macaron("tasks", *words)
    assert (done.code, done.out, done.err) == (2, "", f"macaron: {said}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--args", "[1"], "'[1' is no JSON: "),
        (["--args", "{}"], "'{}' is no JSON list, as '[1, \"two\"]'"),
        (["--kwargs", "[]"], "'[]' is no JSON object, as "),
    ],
)
def test_arguments_that_are_no_json(macaron: CommandLine, words: list[str], said: str) -> None:
    done = macaron("tasks", "call", "shop.jobs.report", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_workers_cannot_be_asked_over_sqs(macaron: CommandLine) -> None:
    pytest.importorskip("boto3", reason="the extra sqs is not installed")
    text = (macaron.folder / "macaron.yaml").read_text()
    macaron.write(
        "macaron.yaml", text + "tasks: {broker: 'sqs://', modules: [], pools: {default: {queues: [a]}}}\n"
    )
    done = macaron("tasks", "running")
    said = "over SQS workers can be neither asked nor told anything; queued, failed and retry work"
    assert (done.code, done.out, done.err) == (2, "", f"macaron: {said}\n")
