"""What a configuration holds in secret: who looks at it, prints it or copies it sees names only."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from macaron_runner.configuration.load import Configuration, examine, load
from macaron_runner.configuration.merge import Merged
from macaron_runner.configuration.secrets import Secrets
from macaron_runner.configuration.selection import Selection, shown_override
from macaron_runner.configuration.sensitive import Sensitive, hide, hide_password
from macaron_runner.redaction import NOTHING
from macaron_runner.rendering import render_text
from macaron_runner.reports import render_json

VALUE = "p@ss/w:rd%\"'-and-so-on-for-more-than-32-bytes"
LITERAL = "a literal of more than thirty-two bytes"
PASSWORD = "cl3ar-t3xt"

FILE = """
macaron: 1
service: {name: shop}
secrets: {one: {env: ONE}, unused: {env: UNUSED}, absent: {env: ABSENT}, kept: {file: kept.txt}, made: {generate: true}}
vars: {DATABASE: {default: "postgresql://shop:default-pw@db/shop"}}
apis: {shop: {spec: shop.yaml}}
auth: {users: {type: jwt, issuer: a, audience: b, keys: {main: {secret: "${secret:one}"}, old: {secret: LITERAL}}}}
tasks:
  broker: "redis://:PASSWORD@cache/0"
  settings: {result_backend: "redis://:${secret:one}@cache/1", broker_heartbeat: 10}
  schedules: {nightly: {task: a.b, every: 1h, args: ["${secret:one}"], kwargs: {pw: "${secret:one}"}}}
config: {pw: "${secret:one}", deep: [{pw: "x ${secret:one}"}], database: "${DATABASE}"}
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    (tmp_path / "macaron.yaml").write_text(FILE.replace("LITERAL", LITERAL).replace("PASSWORD", PASSWORD))
    (tmp_path / "kept.txt").write_text("kept in a file\n")
    environ = {"ONE": VALUE, "UNUSED": "read past us"}
    return load(Selection(str(tmp_path / "macaron.yaml")), environ=environ)


HIDDEN = (VALUE, VALUE[:10], json.dumps(VALUE)[1:-1], repr(VALUE)[1:-1], LITERAL)


def assert_hidden(text: str) -> None:
    for value in HIDDEN:
        assert value not in text


SHOWN: dict[str, Callable[[Any], str]] = {
    "str": str, "repr": repr, "format": lambda it: f"{it} {it!r} {it!s:>5}", "percent": lambda it: "%s %r" % (it, it),  # noqa: UP031
    "pprint": pprint.pformat, "ascii": ascii, "json": lambda it: json.dumps([it], default=str),
    "orjson": lambda it: orjson.dumps([it], default=str).decode(), "copy": lambda it: repr(copy.copy(it)),
    "deepcopy": lambda it: repr(copy.deepcopy(it)),
    "a log": lambda it: logging.LogRecord("a", 20, "f", 1, "%s %r", (it, it), None).getMessage(),
}  # fmt: skip


@pytest.mark.parametrize("way", SHOWN)
def test_nothing_that_shows_a_value_shows_a_secret(configuration: Configuration, way: str) -> None:
    config = configuration.config
    for thing in (
        config, config.auth, config.auth["users"], config.tasks, config.config, config.config["pw"],
        config.auth["users"].keys["old"].secret, config.tasks.schedules["nightly"].args,  # type: ignore[union-attr]
        configuration, configuration.merged.layers, configuration.redactor,
    ):  # fmt: skip
        if way in ("json", "orjson") and isinstance(thing, dict | tuple):
            continue  # what they make of a map, they make of what is in it
        text = SHOWN[way](thing)
        assert VALUE not in text
        assert repr(VALUE)[1:-1] not in text
        # The layers are what the files say, a literal included, and orjson takes dataclasses apart.
        if way != "orjson" and thing is not configuration.merged.layers:
            assert_hidden(text)


def test_models_and_dataclasses_taken_apart_show_none(configuration: Configuration) -> None:
    config = configuration.config
    assert_hidden(config.model_dump_json())
    assert_hidden(repr(config.model_dump()))
    assert_hidden(repr(vars(config)))
    assert_hidden(repr({name: value for name, value in vars(configuration).items() if name != "merged"}))
    assert_hidden(
        repr(dataclasses.asdict(dataclasses.replace(configuration, merged=Merged((), {}), redactor=NOTHING)))
    )
    assert PASSWORD not in config.model_dump_json(include={"tasks"})
    assert "redis://:‹secret›@cache/0" in config.model_dump_json()


def test_none_can_be_carried_away(configuration: Configuration) -> None:
    for take in (pickle.dumps, json.dumps, orjson.dumps, vars, lambda it: it.__getstate__()):
        with pytest.raises(TypeError) as caught:
            take(configuration.config.config["pw"])
        assert_hidden(str(caught.value))
    for thing in (configuration, configuration.config, configuration.redactor):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_a_text_without_secrets_can() -> None:
    assert pickle.loads(pickle.dumps(Sensitive(("in clear",)))) == Sensitive(("in clear",))


