"""For generated configurations: what is told of them, and what they print as, is what is really used."""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import Phase, assume, event, given, settings
from hypothesis import strategies as st

from macaron_runner.configuration.effective import render_json, render_yaml
from macaron_runner.configuration.explain import explain, masked, value_of
from macaron_runner.configuration.keys import find_key, join_key, value_at
from macaron_runner.configuration.load import Configuration, examine, load
from macaron_runner.configuration.selection import Selection
from macaron_runner.inspection.explained import Explained
from macaron_runner.rendering import render_text

SECRET = "hunter2/with@signs:and ‹marks› &c"
"""The value of every secret; nothing that is printed may have its first letters."""
ENVIRONS = st.fixed_dictionaries(
    {"PW": st.just(SECRET), "HOST": st.just("db.example"), "N": st.sampled_from(["5", "7"])},
    optional={
        "PORT": st.sampled_from(["9000", ""]),
        "WEB_CONCURRENCY": st.just("3"),
        "MACARON_LOG_LEVEL": st.just("WARNING"),
        "OPTION": st.sampled_from(["", "x y", "$$", "a: b # c", "-1", "null", "‹›", "\x85\u2028\ufeff"]),
    },
)
NAMES = st.sampled_from(["shop", "b", "a-b"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="$"), max_size=12) | st.sampled_from(
    [
        "yes",
        "on",
        "08:30",
        "null",
        "~",
        "1e3",
        "0x1f",
        ".inf",
        "- a",
        "a: b",
        "#",
        "{",
        "'",
        '"',
        "\\",
        "\n",
        " x ",
        "<<",
        "---",
        "...",
    ]
)
TEMPLATES = st.sampled_from(
    [
        "$$",
        "a$b",
        "$${X}",
        "${HOST}",
        "${N}",
        "${OPTION:-none}",
        "${OPTION:-${HOST}}x",
        "${secret:pw}",
        "${PW}",
        "é😀 ${HOST} $$",
        "postgresql://u:${secret:pw}@${HOST}/x?$$",
        "x${secret:pw}y${secret:made}",
    ]
)
SCALARS = (
    TEXTS
    | TEMPLATES
    | st.integers(-(10**20), 10**20)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
)
KEYS = st.sampled_from(
    ["a", "b", "x-c", "on", "a.b", "200", "é", "k" * 1100, "", "<<", " ", "\u2028", "- x", "y:"]
)
FREE = st.recursive(
    SCALARS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
DURATIONS = st.sampled_from(["30s", "1h30m", "250ms", "0.5m", "1d"])
WORKERS = st.sampled_from(["auto", 2, "3", "${N}"])


def optional(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={key: value | st.none() for key, value in keys.items()})


VERIFIER = st.fixed_dictionaries(
    {
        "type": st.just("jwt"),
        "issuer": st.sampled_from(["a", "${HOST}", "$$", "null"]),
        "audience": st.just("b"),
        "keys": st.dictionaries(NAMES, st.just({"secret": "${secret:pw}"}), min_size=1, max_size=2),
    },
    optional={"leeway": DURATIONS},
)
API = st.fixed_dictionaries({"spec": st.sampled_from(["a.yaml", "macaron:crash", "${HOST}/x"])})
POOL = optional(queues=st.just(["default"]), max_memory_per_child=st.just("1GiB"))
BROKERS = st.sampled_from(["embedded", "redis://:${secret:pw}@${HOST}", "amqp://a:${PW}@h/$$"])
LAYERS = optional(
    service=optional(python_path=st.just(["."]), version=st.sampled_from(["v$$1", "1.0", "${HOST}"])),
    auth=st.dictionaries(NAMES, VERIFIER, max_size=2),
    apis=st.dictionaries(NAMES, API, max_size=2),
    http=optional(body_limit=st.sampled_from(["1MiB", "0.5kB", "2GB"]), errors=st.just("problem")),
    server=optional(
        bind=st.sampled_from(["[::1]:80", "0.0.0.0:${PORT:-80}", ["127.0.0.1:1", "unix:/run/a b"]]),
        workers=WORKERS,
        timeout=DURATIONS,
        settings=st.dictionaries(KEYS, FREE, max_size=2),
    ),
    tasks=optional(broker=BROKERS, pools=st.dictionaries(NAMES, POOL, min_size=1, max_size=2)),
    config=st.dictionaries(KEYS, FREE, max_size=3),
)
WHOLE = {"macaron": 1, "service": {"name": "shop"}, "apis": {"shop": {"spec": "x.yaml"}}}
DECLARED = {
    "vars": {"N": {"type": "integer"}, "PORT": {"type": "port"}, "M": {"default": "a$b"}},
    "secrets": {"pw": {"env": "PW"}, "made": {"generate": True}},
}
SETS = st.lists(
    st.sampled_from(
        [
            "server.workers=auto",
            "server.threads=8",
            "server.timeout=",
            "tasks=",
            "config.a.b=[1, x]",
            "config.a=${HOST}",
            "auth=",
        ]
    ),
    max_size=2,
)


@dataclass(frozen=True)
class Case:
    """One generated service: its files, the words and the environment it is loaded with."""

    files: Mapping[str, Any]
    overrides: tuple[str, ...]
    environ: Mapping[str, str]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    own = {**WHOLE, **{key: item for key, item in draw(LAYERS).items() if key not in WHOLE}}
    files: dict[str, Any] = {
        "svc/macaron.yaml": {**own, "extends": ["../a/base.yaml", "../b.yaml"]},
        "a/base.yaml": {**draw(LAYERS), **DECLARED, "extends": "../common.yaml"},
        "b.yaml": {**draw(LAYERS), "extends": ["common.yaml"]},
        "common.yaml": draw(LAYERS),
        "svc/macaron.prod.yaml": draw(LAYERS),
    }
    if draw(st.booleans()):
        files["a/base.prod.yaml"] = draw(LAYERS)
    return Case(files, tuple(draw(SETS)), draw(ENVIRONS))


@contextmanager
def loaded(case: Case) -> Iterator[Configuration]:
    """Write a case's files and load them. One with errors of its own (a key that lacks) is no case."""
    folder = Path(tempfile.mkdtemp())
    try:
        for name, content in case.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(dumped(content), "utf-8")
        selection = Selection(str(folder / "svc/macaron.yaml"), "prod", case.overrides)
        configuration, problems = examine(selection, environ=case.environ, secret_keeper=lambda name: SECRET)
        wrong = [problem for problem in problems if problem.severity == "error"]
        if wrong:
            event(wrong[0].code)
        assume(configuration is not None and not wrong)
        assert configuration is not None
        yield configuration
    finally:
        shutil.rmtree(folder)


def dumped(content: Any) -> str:
    """Return YAML (its escapes, not JSON's surrogates), written by somebody else than what is tested."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def represent_everything_quoted(self, text: str) -> yaml.Node:
            return self.represent_scalar("tag:yaml.org,2002:str", text, style='"')

    Dumper.add_representer(str, Dumper.represent_everything_quoted)
    return yaml.dump(content, Dumper=Dumper, allow_unicode=False, default_flow_style=False, sort_keys=False)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value in a tree, `x-*` keys of sections left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (*path, step)
        yield from paths(item, (*path, step))


MANY = settings(max_examples=50, phases=(Phase.explicit, Phase.generate))
"""The same cases every time; making a failing one smaller would take minutes."""


@MANY
@given(cases())
def test_what_explain_tells_is_what_is_used(case: Case) -> None:
    with loaded(case) as configuration:
        merged = configuration.merged
        for path in paths(merged.value):
            if value_at(merged.value, path) is None or "" in path:
                continue
            assert find_key(join_key(path), merged) == path
            told = explain(configuration, path, environ=case.environ)
            used = value_of(configuration.config, path)
            assert told.value is used or told.value == used
            counting = [step for step in told.steps if step.counts]
            touches = [touch for touch in merged.history(path) if touch.counts]
            assert counting, path
            assert told.is_set
            assert merged.locate(path) == touches[0].layer.locate(path, False)
            if not isinstance(value_at(merged.value, path), dict):
                assert touches == [merged.history(path)[-1]], (
                    "of scalars and lists the last that speaks counts alone"
                )
                assert configuration.locate(*path) == counting[-1].place


@MANY
@given(cases())
def test_loading_changes_nothing(case: Case) -> None:
    environ, before = copy.deepcopy(dict(case.environ)), dict(os.environ)
    with loaded(case):
        assert dict(case.environ) == environ
        assert dict(os.environ) == before


@MANY
@given(cases(), st.booleans())
def test_what_config_prints_loads_to_the_same(case: Case, defaults: bool) -> None:
    with loaded(case) as configuration:
        file = Path(configuration.selection.file)
        printed = render_yaml(configuration, defaults=defaults)
        for text in (printed, dumped(json.loads(render_json(configuration, defaults=defaults)))):
            written = file.with_name("printed.yaml")
            written.write_text(text, "utf-8")
            again = load(Selection(str(written)), environ=case.environ, secret_keeper=lambda name: SECRET)
            assert again.config == configuration.config, text
            assert list(again.config.auth) == list(configuration.config.auth), (
                "the first verifier issues tokens"
            )
        assert without_comments(render_yaml(again, defaults=defaults)) == without_comments(printed)


def without_comments(text: str) -> list[str]:
    """Return the lines of what config prints without origins: `  # `, for in texts these stand in quotes."""
    return [line.partition("  # ")[0] for line in text.splitlines() if not line.startswith("#")]


@MANY
@given(cases())
def test_no_secret_is_told(case: Case) -> None:
    with loaded(case) as configuration:
        told = [
            render_text(configuration.warnings),
            render_yaml(configuration, defaults=True),
            render_json(configuration),
        ]
        for path in [(key,) for key in type(configuration.config).model_fields] + list(
            paths(configuration.merged.value)
        ):
            if value_at(configuration.merged.value, path) is not None:
                explained = Explained(explain(configuration, path, environ=case.environ), ())
                told += [
                    *explained.to_text(),
                    json.dumps(explained.to_json()),
                    str(masked(explained.told.plain)),
                ]
        assert not [text for text in told if "hunter2" in text]
