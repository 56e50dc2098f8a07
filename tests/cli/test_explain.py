"""`macaron explain KEY` and `macaron config`."""

from __future__ import annotations

import json

from tests.cli.conftest import KEY, MACARON_YAML, CommandLine, Done


def test_a_value_and_where_it_comes_from(macaron: CommandLine) -> None:
    macaron.write("macaron.prod.yaml", "server: {threads: 2}\n")
    done = macaron("explain", "server.threads", "--env", "prod", "--set", "server.threads=8")
    assert done == Done(
        0,
        "server.threads: 8\n\n"
        "  what     Threads a worker.\n"
        "  type     whole number from 1 to 1024\n"
        "  default  4\n\n"
        "where it comes from, lowest first (* counts):\n"
        "    macaron.prod.yaml:1:19  2\n"
        "  * --set server.threads    8\n",
        "",
    )


def test_what_is_worked_out(macaron: CommandLine) -> None:
    macaron.write(
        "shop.yaml",
        'openapi: 3.1.0\ninfo: {title: Shop, version: "1"}\nservers: [{url: /v2}]\npaths: {/a: {get: '
        "{operationId: a, security: [{bearer: []}], responses: {'200': {description: a}}}}}\n"
        "components: {securitySchemes: {bearer: {type: http, scheme: bearer}}}\n",
    )
    one = MACARON_YAML.replace("  partners:", "  x-partners:")
    macaron.write("macaron.yaml", one.replace("\n  x-partners", "\nx-partners") + "tasks: {}\n")
    assert "auto is " in macaron("explain", "server.workers").out
    assert "auto is " in macaron("explain", "tasks.pools.*.concurrency").out
    assert "says /v2" in macaron("explain", "apis.shop.base_path").out
    assert (
        "bearer is checked by users: the only verifier that fits"
        in macaron("explain", "apis.shop.security").out
    )
    assert (
        "the version is 9: MACARON_VERSION" in macaron("explain", "service.version", MACARON_VERSION="9").out
    )
    assert "gthread" in macaron("explain", "server.worker").out
    assert "PORT is not set" in macaron("explain", "server.bind").out
    unused = macaron("explain", "server.bind", "--set", "server.bind=127.0.0.1:1", PORT="2")
    assert "PORT is set and does not count" in unused.out


def test_as_json(macaron: CommandLine) -> None:
    told = json.loads(macaron("explain", "auth.users.keys.main", "--format", "json").out)
    assert told["value"] == {"secret": "‹secret key›"}
    assert told["keys"] == {"secret": {"value": "‹secret key›", "origin": "macaron.yaml:5:86"}}
    assert [layer["place"] for layer in told["layers"]] == ["macaron.yaml:5:77"]


def test_sections_and_names(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", MACARON_YAML + 'config: {"a.b": {c: [1, 2]}}\n')
    assert macaron("explain", 'config."a.b".c.1').out.startswith('config."a.b".c[1]: 2\n')
    pools = macaron("explain", "tasks.pools.<name>")
    assert pools.out.startswith("tasks.pools.<name>\n")
    assert "One process tree of Celery workers." in pools.out
    assert "default auto" in pools.out


def test_a_key_that_does_not_exist(macaron: CommandLine) -> None:
    done = macaron("explain", "server.wokers")
    assert done == Done(2, "", 'macaron: there is no key "wokers" in server; did you mean "workers"?\n')


def test_a_code_that_does_not_exist(macaron: CommandLine) -> None:
    for code in ("MAC999", "mac999", "MAC99", "MAC1010"):
        done = macaron("explain", code)
        complaint = f"macaron: there is no diagnostic {code.upper()}; macaron explain lists all codes\n"
        assert done == Done(2, "", complaint)


def test_a_faulty_file_is_explained_as_far_as_it_is_sound(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", MACARON_YAML + "server: {threads: many, timeout: 5s}\n")
    done = macaron("explain", "server.timeout")
    assert (done.code, done.out.splitlines()[0]) == (0, "server.timeout: 5s")
    assert "has errors" in done.err
    assert macaron("explain", "server.threads").out.startswith("server.threads: many (it has an error")
    whole = macaron("explain", "server.timeout", "--set", "server.timeout=soon").out.splitlines()[0]
    assert whole == "server.timeout: soon (it has an error: see macaron check)"
    lost = macaron("explain", "auth.users.keys.main.secret", SHOP_KEY="").out.splitlines()
    assert lost[0] == (
        "auth.users.keys.main.secret has no value: it or something in it has an error (see macaron check)"
    )
    assert any("‹secret key› is missing" in line for line in lost)
    assert macaron("config").code == 78
    macaron.write("macaron.yaml", "a: [")
    assert macaron("explain", "server.timeout").code == 78


def test_config_prints_what_loads_again(macaron: CommandLine) -> None:
    printed = macaron("config", "--defaults")
    assert (printed.code, printed.err) == (0, "")
    assert KEY not in printed.out
    assert 'secret: "${secret:key}"  # macaron.yaml:5:86' in printed.out
    macaron.write("macaron.yaml", printed.out)
    assert macaron("check", "--no-ports").code == 0
    assert macaron("config").out.count("default") == 0
    origins = json.loads(macaron("config", "--format", "json").out)["x-origins"]
    assert origins["service.name"] == "macaron.yaml:4:9"
