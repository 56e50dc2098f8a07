"""Where values come from, and the configuration written out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from macaron_runner.configuration.effective import render_json, render_yaml
from macaron_runner.configuration.explain import Explanation, explain
from macaron_runner.configuration.keys import UnknownKeyError, find_key, join_key, split_key
from macaron_runner.configuration.load import Configuration, examine, load
from macaron_runner.configuration.merge import ABSENT
from macaron_runner.configuration.selection import Selection
from macaron_runner.configuration.source import read_yaml
from macaron_runner.configuration.written import duration, size, text

SMALL = "macaron: 1\nservice: {name: shop}\napis:\n  shop: {spec: shop.yaml}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load_text(content: str, *overrides: str, environment: str = "", **environ: str) -> Configuration:
    Path("macaron.yaml").write_text(content, "utf-8")
    return load(Selection("macaron.yaml", environment, overrides), environ=environ)


def told(configuration: Configuration, key: str, **environ: str) -> Explanation:
    return explain(configuration, find_key(key, configuration.merged), environ=environ)


def layers(explanation: Explanation) -> list[tuple[str, str, bool]]:
    return [(str(step.place), step.says, step.counts) for step in explanation.steps]


def test_every_layer_is_told_lowest_first(folder: Path) -> None:
    (folder / "base.yaml").write_text("server: {workers: 1, settings: {a: 1}}\n")
    (folder / "macaron.prod.yaml").write_text("server: {workers: 3}\n")
    content = SMALL + "extends: base.yaml\nserver:\n  workers: 2\n  settings: {b: 2}\n"
    configuration = load_text(content, "server.workers=auto", environment="prod", WEB_CONCURRENCY="5")
    workers = told(configuration, "server.workers")
    assert layers(workers) == [
        ("base.yaml:1:19", "1", False),
        ("macaron.yaml:7:12", "2", False),
        ("macaron.prod.yaml:1:19", "3", False),
        ("--set server.workers=auto", "auto", False),
        ("environment WEB_CONCURRENCY", '"5"', True),
    ]
    assert (workers.value, workers.is_set, workers.default) == (5, True, "`auto`")
    settings = told(configuration, "server.settings")
    assert [step.counts for step in settings.steps] == [True, True]
    assert [(child.key, child.value, child.origin) for child in settings.children] == [
        ("a", 1, "base.yaml:1:36"),
        ("b", 2, "macaron.yaml:8:17"),
    ]


def test_what_removes_and_what_replaces(folder: Path) -> None:
    (folder / "macaron.prod.yaml").write_text("tasks: null\nconfig: {a: 1}\n")
    configuration = load_text(SMALL + "tasks: {modules: [a]}\nconfig: {a: {b: 2}}\n", environment="prod")
    assert layers(told(configuration, "tasks.modules")) == [
        ("macaron.yaml:5:18", "[a]", False),
        ("macaron.prod.yaml:1:8", "null at tasks: removes it", False),
    ]
    assert told(configuration, "tasks.modules").value is ABSENT
    assert layers(told(configuration, "config.a.b"))[-1] == (
        "macaron.prod.yaml:2:13",
        "1 at config.a: replaces it",
        False,
    )


@pytest.mark.parametrize(
    ("template", "environ", "sentences"),
    [
        ("${A:-x}", {}, ["A is not set, so the default x"]),
        ("${A:-x}", {"A": ""}, ["A is empty, so the default x"]),
        ("${A:-x}", {"A": "y z"}, ["A is y z in the environment"]),
        (
            "${A:-${B:-${C}}}",
            {"C": "c"},
            ["A is not set, so its default", "B is not set, so its default", "C is c in the environment"],
        ),
        ("${D}", {}, ['D is not set, so the default "7" of vars (macaron.yaml:5:21)']),
        ("${D:-9}", {"D": "8"}, ['D is "8" in the environment']),
        (
            "${secret:s} ${S}",
            {"S": "hunter2"},
            ["‹secret s› is the environment variable S (macaron.yaml:6:14)", "‹secret s›"],
        ),
        ("${secret:m}", {}, ["‹secret m› is made for development (macaron.yaml:6:27)"]),
    ],
)  # fmt: skip
def test_what_went_into_a_text(
    folder: Path, template: str, environ: dict[str, str], sentences: list[str]
) -> None:
    declared = "vars: {D: {default: 7}}\nsecrets: {s: {env: S}, m: {generate: true}}\n"
    configuration = load_text(SMALL + declared + f"config: {{x: '{template}'}}\n", **environ)
    references = told(configuration, "config.x", **environ).steps[0].references
    assert len(references) == len(sentences)
    assert all(sentence in reference for sentence, reference in zip(sentences, references, strict=True)), (
        references
    )
    assert "hunter2" not in str(references)


def test_a_secret_in_clear_is_not_told(folder: Path) -> None:
    declared = "auth: {u: {type: jwt, issuer: a, audience: b, keys: {k: {secret: '%s'}}}}\n"
    for secret, shown in (("hunter2" * 5, "‹secret›"), ("${PW:-hunter2}", "‹secret›"), ("${PW}", '"${PW}"')):
        configuration = load_text(SMALL + declared % secret, PW="hunter2" * 5)
        key = told(configuration, "auth.u.keys.k.secret", PW="hunter2" * 5)
        assert key.steps[0].says == shown
        assert "hunter2" not in f"{key.steps} {key.plain}" + render_yaml(configuration) + render_json(
            configuration
        )


def test_durations_sizes_and_defaults(folder: Path) -> None:
    configuration = load_text(SMALL + "server: {timeout: 90s}\n")
    assert told(configuration, "server.timeout").plain == "90s"
    assert told(configuration, "server.graceful_timeout").plain == "30s"
    assert told(configuration, "http.body_limit").plain == "1MiB"
    assert not told(configuration, "http.body_limit").is_set
    assert [duration(seconds) for seconds in (0, 0.25, 90, 5400, 86400)] == [
        "0s",
        "250ms",
        "90s",
        "90m",
        "24h",
    ]
    assert [size(count) for count in (0, 1000, 1024, 2**20, 3 * 2**30)] == [
        "0B",
        "1000B",
        "1KiB",
        "1MiB",
        "3GiB",
    ]


def test_a_faulty_value_is_told_as_it_stands(folder: Path) -> None:
    Path("macaron.yaml").write_text(SMALL + "server: {threads: many, timeout: 5s}\n")
    configuration, problems = examine(Selection("macaron.yaml"), environ={})
    assert configuration is not None
    threads = explain(configuration, ("server", "threads"), environ={}, problems=problems)
    assert (threads.value, threads.faulty) == ("many", True)
    assert explain(configuration, ("server", "timeout"), environ={}, problems=problems).value == 5.0


@pytest.mark.parametrize(
    ("key", "steps"),
    [
        ("server.workers", ("server", "workers")),
        ('apis."a.b".spec', ("apis", "a.b", "spec")),
        ("apis.'a\"b'", ("apis", 'a"b')),
        ("server.bind[0]", ("server", "bind", "0")),
        (r'a."b\"\\"', ("a", 'b"\\')),
    ],
)
def test_keys_as_people_write_them(key: str, steps: tuple[str, ...]) -> None:
    assert split_key(key) == steps
    assert split_key(join_key(steps)) == steps


@pytest.mark.parametrize("key", ["", ".", "a.", ".a", "a..b", '"a', 'a"b', "[0]", "a[x]", "a[0", "a b'"])
def test_no_keys(key: str) -> None:
    with pytest.raises(UnknownKeyError):
        split_key(key)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("server.wokers", 'there is no key "wokers" in server; did you mean "workers"?'),
        ("servr", 'there is no key "servr"; did you mean "server"?'),
        ("apis.shpo.spec", 'there is no key "shpo" in apis; did you mean "shop"?'),
        ("server.bind.7", "server.bind is a list of 1, its positions count from 0"),
        ("server.threads.x", 'there is no key "x" in server.threads'),
        ("config.x", 'there is no key "x" in config'),
    ],
)
def test_unknown_keys(folder: Path, key: str, message: str) -> None:
    configuration = load_text(SMALL + "server: {bind: ['127.0.0.1:1']}\n")
    with pytest.raises(UnknownKeyError) as caught:
        find_key(key, configuration.merged)
    assert str(caught.value) == message


def test_the_configuration_written_out(folder: Path) -> None:
    (folder / "macaron.prod.yaml").write_text("server: {workers: 3}\nhttp: null\n")
    configuration = load_text(
        SMALL
        + "x-note: free\nhttp: {body_limit: 2MiB}\nserver: {bind: '0.0.0.0:${PORT:-80}', x-why: because}\n"
        + "config: {list: [1, {a: 'yes'}], money: $5, odd: \"a\\tb\", infinite: .inf}\n",
        "server.threads=8",
        environment="prod",
    )
    assert render_yaml(configuration) == (
        "# macaron.yaml, environment prod, as it counts\n"
        "# lowest first: macaron.yaml, macaron.prod.yaml, --set server.threads\n"
        "macaron: 1  # macaron.yaml:1:10\n"
        "service:\n"
        "  name: shop  # macaron.yaml:2:17\n"
        "apis:\n"
        "  shop:\n"
        "    spec: shop.yaml  # macaron.yaml:4:16\n"
        "server:\n"
        '  bind: 0.0.0.0:80  # macaron.yaml:7:16, from "0.0.0.0:${PORT:-80}"\n'
        "  workers: 3  # macaron.prod.yaml:1:19\n"
        "  threads: 8  # --set server.threads\n"
        "config:\n"
        "  list:\n"
        "    - 1  # macaron.yaml:8:17\n"
        '    - a: "yes"  # macaron.yaml:8:24\n'
        '  money: "$$5"  # macaron.yaml:8:40\n'
        '  odd: "a\\tb"  # macaron.yaml:8:49\n'
        "  infinite: .inf  # macaron.yaml:8:67\n"
    )
    assert "  timeout: 30s  # default\n" in render_yaml(configuration, defaults=True)


@pytest.mark.parametrize(
    "value",
    [
        "yes",
        "08:30",
        "1_0",
        "=",
        "~",
        "a: b",
        "a #b",
        "-",
        "?",
        "é\x85",
        "a:",
        ".",
        "1.5s",
        "C:\\x",
        "\ufdd0",
    ],
)
def test_a_text_reads_back(value: str) -> None:
    for written in (f"a: {text(value)}", f"a: [{text(value)}]", f"{text(value)}: 1"):
        tree: Any = read_yaml(written.encode(), "a").value
        assert tree in ({"a": value}, {"a": [value]}, {value: 1})


def test_a_large_file_is_written_out_in_time(folder: Path) -> None:
    configuration = load_text(
        SMALL + "config:\n" + "".join(f"  key{n}: ['${{PORT:-1}}']\n" for n in range(5_000))
    )
    assert len(render_yaml(configuration).splitlines()) > 5_000


def test_only_what_is_left_is_read(folder: Path) -> None:
    (folder / "macaron.prod.yaml").write_text(
        "secrets: {moved: {file: new.txt, env: null}, gone: null}\nconfig: {gone: null, replaced: plain, made: null}\n"
    )
    (folder / "new.txt").write_text("new\n")
    content = SMALL + (
        "secrets: {moved: {env: UNSET}, gone: {file: /dev/zero}, made: {generate: true}}\n"
        "config: {moved: '${secret:moved}', gone: '${secret:gone}',\n"
        "         replaced: '${secret:gone}', made: '${secret:made}'}\n"
    )
    Path("macaron.yaml").write_text(content)
    asked: list[str] = []
    keeper = lambda name: asked.append(name) or "x"  # noqa: E731
    configuration = load(Selection("macaron.yaml", "prod"), environ={}, secret_keeper=keeper)
    assert configuration.config.config["moved"].reveal() == "new"
    assert asked == []


@pytest.mark.parametrize(
    "variable", ["PW", "V", "MACARON_VERSION", "MACARON_LOG_LEVEL", "PORT", "WEB_CONCURRENCY"]
)
def test_an_environment_that_is_no_utf8(folder: Path, variable: str) -> None:
    Path("macaron.yaml").write_text(
        SMALL + "secrets: {pw: {env: PW}}\nconfig: {a: '${V}'}\n"
        "auth: {u: {type: jwt, issuer: a, audience: b, keys: {k: {secret: '${secret:pw}'}}}}\n"
    )
    environ = {"PW": "x" * 32, "V": "v", variable: "a\udcff" * 32}
    configuration, problems = examine(Selection("macaron.yaml"), environ=environ)
    assert configuration is not None
    assert [problem.code for problem in problems] == {
        "PW": ["MAC113"], "MACARON_VERSION": [], "V": ["MAC111"], "PORT": ["MAC111"]
    }.get(variable, ["MAC105"])  # fmt: skip
    configuration.version.encode()
