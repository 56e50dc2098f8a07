"""Every diagnostic's code is explained, and every example is true: it gives what is printed there, and its mend mends.

To fill in what the example of a new explanation prints, run this file as a program, then read it as somebody who has
never seen macaron would.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

import pytest

import macaron_runner.explanations
from macaron_runner.cli import main
from macaron_runner.diagnostics import CODES
from macaron_runner.explanations import explain_code, index, known_codes
from tests.support.explained import Explanation, codes_in, parse, printed_by, write_service

FOLDER = Path(macaron_runner.explanations.__file__).parent

NOT_TO_BE_SHOWN = {
    "MAC219": "it takes 33 files",
    "MAC301": "it takes a file of 33 MiB, or one that may not be read, which root can",
    "MAC630": "it takes an installation without the extra",
    "MAC634": "it takes a Redis that evicts",
    "MAC635": "it takes a Redis without append-only file",
    "MAC636": "it takes a RabbitMQ of long ago",
    "MAC643": "it takes an installation without the extra",
}
"""Codes without an example that can be run, and why there is none."""

NEEDED = dict.fromkeys(("MAC622", "MAC631", "MAC632"), "boto3")
"""What must be installed for an example to print that and nothing else."""

NOT_YET = {"MAC107"}
BESIDE = {
    **dict.fromkeys(("MAC705", "MAC710", "MAC711", "MAC713"), NOT_YET),
    "MAC377": {"MAC317"},
    "MAC733": {"MAC401", "MAC735"},
}
"""What comes along with a finding: it is about a key that this version refuses anyway, about the same place, or why."""


def explanation_of(code: str) -> Explanation:
    return parse((FOLDER / f"{code}.md").read_text("utf-8"))


def print_example(explanation: Explanation, folder: Path) -> str:
    write_service(folder, explanation.example.files)
    return printed_by(explanation.example.command, folder)


def print_mended(explanation: Explanation, folder: Path) -> str:
    write_service(folder, {**explanation.example.files, **explanation.mend.files})
    return printed_by(explanation.mend.command or explanation.example.command, folder)


def severities_in(printed: str, code: str) -> set[str]:
    """Return how bad what is printed calls the diagnostics of a code."""
    return set(re.findall(rf"^(\w+)\[{code}\]", printed, re.MULTILINE))


def test_every_code_has_its_explanation_and_no_other_has() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(CODES)
    assert list(index()) == list(known_codes()) == sorted(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_an_explanation_has_its_form(code: str) -> None:
    explanation = explanation_of(code)
    assert explanation.title == f"{code}: {CODES[code]}"
    assert explanation.example.command
    assert explanation.words_of_mend
    assert explain_code(code).startswith(f"# {code}: ")
    how = explanation.meaning.partition("\n")[0]
    command = re.search(r"macaron (?:check|audit)(?: --imports| --connect)?", explanation.example.command)
    assert command is not None
    assert f"`{command[0]}`" in how
    assert all(severity in how for severity in severities_in(explanation.example.printed, code))
    assert all(len(line) <= 120 for line in explanation.meaning.split("\n"))


@pytest.mark.parametrize("code", sorted(CODES.keys() - NOT_TO_BE_SHOWN))
def test_an_example_gives_its_diagnostic(code: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDED.get(code, "pytest"), reason="the extra sqs is not installed")
    explanation = explanation_of(code)
    printed = print_example(explanation, tmp_path)
    assert codes_in(printed) == {code} | BESIDE.get(code, set())
    assert printed == explanation.example.printed


@pytest.mark.parametrize("code", sorted(CODES.keys() - NOT_TO_BE_SHOWN))
def test_a_mend_mends(code: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDED.get(code, "pytest"), reason="the extra sqs is not installed")
    assert codes_in(print_mended(explanation_of(code), tmp_path)) <= BESIDE.get(code, set())


def test_an_unknown_code_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        explain_code("MAC999")
    with pytest.raises(KeyError):
        explain_code("../MAC101")


def test_colours_take_nothing_away() -> None:
    plain = re.sub(r"[`#]|^ +", "", explain_code("MAC101"), flags=re.MULTILINE)
    words = re.sub(r"\x1b\[\d*m|[`#]", "", explain_code("MAC101", color=True)).split()
    assert words == [word for word in plain.split() if word not in ("yaml", "console")]


def test_the_command_line_explains_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "mac214"]) == 0
    assert capsys.readouterr().out == explain_code("MAC214") + "\n"
    assert main(["explain", "MAC214", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == CODES["MAC214"]


def test_the_command_line_lists_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{code}  {title}" for code, title in index().items()]
    assert main(["explain", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == index()


def fill_in(code: str, folder: Path) -> str:
    """Write what the example of an explanation prints into it; return that, or what is wrong."""
    path = FOLDER / f"{code}.md"
    explanation = explanation_of(code)
    printed = print_example(explanation, folder / code / "example")
    mended = print_mended(explanation, folder / code / "mended")
    begin = f"```console\n$ {explanation.example.command}\n"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace(f"{begin}{explanation.example.printed}```", f"{begin}{printed}```", 1), "utf-8"
    )
    doubts = (
        ""
        if codes_in(printed) == {code} | BESIDE.get(code, set())
        else f"!!! {code} gives {codes_in(printed) or 'nothing'}\n"
    )
    return f"{doubts}{printed}" + (
        f"!!! the mended version of {code} gives:\n{mended}"
        if codes_in(mended) - BESIDE.get(code, set())
        else ""
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        for wanted in sys.argv[1:] or sorted(CODES.keys() - NOT_TO_BE_SHOWN):
            print(fill_in(wanted, Path(work)))
