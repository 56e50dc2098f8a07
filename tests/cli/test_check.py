"""`macaron check` of one service: its forms, what it finds, and which file it looks at."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import pytest

from tests.cli.conftest import MACARON_YAML, CommandLine, Done


class Checking(CommandLine):
    """A command line whose service would listen on any free port: whatever this machine does, it is free."""

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        return super().environment({"PORT": "0", **environ})


@pytest.fixture
def macaron(macaron: CommandLine) -> CommandLine:
    return Checking(macaron.folder)


def sums(count: int, explained: str = "") -> str:
    """Return what stands on stderr: how many problems there are, and which one `explain` could tell more about."""
    more = f"macaron: explain {explained} tells what that means and how to mend it\n" if explained else ""
    return f"macaron: {count} problem{'s' if count > 1 else ''} found\n{more}"


FINE = Done(0, "", "macaron: no problems found\n")
BROKEN = MACARON_YAML.replace("spec:", "specs: 1, spec:").replace("name: shop", "name: Shop")


def test_nothing_found(macaron: CommandLine) -> None:
    assert macaron("check") == FINE
    assert macaron("check", "--format", "json") == Done(0, "[]\n", FINE.err)
    assert macaron("check", "--format", "github") == FINE


def test_as_text(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", BROKEN)
    assert macaron("check") == Done(
        1,
        "error[MAC105]: service.name must be a DNS label (lower-case letters, digits and -, first a letter, last no -, "
        'at most 63), not "Shop"\n'
        "  --> macaron.yaml:2:17\n"
        "2 | service: {name: Shop}\n"
        "  |                 ^^^^\n"
        "\n"
        'error[MAC104]: unknown key "specs" in apis.shop\n'
        "  --> macaron.yaml:8:10\n"
        "8 |   shop: {specs: 1, spec: shop.yaml}\n"
        "  |          ^^^^^ not one of: spec, handlers, base_path, security, on_missing_handler, validate_responses, "
        "share_models, strict\n"
        '  = help: did you mean "spec"?\n',
        sums(2, "MAC105"),
    )


def test_as_json(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", BROKEN)
    done = macaron("check", "--format", "json")
    assert (done.code, done.err) == (1, sums(2))
    found = json.loads(done.out)
    assert [(each["code"], each["file"], each["line"], each["column"]) for each in found] == [
        ("MAC105", "macaron.yaml", 2, 17),
        ("MAC104", "macaron.yaml", 8, 10),
    ]
    assert found[1]["help"] == 'did you mean "spec"?'


def test_as_annotations_of_github(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", BROKEN)
    done = macaron("check", "--format", "github")
    assert (done.code, done.err) == (1, sums(2))
    assert [line.partition(",title")[0] for line in done.out.splitlines()] == [
        "::error file=macaron.yaml,line=2,col=17",
        "::error file=macaron.yaml,line=8,col=10",
    ]


def test_documents_and_settings_are_looked_at_though_the_file_is_faulty(macaron: CommandLine) -> None:
    faulty = BROKEN.replace("macaron: 1", "macaron: 7").replace("apis:", "apis:\n  more: {spec: '${UNSET}'}")
    macaron.write("macaron.yaml", faulty + "server: {threads: none, settings: {nope: 1}}\n")
    macaron.write("shop.yaml", "openapi: 3.1.0\ninfo: {title: Shop}\npaths: {}\n")
    found = json.loads(macaron("check", "--format", "json").out)
    assert [(each["code"], each["file"], each["line"]) for each in found] == [
        ("MAC108", "macaron.yaml", 1),
        ("MAC105", "macaron.yaml", 2),
        ("MAC110", "macaron.yaml", 8),
        ("MAC104", "macaron.yaml", 9),
        ("MAC105", "macaron.yaml", 10),
        ("MAC511", "macaron.yaml", 10),
        ("MAC371", "shop.yaml", 2),
    ]


def test_run_refuses_what_check_finds(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", BROKEN)
    macaron.write("shop.yaml", "openapi: 3.1.0\ninfo: {title: Shop}\npaths: {}\n")
    checked, run = macaron("check"), macaron("run")
    assert (run.code, run.out) == (78, "")
    assert run.err == checked.out + "\nmacaron: 3 problems found, nothing was started\n"


def test_a_document_that_is_not_there(macaron: CommandLine) -> None:
    (macaron.folder / "shop.yaml").unlink()
    done = macaron("check")
    assert (done.code, done.err) == (1, sums(1, "MAC250"))
    assert done.out.startswith(
        'error[MAC250]: the document "shop.yaml" does not exist\n  --> macaron.yaml:8:16\n'
    )
    os.mkfifo(macaron.folder / "fifo")
    for odd in ("x" * 5000, ".", "/dev/zero", "fifo"):
        macaron.write("macaron.yaml", MACARON_YAML.replace("shop.yaml", odd))
        done = macaron("check")
        assert (done.code, done.err, done.out[:13]) == (1, sums(1, "MAC250"), "error[MAC250]")


def test_a_document_that_leads_to_a_pipe(macaron: CommandLine) -> None:
    os.mkfifo(macaron.folder / "fifo.yaml")
    macaron.write(
        "shop.yaml", 'openapi: 3.1.0\ninfo: {title: a, version: "1"}\npaths: {/a: {$ref: fifo.yaml}}\n'
    )
    done = macaron("check")
    assert (done.code, done.err) == (1, sums(1, "MAC304"))
    assert "\n  --> shop.yaml:3:20\n" in done.out
    assert "fifo.yaml cannot be read: it is a pipe or a device" in done.out


def test_which_file(macaron: CommandLine) -> None:
    (macaron.folder / "below").mkdir()
    nowhere = macaron("check", cwd="below")
    assert nowhere == Done(
        1,
        "error[MAC101]: macaron.yaml cannot be read: no such file or directory\n  --> macaron.yaml\n"
        "   = help: name the file, or start beside macaron.yaml\n",
        sums(1, "MAC101"),
    )
    assert macaron("check", "../macaron.yaml", cwd="below") == FINE
    assert macaron("check", cwd="below", MACARON_CONFIG="../macaron.yaml") == FINE
    assert macaron("check", "gone.yaml", MACARON_CONFIG="macaron.yaml").out.startswith(
        "error[MAC101]: gone.yaml cannot"
    )
    assert macaron("check", str(macaron.folder), cwd="below") == FINE
    assert macaron("check", ".") == FINE
    assert macaron("check", "below").out.startswith("error[MAC101]: below/macaron.yaml cannot be read")


def test_which_environment(macaron: CommandLine) -> None:
    macaron.write("macaron.prod.yaml", "server: {threads: many}\n")
    assert macaron("check") == FINE
    assert "--> macaron.prod.yaml:1:19\n" in macaron("check", "--env", "prod").out
    assert "--> macaron.prod.yaml:1:19\n" in macaron("check", MACARON_ENV="prod").out
    assert macaron("check", "--env", "", MACARON_ENV="prod") == FINE
    assert macaron("check", "--env", "prod", "--set", "server.threads=2") == FINE
    wrong = macaron("check", "--env", "prd")
    assert (wrong.code, wrong.out.splitlines()[0]) == (
        1,
        'error[MAC115]: there is no overlay for the environment "prd"',
    )
    assert 'did you mean "prod"?' in wrong.out
    for odd in ("../macaron", "/etc/passwd", "a b"):
        assert macaron("check", MACARON_ENV=odd).out == (
            f'error[MAC115]: there is no overlay for the environment "{odd}"\n'
            "  --> macaron.yaml\n   | there are: prod\n"
        )


def test_values_set_by_hand(macaron: CommandLine) -> None:
    assert macaron("check", "--set", "server.threads=2", "--set", "server.threads=") == FINE
    done = macaron("check", "--set", "server.threads=x", "--set", "servr.threads=1")
    assert (done.code, done.err) == (1, sums(2, "MAC105"))
    assert "--> --set server.threads=x\n" in done.out
    assert "--> --set servr.threads=1\n" in done.out
    assert macaron("check", "--set", "x").out.startswith('error[MAC116]: "--set x" makes no sense')


def test_odd_bytes_in_the_environment(macaron: CommandLine) -> None:
    macaron.write(
        "macaron.yaml", MACARON_YAML + "config: {a: '${ODD}'}\nserver: {bind: '127.0.0.1:${PORT}'}\n"
    )
    odd = os.fsdecode(b"\xff\x1b[31m")
    for form in ("text", "json", "github"):
        done = macaron("check", "--format", form, ODD=odd, PORT=odd)
        assert (done.code, done.err) == (1, sums(2, "MAC111" if form == "text" else ""))
        assert "MAC111" in done.out
        assert form != "text" or "\x1b" not in done.out


def test_secrets_are_not_shown(macaron: CommandLine) -> None:
    macaron.write(
        "macaron.yaml", MACARON_YAML + 'server: {bind: "${secret:key}", settings: {nope: "${secret:key}"}}\n'
    )
    for form in ("text", "json", "github"):
        done = macaron("check", "--format", form, SHOP_KEY="hunter2")
        assert done.code == 1
        assert "hunter2" not in done.out + done.err
