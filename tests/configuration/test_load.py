"""Loading as a whole: layers, secrets, places, and what loading must never do."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from macaron_runner.configuration.load import LARGEST, Configuration, load
from macaron_runner.configuration.selection import Selection, select
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.yaml_nodes import MOST_PROBLEMS
from macaron_runner.diagnostics import BadConfiguration, Location
from macaron_runner.rendering import render_text
from macaron_runner.reports import render_github, render_json

SMALL = "macaron: 1\nservice: {name: shop}\napis:\n  shop: {spec: shop.yaml}\n"
HIDDEN = "hunter2/with@signs"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load_text(
    text: str, environ: Mapping[str, str] | None = None, *, overrides: tuple[str, ...] = (), **options: Any
) -> Configuration:
    Path("macaron.yaml").write_text(text, "utf-8")
    return load(Selection("macaron.yaml", overrides=overrides), environ=environ or {}, **options)


def test_the_configuration_knows_its_files(folder: Path) -> None:
    (folder / "macaron.prod.yaml").write_text("server: {threads: 8}\n")
    (folder / "macaron.yaml").write_text(SMALL + "server:\n  threads: 4\n  timeout: 5s\n")
    configuration = load(Selection("macaron.yaml", "prod"), environ={})
    assert configuration.directory == folder
    assert configuration.files == (folder / "macaron.yaml", folder / "macaron.prod.yaml")
    assert configuration.environment == "prod"
    assert configuration.resolve("apis/shop.yaml") == folder / "apis/shop.yaml"
    assert configuration.locate("server", "threads") == Location("macaron.prod.yaml", 1, 19, 1)
    assert configuration.locate("server", "timeout") == Location("macaron.yaml", 7, 12, 2)
    assert configuration.locate("server", "timeout", key=True) == Location("macaron.yaml", 7, 3, 7)
    assert configuration.locate("apis", "shop", "security", "nothing") == Location("macaron.yaml", 4, 3, 4)
    assert [layer.name for layer in configuration.merged.origins(("server",))] == [
        "macaron.yaml",
        "macaron.prod.yaml",
    ]


def test_the_environment_is_a_layer_of_its_own(folder: Path) -> None:
    environ = {"WEB_CONCURRENCY": "3", "PORT": "9000", "MACARON_LOG_LEVEL": "DEBUG"}
    configuration = load_text(SMALL, environ)
    assert configuration.config.server.workers == 3
    assert configuration.locate("server", "workers") == Location("environment WEB_CONCURRENCY")
    assert configuration.locate("server", "bind") == Location("environment PORT")
    assert configuration.locate("observability", "logs", "level") == Location("environment MACARON_LOG_LEVEL")


def test_files_are_shown_as_they_were_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "app").mkdir()
    file = folder / "app" / "macaron.yaml"
    file.write_text("macaron: 1\n")

    def shown(name: str) -> str:
        with pytest.raises(BadConfiguration) as caught:
            load(Selection(name), environ={})
        location = caught.value.diagnostics[0].location
        assert location is not None
        return location.file

    assert shown("app/macaron.yaml") == "app/macaron.yaml"
    assert shown(str(file)) == "app/macaron.yaml"
    monkeypatch.chdir(folder / "app")
    assert shown("../app/macaron.yaml") == "../app/macaron.yaml"
    monkeypatch.chdir("/")
    assert shown(str(file)) == str(file).removeprefix("/")


@pytest.mark.parametrize("name", ["nowhere.yaml", ".", "nul\0l.yaml"])
def test_a_file_that_cannot_be_read(folder: Path, name: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load(Selection(name), environ={})
    assert [problem.code for problem in caught.value.diagnostics] == ["MAC101"]


def test_a_huge_file_is_refused_unread(folder: Path) -> None:
    begin = time.process_time()
    with pytest.raises(BadConfiguration, match="larger than 1 MiB"):
        load_text("# " + "x" * LARGEST * 10)
    assert time.process_time() - begin < 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "faulty",
    [
        "config: {" + ", ".join(f"k{n}: '${{U{n}}}'" for n in range(40_000)) + "}\n",
        "config: {a: '" + "${U}" * 200_000 + "'}\n",
        "".join(f"key{n}: 1\n" for n in range(50_000)),
        "config: {" + "a: 1, " * 100_000 + "}\n",
        "tasks: {schedules: {" + ", ".join(f"s{n}: {{task: a.b, cron: x}}" for n in range(20_000)) + "}}\n",
        "server: {bind: [" + "x, " * 100_000 + "]}\n",
        "auth: {a: {type: " + "x" * 900_000 + "}}\n",
    ],
    ids=["unset", "unset in one text", "unknown", "twice", "cron", "bind", "long"],
)
def test_a_file_full_of_faults_costs_little(folder: Path, faulty: str) -> None:
    begin = time.process_time()
    with pytest.raises(BadConfiguration) as caught:
        load_text(SMALL + faulty)
    assert 1 <= len(caught.value.diagnostics) <= MOST_PROBLEMS
    assert len(render_text(caught.value.diagnostics)) < 2000 * MOST_PROBLEMS
    assert time.process_time() - begin < 5


def test_the_deepest_file_loads(folder: Path) -> None:
    depth = 198
    value = load_text(SMALL + "config: {a: " + "[" * depth + "]" * depth + "}\n").config.config["a"]
    while value:
        (value,) = value
        depth -= 1
    assert depth == 1
    with pytest.raises(BadConfiguration, match="too many keys"):
        load_text(SMALL, overrides=("a." * 2000 + "a=1",))


def test_an_overlay_may_remove_whole_sections(folder: Path) -> None:
    (folder / "macaron.prod.yaml").write_text("secrets: null\nvars: null\nserver: null\n")
    (folder / "macaron.yaml").write_text(
        SMALL + "secrets: {a: {env: A}}\nvars: {B: {}}\nserver: {threads: 2}\n"
    )
    config = load(Selection("macaron.yaml", "prod"), environ={"PORT": "9000"}).config
    assert (config.secrets, config.vars, config.server.threads) == ({}, {}, 4)
    assert config.server.bind == "127.0.0.1:9000"


def test_loading_changes_nothing_outside(folder: Path) -> None:
    before, files = dict(os.environ), sorted(folder.iterdir())
    environ = {"JWT": "x" * 32}
    load_text(
        SMALL + 'secrets: {jwt: {env: JWT}, made: {generate: true}}\nconfig: {a: "${secret:made}"}\n', environ
    )
    assert environ == {"JWT": "x" * 32}
    assert dict(os.environ) == before
    assert sorted(folder.iterdir()) == [*files, folder / "macaron.yaml"]


def test_the_configuration_is_frozen_all_the_way(folder: Path) -> None:
    text = (
        SMALL
        + "config: {a: {b: [1, {c: 2}]}}\ntasks: {schedules: {s: {task: a.b, every: 1s, args: [{x: 1}]}}}\n"
    )
    configuration = load_text(text)
    config = configuration.config
    assert config.tasks is not None
    for change in (
        lambda: config.config.update(a=1),
        lambda: config.config["a"].pop("b"),
        lambda: config.config["a"]["b"][1].__setitem__("c", 3),
        lambda: config.apis.clear(),
        lambda: config.tasks.schedules["s"].args[0].setdefault("y", 1),
        lambda: config.server.settings.__ior__({"a": 1}),
    ):
        with pytest.raises(TypeError, match="never changes"):
            change()
    with pytest.raises(ValidationError, match="frozen"):
        config.server.threads = 5  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        configuration.directory = Path()  # type: ignore[misc]
    assert json.loads(json.dumps(config.config)) == {"a": {"b": [1, {"c": 2}]}}
    assert copy.deepcopy(config) == config
    assert pickle.loads(pickle.dumps(config)) == config


SECRETIVE = (
    SMALL
    + """\