def test_what_the_redactor_masks(configuration: Configuration) -> None:
    redact = configuration.redactor.redact
    assert redact(f"<{VALUE}>") == "<‹secret one›>"
    assert redact("<read past us>") == "<‹secret unused›>", "declared, and read by somebody else"
    assert redact("<kept in a file>") == "<‹secret kept›>"
    assert redact(LITERAL) == "‹secret auth.users.keys.old.secret›"
    assert redact(PASSWORD) == "‹secret tasks.broker›"
    assert (
        redact("postgresql://shop:default-pw@db/shop")
        == "postgresql://shop:‹secret vars.DATABASE.default›@db/shop"
    )
    assert redact(configuration.config.tasks.settings["result_backend"].reveal()) == (  # type: ignore[union-attr]
        "redis://:‹secret one›@cache/1"
    )


def test_nothing_is_made_for_a_secret_that_nobody_refers_to(tmp_path: Path) -> None:
    asked: list[str] = []
    (tmp_path / "macaron.yaml").write_text(FILE.replace("LITERAL", LITERAL))
    environ = {"ONE": VALUE}
    load(
        Selection(str(tmp_path / "macaron.yaml")), environ=environ,
        secret_keeper=lambda name: asked.append(name) or "made for it",  # type: ignore[func-returns-value]
    )  # fmt: skip
    assert asked == []


def test_what_carries_locals_carries_no_secret(tmp_path: Path) -> None:
    environ = {"ONE": VALUE}
    secrets = Secrets({}, environ, tmp_path)
    try:
        secrets("missing")
    except Exception as error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(line for line in trace.format() if "self" in line)
    assert "Secrets(" in text
    assert_hidden(text)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("server.workers=4", "server.workers=4"),
        ("server.workers=", "server.workers="),
        ("auth.users.keys.main.secret=x", "auth.users.keys.main.secret=‹secret›"),
        ("auth.users.keys={main: {secret: x}}", "auth.users.keys=‹secret›"),
        ("config.db_password=x", "config.db_password=‹secret›"),
        ("config.api_key=x", "config.api_key=‹secret›"),
        ("tasks.broker=redis://u:x@h/0", "tasks.broker=redis://u:‹secret›@h/0"),
        ("tasks.broker=redis://h/0", "tasks.broker=redis://h/0"),
        ("auth.users.token_lifetime=1h", "auth.users.token_lifetime=1h"),
        ("auth.users.keys.main.secret:x", "auth.users.keys.main.secret…"),
        ("server.workers", "server.workers"),
        ("x y", "x…"),
    ],
)  # fmt: skip
def test_a_word_of_the_command_line_is_shown_without_what_may_be_secret(words: str, shown: str) -> None:
    assert shown_override(words) == shown


@pytest.mark.parametrize(
    "value",
    ["12345678901234", "[1, hunter2-hunter2]", "{a: hunter2-hunter2}", "short-secret", "1.5e300"],
)
def test_no_diagnostic_quotes_the_value_of_a_key(tmp_path: Path, value: str) -> None:
    (tmp_path / "macaron.yaml").write_text(FILE.replace("LITERAL", LITERAL))
    selection = Selection(str(tmp_path / "macaron.yaml"), overrides=(f"auth.users.keys.old.secret={value}",))
    _, found = examine(selection, environ={"ONE": VALUE})
    assert found
    text = f"{render_text(found)} {render_json(found)} {found!r} {selection!r}"
    assert value not in text
    assert "hunter2" not in text


def test_a_broker_that_is_none_is_not_quoted_with_its_password(tmp_path: Path) -> None:
    (tmp_path / "macaron.yaml").write_text("macaron: 1\nservice: {name: a}\napis: {a: {spec: a.yaml}}\n")
    for url in ("ftp://user:hunter2-x@host/", "redis//user:hunter2-x@host", "pgmq://user:hunter2-x@host"):
        selection = Selection(str(tmp_path / "macaron.yaml"), overrides=(f"tasks.broker={url}",))
        _, found = examine(selection, environ={})
        assert found
        assert "hunter2-x" not in "".join(each.message + each.label + each.help for each in found), url


def test_a_password_in_clear_is_hidden_and_used_as_it_stands() -> None:
    url = hide_password(Sensitive(("redis://user:a%2Fb@host:1/0?x=:y@z",)))
    assert str(url) == "redis://user:‹secret›@host:1/0?x=:y@z"
    assert url.reveal() == "redis://user:a%2Fb@host:1/0?x=:y@z"
    assert url.names == ()
    for plain in ("redis://host/0", "embedded", "redis://user@host", "amqp://host:5672/a@b"):
        assert hide_password(Sensitive((plain,))) == Sensitive((plain,))


def test_what_is_secret_by_its_place_is_hidden_whole() -> None:
    assert str(hide(Sensitive(("in clear",)))) == "‹secret›"
    assert hide(Sensitive(("in clear",))).reveal() == "in clear"
    named = Sensitive((("a", "value"),))
    assert hide(named) is named
