"""`macaron audit`: its forms and exit codes, what it says beside its report, and that it shows no secret."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.configuration.selection import Selection
from macaron_runner.git import committed_by_git
from macaron_runner.inspection.audit import audit
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.rendering import render_text
from macaron_runner.reports import render_github, render_json, render_sarif
from tests.cli.conftest import MACARON_YAML, SHOP_YAML, CommandLine, Done

SAFE = SHOP_YAML.replace("paths:", "security: []\npaths:")
UNSAFE = MACARON_YAML + "server: {bind: '0.0.0.0:80'}\nhttp: {body_limit: 1GiB}\n"
"""With findings of two severities, and none that is high."""
LOW = MACARON_YAML + "build: {image: eu.gcr.io/acme/shop}\n"


@pytest.fixture
def shop(macaron: CommandLine) -> CommandLine:
    """Give the command line in the folder of a service in which nothing is unsafe."""
    macaron.write("shop.yaml", SAFE)
    return macaron


def test_nothing_unsafe(shop: CommandLine) -> None:
    assert shop("audit") == Done(0, "", "macaron: nothing unsafe found\n")
    assert shop("audit", "--format", "json") == Done(0, "[]\n", "macaron: nothing unsafe found\n")


def test_as_text(shop: CommandLine) -> None:
    shop.write("macaron.yaml", UNSAFE)
    assert shop("audit") == Done(
        1,
        "info[MAC715]: the server listens on all interfaces, without TLS\n"
        "  --> macaron.yaml:9:16\n"
        "9 | server: {bind: '0.0.0.0:80'}\n"
        "  |                ^^^^^^^^^^^^\n"
        "  = help: keep a proxy or load balancer with TLS before it\n"
        "\n"
        "medium[MAC712]: bodies of 1024 MiB are taken into memory: few requests fill it\n"
        "  --> macaron.yaml:10:20\n"
        "10 | http: {body_limit: 1GiB}\n"
        "   |                    ^^^^\n"
        "   = help: 1MiB is the default; let large files go elsewhere\n",
        "macaron: 2 findings: 1 medium, 1 info\n",
    )


def test_for_programs(shop: CommandLine) -> None:
    shop.write("macaron.yaml", UNSAFE)
    found = json.loads(shop("audit", "--format", "json").out)
    assert [(each["code"], each["severity"]) for each in found] == [("MAC715", "info"), ("MAC712", "medium")]
    lines = shop("audit", "--format", "github").out.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::notice", "::warning"]
    run = json.loads(shop("audit", "--format", "sarif").out)["runs"][0]
    assert [each["level"] for each in run["results"]] == ["note", "warning"]
    scores = {rule["id"]: rule["properties"]["security-severity"] for rule in run["tool"]["driver"]["rules"]}
    assert scores == {"MAC712": "5.5", "MAC715": "0.5"}


@pytest.mark.parametrize(
    ("text", "least", "code"),
    [
        (UNSAFE, "high", 0),
        (UNSAFE, "medium", 1),
        (LOW, "medium", 0),
        (LOW, "low", 1),
        (UNSAFE.replace("1GiB", "1MiB"), "low", 0),
        (MACARON_YAML.replace("${secret:key}", "secret"), "high", 1),
        ("macaron: [", "high", 1),
    ],
)
def test_what_makes_it_fail(shop: CommandLine, text: str, least: str, code: int) -> None:
    shop.write("macaron.yaml", text)
    assert shop("audit", "--fail-on", least).code == code


def test_a_wrong_word(shop: CommandLine) -> None:
    assert shop("audit", "--fail-on", "never").code == 2


def test_what_is_ignored_is_told_with_its_reason(shop: CommandLine) -> None:
    shop.write("macaron.yaml", UNSAFE + "audit: {ignore: {MAC712: {reason: uploads are\n  videos}}}\n")
    done = shop("audit")
    assert (done.code, done.err) == (
        0,
        "macaron: ignored MAC712 (macaron.yaml:10:20): uploads are videos\nmacaron: 1 finding: 1 info\n",
    )


def test_what_is_absent_here_is_no_finding(shop: CommandLine) -> None:
    assert shop("audit", SHOP_KEY="") == Done(
        0,
        "",
        'macaron: not looked at, for here the secret "key" is absent: the environment variable SHOP_KEY is empty\n'
        "macaron: nothing unsafe found\n",
    )


def test_errors_of_the_files_are_part_of_it(shop: CommandLine) -> None:
    shop.write("macaron.yaml", UNSAFE.replace("bind:", "bnd:"))
    done = shop("audit", "--fail-on", "high")
    assert done.code == 1
    assert done.out.startswith('error[MAC104]: unknown key "bnd" in server')
    assert done.err == "macaron: 2 findings: 1 error, 1 medium\n"


def test_several_services(shop: CommandLine) -> None:
    for name in ("a", "b"):
        (shop.folder / name).mkdir()
        shop.write(f"{name}/macaron.yaml", UNSAFE + "audit: {ignore: {MAC715: {reason: behind a proxy}}}\n")
        shop.write(f"{name}/shop.yaml", SAFE)
    done = shop("audit", "a", "b/macaron.yaml")
    assert done.code == 1
    assert done.err == (
        "macaron: a/macaron.yaml: ignored MAC715 (a/macaron.yaml:9:16): behind a proxy\n"
        "macaron: b/macaron.yaml: ignored MAC715 (b/macaron.yaml:9:16): behind a proxy\n"
        "macaron: 2 findings: 2 medium\n"
    )


def test_overlays_count(shop: CommandLine) -> None:
    shop.write("macaron.prod.yaml", "server: {bind: '0.0.0.0:80'}\n")
    assert shop("audit").out == ""
    assert "--> macaron.prod.yaml:1:16" in shop("audit", "--env", "prod").out


def test_what_git_would_commit(shop: CommandLine) -> None:
    def git(*words: str) -> None:
        subprocess.run(("git", *words), cwd=shop.folder, check=True, capture_output=True, timeout=60)

    shop.write("macaron.yaml", MACARON_YAML.replace("{env: SHOP_KEY}", "{file: keys/key}"))
    (shop.folder / "keys").mkdir()
    shop.write("keys/key", "k7Zq2vXw9Lr4Tn8Bc1Yh6Jd3Fm5Gs0Pa")
    (shop.folder / "keys/key").chmod(0o600)
    assert shop("audit") == Done(0, "", "macaron: nothing unsafe found\n")
    git("init", "--quiet")
    assert shop("audit").out.startswith('high[MAC722]: git would commit the file of the secret "key"')
    shop.write(".gitignore", "keys/\n")
    assert shop("audit") == Done(0, "", "macaron: nothing unsafe found\n")


SECRET = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789", min_size=10, max_size=60)


@given(SECRET, SECRET, SECRET, SECRET, SECRET)
@settings(max_examples=40)
def test_no_secret_is_ever_shown(
    key: str, password: str, default: str, literal: str, environment: str
) -> None:
    text = f"""\
