"""Completion in real shells: bash, fish and zsh are asked what they would offer for a line."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from macaron_runner.cli import VERBS
from macaron_runner.cli.completion_scripts import key_patterns
from macaron_runner.cli.grammar import KINDS, grammar, metavars
from macaron_runner.cli.keys import expand
from macaron_runner.codes import CODES
from macaron_runner.configuration.reference import reference
from tests.cli.conftest import ROOT, CommandLine
from tests.support.programs import require

DEADLINE = 60.0
SHELLS = ("bash", "fish", "zsh")

Offer = Callable[[str], list[str]]

CASES = {
    "macaron ": sorted(VERBS),
    "macaron che": ["check"],
    "macaron check --form": ["--format"],
    "macaron check --format js": ["json"],
    "macaron check --format=js": ["json"],
    "macaron run --only w": ["web", "worker"],
    "macaron check --env ": ["prod", "test"],
    "macaron check other.yaml --env ": ["dev"],
    "macaron check --set server.worker": ["server.worker", "server.workers"],
    "macaron check --set apis.shop.sp": ["apis.shop.spec"],
    "macaron check --set other": [],
    "macaron check --set auth.users.keys.m": ["auth.users.keys.main", "auth.users.keys.main.secret"],
    "macaron check ot": ["other.dev.yaml", "other.yaml"],
    "macaron check fo": ["folder"],
    "macaron completion ": ["bash", "fish", "zsh"],
    "macaron completion --": ["--help"],
    "macaron init --from do": ["document.json"],
    "macaron init --template mi": ["minimal"],
    "macaron init fo": ["folder"],
    "macaron explain MAC10": sorted(code for code in CODES if code.startswith("MAC10")),
    "macaron explain server.time": ["server.timeout"],
    "macaron explain --format json server.time": ["server.timeout"],
    "macaron explain server.timeout --format json ot": ["other.dev.yaml", "other.yaml"],
    "macaron explain server.timeout MAC1": [],
    "macaron --ver": ["--version"],
    "macaron token --user a": [],
    "macaron call ": ["ping", "shop", "stock"],
    "macaron call sh": ["shop"],
    "macaron call stock get": ["get_item", "get_items"],
    "macaron call stock get_item i": ["id", "in_"],
    "macaron call stock get_item mac": ["macaron.prod.yaml", "macaron.test.yaml", "macaron.yaml"],
    "macaron call --token a stock get_item with": ["with_history"],
    "macaron call stock get_item with_history=": ["false", "true"],
    "macaron call stock get_item id=3 kinds=b": ["bag", "box"],
    "macaron call stock get_item id=": [],
    "macaron call nothing ": [],
    "macaron call stock get_item --b": ["--body"],
    "macaron tasks re": ["retry", "revoke"],
    "macaron tasks retry --a": ["--all", "--args"],
    "macaron tasks retry 1 ot": ["other.dev.yaml", "other.yaml"],
}


STOCK_YAML = """\
openapi: 3.1.0
info: {title: Stock, version: "1"}
paths:
  /items/{id}:
    get:
      operationId: getItem
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: with-history, in: query, schema: {type: boolean}}
        - {name: in, in: query, schema: {type: string}}
        - {name: kinds, in: query, schema: {type: array, items: {$ref: "#/components/schemas/Kind"}}}
      responses: {"200": {description: OK}}
  /items:
    get: {operationId: getItems, responses: {"200": {description: OK}}}
    post: {responses: {"200": {description: OK}}}
