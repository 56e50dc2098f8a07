"""The free values of macaron.yaml on their whole way: file, configuration, active service, `macaron_runner.config`."""

from __future__ import annotations

import copy
import json
import logging
from pathlib import Path

import pytest

import macaron_runner
from macaron_runner import context
from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection

MACARON_YAML = """
macaron: 1
service: {name: shop}
secrets: {stripe: {env: STRIPE_KEY}}
apis: {shop: {spec: shop.yaml}}
config:
  limit: 50
  stripe: {key: "${secret:stripe}", urls: ["https://me:${secret:stripe}@example.com"]}
"""
SHOP_YAML = 'openapi: 3.1.0\ninfo: {title: Shop, version: "1"}\npaths: {}\n'
HIDDEN = "sk_live_hunter2"


@pytest.fixture(autouse=True)
def _service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "macaron.yaml").write_text(MACARON_YAML)
    (tmp_path / "shop.yaml").write_text(SHOP_YAML)
    assemble(load(Selection(str(tmp_path / "macaron.yaml")), environ={"STRIPE_KEY": HIDDEN}))


def test_values_are_those_of_the_file() -> None:
    assert macaron_runner.config.limit == 50
    assert macaron_runner.config["limit"] == 50
    assert macaron_runner.config.get("nothing", 1) == 1
    with pytest.raises(AttributeError, match=r"no \"limits\" under config: \(there: limit, stripe\)"):
        _ = macaron_runner.config.limits
    with pytest.raises(TypeError, match="never changes"):
        macaron_runner.config.stripe["key"] = "another"


def test_python_may_look_at_it_without_a_service() -> None:
    context.deactivate()
    assert not hasattr(macaron_runner.config, "__wrapped__")
    assert copy.copy(macaron_runner.config) is not None
    with pytest.raises(RuntimeError, match="no service is loaded"):
        _ = macaron_runner.config.limit


def test_a_secret_shows_itself_only_when_asked(caplog: pytest.LogCaptureFixture) -> None:
    key, (url,) = macaron_runner.config.stripe["key"], macaron_runner.config.stripe["urls"]
    assert key.reveal() == HIDDEN
    assert url.reveal() == f"https://me:{HIDDEN}@example.com"
    with caplog.at_level(logging.INFO):
        logging.getLogger("shop").info("%s %r %s", key, url, macaron_runner.config.stripe)
    shown = f"{key} {key!r} {url} {macaron_runner.config.stripe} {caplog.text}"
    assert HIDDEN not in shown
    assert str(key) == "‹secret stripe›"
    assert str(url) == "https://me:‹secret stripe›@example.com"
    with pytest.raises(TypeError):
        json.dumps(macaron_runner.config.stripe)