macaron: 1
service: {{name: shop}}
apis: {{shop: {{spec: shop.yaml}}}}
vars: {{DB_PASSWORD: {{default: {default}Q}}}}
secrets: {{pw: {{env: PW}}}}
auth:
  users:
    {{type: jwt, issuer: api, audience: "*", keys: {{a: {{secret: {key}Q}}, b: {{secret: "${{secret:pw}}"}}}}}}
tasks: {{broker: "redis://:{password}Q@redis/0", settings: {{nope: 1}}}}
config:
  {{password: {literal}Q, token: "${{TOKEN:-{default}Q}}", url: "http://u:{literal}Q@db/", x: "${{secret:pw}}"}}
build: {{image: eu.gcr.io/acme/shop}}
"""
    secrets = [f"{key}Q", f"{password}Q", f"{default}Q", f"{literal}Q", f"{environment}Q"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "macaron.yaml")
        file.write_text(text, "utf-8")
        Path(folder, "shop.yaml").write_text(SHOP_YAML, "utf-8")
        inspection = inspect_service(Selection(str(file)), environ={**os.environ, "PW": f"{environment}Q"})
        report = audit(inspection, committed=committed_by_git)
        found = report.findings
        shown = "".join(
            [render_text(found), render_json(found), render_github(found), render_sarif(found, "1")]
        )
    assert {"MAC210", "MAC707", "MAC708", "MAC718", "MAC601"} <= {each.code for each in found}
    assert not [secret for secret in secrets if secret in shown]
