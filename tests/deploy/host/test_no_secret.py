"""Property: whatever a secret's value is, and wherever it is used, no rendered file of a host's target has it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.deploy.target import render
from tests.deploy.planned import plan_of, write_service

SERVICE = """
    server: {bind: 0.0.0.0:8080}
    secrets: {one: {env: SHOP_ONE}, two: {file: two}, three: {env: SHOP_THREE, generate: true}}
    auth: {users: {type: jwt, issuer: a, audience: b, keys: {main: {secret: "${secret:one}"}}}}
    tasks:
      broker: "redis://shop:${secret:two}@redis:6379/0"
      settings: {broker_transport_options: {client_name: "${secret:three}"}}
    config: {all: ["${secret:one}", "a ${secret:two} b"]}
    """
TARGETS = {
    "compose": "{type: compose, host: localhost, directory: /srv/shop, beside: [redis]}",
    "systemd": "{type: systemd, host: localhost, directory: /srv/shop}",
}
characters = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
values = st.text(characters, min_size=8, max_size=40).map("5ecret{}".format)
"""With what no file has by itself: Hypothesis also tries words of our own source, as redis-server."""


@contextmanager
def variables(**values: str) -> Iterator[None]:
    """Set variables of whoever deploys."""
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            del os.environ[name]


@pytest.mark.parametrize("kind", TARGETS)
def test_no_rendered_file_has_the_value_of_a_secret(kind: str, tmp_path: Path) -> None:
    file = write_service(tmp_path, TARGETS[kind], SERVICE)
    written = file.read_text("utf-8")

    @settings(max_examples=15)
    @given(one=values, two=values)
    def check(one: str, two: str) -> None:
        (tmp_path / "two").write_text(two, "utf-8")
        with variables(SHOP_ONE=one, SHOP_THREE=two):
            rendered = [each.text for each in render(plan_of(file, "live"))]
        for text in rendered:
            if text != written:  # macaron.yaml itself travels as it is, and check refuses a value in it
                assert one not in text
                assert two not in text

    check()