secrets: {pw: {env: PW}}
auth: {users: {type: jwt, issuer: a, audience: b, keys: {main: {secret: "${secret:pw}"}}}}
tasks: {broker: "redis://:${secret:pw}@localhost", settings: {a: "${secret:pw}"}}
config: {key: ["${secret:pw}"]}
"""
)


def test_a_secret_is_shown_nowhere(folder: Path) -> None:
    configuration = load_text(SECRETIVE, {"PW": HIDDEN})
    config = configuration.config
    shown = [
        repr(configuration),
        str(config),
        str(config.model_dump()),
        config.model_dump_json(),
        str(configuration.merged),
        str(configuration.merged.value),
        json.dumps(config.model_dump(mode="json")),
        render_text(configuration.warnings)
        + render_json(configuration.warnings)
        + render_github(configuration.warnings),
        f"{config.config['key'][0]!s} {config.config['key'][0]!r} {config.config['key'][0]:>40}",
    ]
    assert not [text for text in shown if HIDDEN[:4] in text]
    for leak in (pickle.dumps, json.dumps, orjson.dumps):
        with pytest.raises(TypeError):
            leak(config.config["key"][0])


def test_a_secret_is_shown_in_no_diagnostic(folder: Path) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load_text(SECRETIVE + 'server: {bind: "${secret:pw}", threads: "${secret:pw}"}\n', {"PW": HIDDEN})
    problems = caught.value.diagnostics
    assert "MAC114" in {problem.code for problem in problems}
    assert HIDDEN[:4] not in f"{problems} {caught.value} {render_text(problems)} {render_json(problems)}"


def test_a_secret_reveals_itself_on_demand_and_encodes_itself_in_urls(folder: Path) -> None:
    config = load_text(SECRETIVE, {"PW": HIDDEN}).config
    assert config.auth["users"].keys["main"].secret == Sensitive((("pw", HIDDEN),))
    assert config.config["key"][0].reveal() == HIDDEN
    assert config.tasks is not None
    assert config.tasks.broker.reveal() == "redis://:hunter2%2Fwith%40signs@localhost"
    assert str(config.tasks.broker) == "redis://:‹secret pw›@localhost"
    whole = load_text(
        SMALL + 'secrets: {url: {env: URL}}\ntasks: {broker: "${secret:url}"}\n', {"URL": "redis://a:b@c"}
    )
    assert whole.config.tasks is not None
    assert whole.config.tasks.broker.reveal() == "redis://a:b@c"


def test_generated_secrets(folder: Path) -> None:
    text = (
        SMALL + 'secrets: {a: {env: A, generate: true}, b: {generate: true}}\nconfig: ["{a}", "{b}", "{b}"]\n'
    )
    text = text.replace('["{a}", "{b}", "{b}"]', '{x: ["${secret:a}", "${secret:b}", "${secret:b}"]}')

    def values(**options: Any) -> list[str]:
        return [item.reveal() for item in load_text(text, **options).config.config["x"]]

    assert values(environ={"A": "real"}, secret_keeper="kept {}".format) == ["real", "kept b", "kept b"]
    one, two = values(), values()
    assert one[1] == one[2]
    assert len(one[0]) >= 32
    assert len({*one, *two}) == 4, "throw-away values differ each time"


@pytest.mark.parametrize(
    ("content", "value"), [(b"s3cret\n", "s3cret"), (b"s3cret\r\n", "s3cret"), (b" a\nb\n\n", " a\nb\n")]
)
def test_a_secret_in_a_file(folder: Path, content: bytes, value: str) -> None:
    (folder / "secret").write_bytes(content)
    text = SMALL + 'secrets: {a: {file: secret}}\nconfig: {x: "${secret:a}"}\n'
    assert load_text(text).config.config["x"].reveal() == value


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"x" * 100_000])
def test_a_secret_file_without_a_secret(folder: Path, content: bytes) -> None:
    (folder / "secret").write_bytes(content)
    with pytest.raises(BadConfiguration, match="MAC113"):
        load_text(SMALL + 'secrets: {a: {file: secret}}\nconfig: {x: "${secret:a}"}\n')


@pytest.mark.parametrize("source", ["env: UNSET", "file: nowhere", "env: SET, generate: true"])
def test_a_secret_that_is_passed_in_a_file_is_read_from_there(folder: Path, source: str) -> None:
    (folder / "passed").mkdir()
    (folder / "passed/a").write_text("passed on\n")
    text = (
        SMALL
        + f'secrets: {{a: {{{source}}}, b: {{env: B}}}}\nconfig: {{x: "${{secret:a}}", y: "${{secret:b}}"}}\n'
    )
    environ = {
        "CREDENTIALS_DIRECTORY": str(folder / "passed"),
        "SET": "of no account",
        "B": "from the environment",
    }
    config = load_text(text, environ).config.config
    assert (config["x"].reveal(), config["y"].reveal()) == ("passed on", "from the environment")


def test_a_secret_that_is_passed_empty_is_absent(folder: Path) -> None:
    (folder / "a").write_text("\n")
    with pytest.raises(BadConfiguration, match="MAC113"):
        load_text(
            SMALL + 'secrets: {a: {env: SET}}\nconfig: {x: "${secret:a}"}\n',
            {"CREDENTIALS_DIRECTORY": str(folder), "SET": "of no account"},
        )


def test_only_what_is_still_there_after_merging_is_needed(folder: Path) -> None:
    text = SMALL + 'secrets: {pw: {env: UNSET}}\ntasks: {broker: "redis://:${secret:pw}@${ALSO_UNSET}"}\n'
    with pytest.raises(BadConfiguration):
        load_text(text)
    assert load_text(text, overrides=("tasks.broker=embedded",)).config.tasks is not None


def test_the_version(folder: Path) -> None:
    assert (
        load_text(SMALL.replace("shop}", "shop, version: '7'}", 1), {"MACARON_VERSION": "8"}).version == "7"
    )
    assert load_text(SMALL, {"MACARON_VERSION": "8"}).version == "8"
    assert load_text(SMALL).version == "local"
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "macaron.yaml"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    assert re.fullmatch(r"[0-9]{8}-1-[0-9a-f]{7}", load_text(SMALL).version)
    assert load_text(SMALL + "# changed\n").version.endswith("-dirty")


def test_importing_and_loading_is_quick(folder: Path) -> None:
    (folder / "macaron.yaml").write_text(SMALL)
    program = (
        "import resource, sys\n"
        "from macaron_runner.configuration.load import load\n"
        "from macaron_runner.configuration.selection import Selection\n"
        "load(Selection('macaron.yaml'), environ={})\n"
        "usage = resource.getrusage(resource.RUSAGE_SELF)\n"
        "heavy = {'flask', 'celery', 'gunicorn', 'jwt', 'bravado_core', 'jsonschema_rs'} & set(sys.modules)\n"
        "print(usage.ru_utime + usage.ru_stime, *heavy)\n"
    )
    root = str(Path(__file__).parents[2])
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": root},
        ).stdout.split()
        for _ in range(4)
    ]
    assert runs[0][1:] == []
    assert min(float(run[0]) for run in runs) < 0.4, "seconds of CPU; about 0.2 on an idle machine"


def test_a_selection_travels_as_words_and_what_was_set_by_hand_where_no_other_user_sees_it(
    folder: Path,
) -> None:
    selection = Selection("app/macaron.yaml", "prod", ("a.b=c d", "x=--env"))
    words = selection.arguments()
    variables = selection.environment_variables()
    assert words == ("--config", str(folder / "app/macaron.yaml"), "--env", "prod")
    assert variables == {"MACARON_OVERRIDES": '["a.b=c d", "x=--env"]'}
    there = dataclasses.replace(selection, file=str(folder / "app/macaron.yaml"))
    assert Selection.parse(words, variables) == there
    nothing = Selection("/a")
    assert nothing.environment_variables() == {"MACARON_OVERRIDES": ""}, "or another run's would be inherited"
    assert Selection.parse(nothing.arguments(), nothing.environment_variables()) == nothing
    assert Selection.parse(nothing.arguments(), {}) == nothing
    for bad in (["--config"], ["--env", "prod"], ["--config", "a", "b", "c"]):
        with pytest.raises(ValueError, match=r"'b'|--config|has no value"):
            Selection.parse(bad, {})


def test_a_selection_has_defaults(folder: Path) -> None:
    environ = {"MACARON_CONFIG": "other.yaml", "MACARON_ENV": "dev"}
    assert select(None, None, (), environ={}, cwd=folder) == Selection("macaron.yaml")
    assert select(None, None, (), environ=environ, cwd=folder) == Selection("other.yaml", "dev")
    assert select("a.yaml", "", ["x=1"], environ=environ, cwd=folder) == Selection("a.yaml", "", ("x=1",))
    assert select("a.yaml", None, (), environ={}, cwd=Path("/srv")) == Selection("/srv/a.yaml")
