"""`macaron check` of several services, and its form for code scanning."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import MACARON_YAML, SHOP_YAML, CommandLine, Done

NAMES = ("bakery", "cellar", "dairy")
SERVER = 'server: {bind: "127.0.0.1:0"}\n'


@pytest.fixture
def fleet(macaron: CommandLine) -> CommandLine:
    """Give the command line in a folder with three sound services."""
    for name in NAMES:
        (macaron.folder / name).mkdir()
        macaron.write(f"{name}/macaron.yaml", MACARON_YAML + SERVER)
        macaron.write(f"{name}/shop.yaml", SHOP_YAML)
    return macaron


def test_all_are_well(fleet: CommandLine) -> None:
    fine = "".join(f"macaron: {name}/macaron.yaml: no problems\n" for name in NAMES)
    fine += "macaron: 3 services checked, no problems\n"
    assert fleet("check", *(f"{name}/macaron.yaml" for name in NAMES)) == Done(0, "", fine)
    assert fleet("check", *reversed(NAMES)) == Done(0, "", fine)
    assert fleet("check", *NAMES, *NAMES, "bakery/macaron.yaml") == Done(0, "", fine)
    assert fleet("check", *NAMES, "--format", "json") == Done(0, "[]\n", fine)


def test_some_are_not(fleet: CommandLine) -> None:
    fleet.write(
        "cellar/macaron.yaml", MACARON_YAML.replace("macaron: 1", "macaron: 7") + "serve: 1\n" + SERVER
    )
    done = fleet("check", "dairy", "cellar", "gone", "bakery")
    assert done.code == 1
    assert [line for line in done.out.splitlines() if "-->" in line] == [
        "  --> cellar/macaron.yaml:1:10",
        "  --> cellar/macaron.yaml:9:1",
        "  --> gone",
    ]
    assert done.err == (
        "macaron: bakery/macaron.yaml: no problems\n"
        "macaron: cellar/macaron.yaml: 2 problems\n"
        "macaron: dairy/macaron.yaml: no problems\n"
        "macaron: gone: 1 problem\n"
        "macaron: 4 services checked, 3 problems in 2\n"
        "macaron: explain MAC108 tells what that means and how to mend it\n"
    )


def test_a_base_that_all_stand_on_is_faulty_once(fleet: CommandLine) -> None:
    fleet.write("base.yaml", "http: {body_limt: 1}\n")
    places = []
    for number in range(9):
        folder = fleet.folder / f"s{number}"
        folder.mkdir()
        fleet.write(f"s{number}/macaron.yaml", f"extends: ../base.yaml\n{MACARON_YAML}{SERVER}")
        fleet.write(f"s{number}/shop.yaml", SHOP_YAML)
        places.append(f"s{number}/macaron.yaml")
    done = fleet("check", *places)
    assert done.out == (
        'error[MAC104]: unknown key "body_limt" in http\n'
        "  --> base.yaml:1:8\n"
        "1 | http: {body_limt: 1}\n"
        "  |        ^^^^^^^^^ not one of: errors, body_limit, error_handler, cors, compression, docs, rate_limits\n"
        "  = note: base.yaml is extended here (s0/macaron.yaml:1:10)\n"
        "  = note: base.yaml is extended here (s1/macaron.yaml:1:10)\n"
        "  = note: base.yaml is extended here (s2/macaron.yaml:1:10)\n"
        "  = note: base.yaml is extended here (s3/macaron.yaml:1:10)\n"
        "  = note: base.yaml is extended here (s4/macaron.yaml:1:10)\n"
        "  = note: and 4 places more\n"
        '  = help: did you mean "body_limit"?\n'
    )
    assert "macaron: s8/macaron.yaml: 1 problem\n" in done.err
    assert "macaron: 9 services checked, 1 problem in 9\n" in done.err
    (told,) = json.loads(fleet("check", *places, "--format", "json").out)
    assert [each["file"] for each in told["related"]] == places
    assert fleet("audit", *places).err.endswith("macaron: 1 finding: 1 error\n")


def test_a_document_that_two_share_is_faulty_once(fleet: CommandLine) -> None:
    fleet.write("shared.yaml", "openapi: 3.1.0\ninfo: {title: Shop}\npaths: {}\n")
    for name in NAMES:
        fleet.write(f"{name}/macaron.yaml", MACARON_YAML.replace("shop.yaml", "../shared.yaml") + SERVER)
    found = json.loads(fleet("check", *NAMES, "--format", "json").out)
    assert [each["code"] for each in found] == ["MAC371"]


def test_layers_go_over_each(fleet: CommandLine) -> None:
    fleet.write("dairy/macaron.prod.yaml", "server: {threads: many}\n")
    done = fleet("check", "bakery", "dairy", "--env", "prod")
    assert "warning[MAC115]" in done.out  # bakery has no overlays at all
    assert "--> dairy/macaron.prod.yaml:1:19\n" in done.out
    done = fleet("check", "bakery", "dairy", "--set", "server.threads=many", "--format", "json")
    assert [each["file"] for each in json.loads(done.out)] == ["--set server.threads=many"]


def test_sarif(fleet: CommandLine) -> None:
    fleet.write("cellar/macaron.yaml", MACARON_YAML + "serve: 1\n" + SERVER)
    done = fleet("check", *NAMES, "--format", "sarif")
    assert done.code == 1
    (run,) = json.loads(done.out)["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["MAC104"]
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "cellar/macaron.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 9, "startColumn": 1, "endColumn": 6}
    fine = json.loads(fleet("check", "bakery", "--format", "sarif").out)
    assert fine["runs"][0]["results"] == []


def test_importing_is_asked_for(fleet: CommandLine) -> None:
    paths = 'paths: {/a: {get: {operationId: a, responses: {"200": {description: Fine}}}}}\n'
    fleet.write("dairy/shop.yaml", SHOP_YAML.replace("paths: {}\n", paths))
    served = MACARON_YAML.replace("{spec: shop.yaml}", "{spec: shop.yaml, handlers: milk}")
    fleet.write("dairy/macaron.yaml", served + SERVER)
    fleet.write(
        "dairy/milk.py", "import os\n\nprint(os.environ['SHOP_KEY'])\n\n\ndef a():\n    1 / 0\n\n\na()\n"
    )
    assert fleet("check", "dairy") == Done(0, "", "macaron: no problems found\n")
    done = fleet("check", "dairy", "--imports")
    assert (done.code, done.out.splitlines()[:2]) == (
        1,
        ['error[MAC502]: importing "milk" fails', "  --> dairy/milk.py:7:5"],
    )


def test_usage(fleet: CommandLine) -> None:
    for words in (["--format", "xml"], ["--deadline", "soon"], ["--deadline", "0"], ["--nope"]):
        assert fleet("check", *words).code == 2


def test_neither_frameworks_nor_the_services_code_are_imported(fleet: CommandLine) -> None:
    script = "import sys\nfrom macaron_runner.cli import main\nassert main(['check', 'bakery']) == 0\n"
    script += "print(sorted({'flask', 'gunicorn', 'celery', 'kombu', 'jwt', 'cryptography', 'bravado_core', 'redis'}"
    script += " & set(sys.modules)))\n"
    fleet.write("script.py", script)
    assert fleet.shell(f"{fleet.command()[0]} script.py").out == "[]\n"