components: {schemas: {Kind: {enum: [box, bag, tin]}}}
"""


@pytest.fixture
def folder(macaron: CommandLine) -> Path:
    """Give a folder with services, overlays and a macaron on the PATH."""
    macaron.write("macaron.yaml", (macaron.folder / "macaron.yaml").read_text().replace("k: {", "main: {"))
    macaron.write("stock.yaml", STOCK_YAML)
    with (macaron.folder / "macaron.yaml").open("a") as file:
        file.write("clients: {stock: {spec: stock.yaml}}\n")
    for name in ("macaron.prod.yaml", "macaron.test.yaml", "other.yaml", "other.dev.yaml", "document.json"):
        macaron.write(name, "{}")
    (macaron.folder / "folder").mkdir()
    programs = macaron.folder / "bin"
    programs.mkdir()
    program = programs / "macaron"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m macaron_runner.cli "$@"\n')
    program.chmod(0o755)
    return macaron.folder


@pytest.fixture(params=[pytest.param(shell, marks=pytest.mark.slow) for shell in SHELLS])
def offer(request: pytest.FixtureRequest, folder: Path) -> Offer:
    """Give a function that asks a shell what it offers for a line."""
    require(request.param)
    script = folder / f"completion.{request.param}"
    macaron = CommandLine(folder)
    done = macaron("completion", request.param)
    assert (done.code, done.err) == (0, "")
    script.write_text(done.out)
    ask = {"bash": ask_bash, "fish": ask_fish, "zsh": ask_zsh}[request.param]
    environ = {
        **macaron.environment({}),
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "TERM": "dumb",
    }
    return lambda line: sorted({each.rpartition("=")[2] for each in ask(line, script, environ)})


def ask_bash(line: str, script: Path, environ: dict[str, str]) -> list[str]:
    program = f"""
        source {script}
        COMP_LINE="$1" COMP_POINT=${{#1}}
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _macaron
        printf '%s\\n' "${{COMPREPLY[@]%=}}"
    """
    words = re.findall(r"=|[^\s=]+|(?<=\s)$", line)  # as COMP_WORDBREAKS has it
    return _run(["bash", "--norc", "-c", program, "bash", line, *words], script.parent, environ)


def ask_fish(line: str, script: Path, environ: dict[str, str]) -> list[str]:
    command = ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"]
    found = [each.split("\t")[0] for each in _run(command, script.parent, environ)]
    if not line.endswith("-") and "--" not in line.split()[-1]:
        found = [each for each in found if not each.startswith("-")]
    return [each.rstrip("=/") for each in found]


def _run(command: list[str], folder: Path, environ: dict[str, str]) -> list[str]:
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=DEADLINE, check=True
    )
    assert done.stderr == ""
    return [each for each in done.stdout.splitlines() if each]


ZSH = """
PROMPT=
autoload -Uz compinit; compinit -u -D
source {script}
bindkey '^I' complete-word
finish() {{ print; print -r -- '<end>'; exit }}
comppostfuncs=(finish)
compadd() {{
    if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
    local -a hits; local hit
    builtin compadd -O hits "$@"
    for hit in $hits; do print; print -r -- "<hit>$hit<>"; done
    return 1
}}
"""


def ask_zsh(line: str, script: Path, environ: dict[str, str]) -> list[str]:
    """Type a line and a tab into an interactive zsh in which every match is printed."""
    prepared = script.parent / "prepared.zsh"
    prepared.write_text(ZSH.format(script=script))
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(script.parent)
        os.execvpe("zsh", ["zsh", "-f", "-i"], environ)
    try:
        os.write(terminal, f"source {prepared}; print '<re''ady>'\n".encode())
        _read_until(terminal, "<ready>")
        os.write(terminal, f"{line}\t".encode())
        printed = _read_until(terminal, "<end>")
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
    return [each.rstrip("=/") for each in re.findall("<hit>(.*?)<>", printed)]


def _read_until(terminal: int, end: str) -> str:
    printed = ""
    deadline = time.monotonic() + DEADLINE
    while end not in printed:
        left = deadline - time.monotonic()
        assert left > 0, f"waited in vain for {end}: {printed!r}"
        if select.select([terminal], [], [], left)[0]:
            printed += os.read(terminal, 65536).decode("utf-8", "replace")
    return printed


def test_what_is_offered(offer: Offer) -> None:
    wrong = {line: found for line, wanted in CASES.items() if (found := offer(line)) != wanted}
    assert not wrong


def test_every_option_of_every_verb_is_offered(offer: Offer) -> None:
    for verb in grammar():
        names = {name for option in verb.options for name in option.names if name.startswith("--")}
        offered = {name.rstrip("=") for name in offer(f"macaron {verb.name} --")}
        assert names - {"-h"} <= offered, verb.name


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_sound(folder: Path, shell: str) -> None:
    require(shell)
    done = CommandLine(folder)("completion", shell)
    checked = subprocess.run(
        [shell, "-n", "/dev/stdin"],
        input=done.out,
        text=True,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_kind_of_value_is_known() -> None:
    unknown = {pair for pair in metavars() if pair[1] not in KINDS}
    assert not unknown


def test_every_key_of_the_reference_is_among_the_patterns() -> None:
    documented: set[str] = set()
    heading = ""
    for line in reference().splitlines():
        if title := re.fullmatch(r"#### `(.+)`", line):
            heading = re.sub(r" \(.*\)", "", title[1]).replace("<name>", "*") + "."
        if key := re.match(r"\| `(\w+)` \|", line):
            documented.add(f"{heading}{key[1]}")
    assert "tasks.pools.*.queues" in documented
    assert documented <= set(key_patterns())


def test_keys_of_a_file(folder: Path) -> None:
    done = CommandLine(folder).shell('printf "apis.* auth.*.issuer nope.*.x" | "$@" completion --keys-of ""')
    assert done.out.split() == ["apis.shop", "auth.users.issuer", "auth.partners.issuer"]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[", b"a: [1", b"- 1", b"apis: 7", b"&a [*a]"])
def test_keys_of_a_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "macaron.yaml"
    file.write_bytes(content)
    assert list(expand(["server", "apis.*.spec"], str(file))) == ["server"]
    assert list(expand(["server", "apis.*.spec"], str(tmp_path))) == ["server"]


@pytest.mark.parametrize(
    ("what", "heavy"),
    [
        ("keys", {"pydantic", "orjson", "flask"}),
        ("calls", {"pydantic", "jsonschema_rs", "flask", "httpcore2"}),
    ],
)
def test_it_answers_while_somebody_types(what: str, heavy: set[str]) -> None:
    program = (
        "import sys\nfrom macaron_runner.cli import main\n"
        f"main(['completion', '--{what}-of', 'sample_services/shop/macaron.yaml'])\n"
        f"print({heavy} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        input=b"shop get_stock x_currency=" if what == "calls" else b"",
        capture_output=True,
        timeout=DEADLINE,
        check=True,
    )
    assert done.stderr == b"set()\n"
    assert what == "keys" or b"x_currency=SEK" in done.stdout


def test_which_shell(macaron: CommandLine) -> None:
    done = macaron("completion")
    assert (done.code, done.out, done.err) == (
        2,
        "",
        "macaron: say which shell: macaron completion bash|fish|zsh\n",
    )
    assert macaron("completion", "tcsh").code == 2


def test_the_help_says_where_to_put_it(macaron: CommandLine) -> None:
    assert "bash-completion/completions/macaron" in macaron("completion", "--help").out
