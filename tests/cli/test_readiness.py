"""What a service must be to be deployed: without problems as the target sees it, and without credentials in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.cli.readiness import ready
from macaron_runner.cli.targets import chosen
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration
from tests.cli.conftest import SHOP_YAML

GOOD = """\
macaron: 1
service: {name: shop}
secrets: {key: {env: SHOP_KEY}, pw: {file: pw}}
auth:
  users: {type: jwt, issuer: shop.example.com, audience: shop, keys: {main: {secret: "${secret:key}"}}}
apis:
  shop: {spec: shop.yaml}
server: {bind: "0.0.0.0:8080"}
build: {image: registry.example.com/acme/shop}
tasks: {broker: "rediss://:${secret:pw}@${REDIS_HOST}/0"}
deploy:
  targets:
    live: {type: kubernetes, context: gke_live, namespace: shop, variables: {REDIS_HOST: redis}}
    other: {type: kubernetes, context: gke_other, namespace: shop}
"""


@pytest.fixture(autouse=True)
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "macaron.yaml").write_text(GOOD)
    (tmp_path / "shop.yaml").write_text(SHOP_YAML)
    return tmp_path


def codes(target: str = "live") -> list[str]:
    with pytest.raises(BadConfiguration) as caught:
        ready(chosen(Selection("macaron.yaml"), target))
    return [each.code for each in caught.value.diagnostics]


def test_what_only_this_machine_lacks_keeps_nobody_from_deploying(service: Path) -> None:
    inspection = ready(chosen(Selection("macaron.yaml"), "live"))
    assert inspection.diagnostics == ()
    assert service / "shop.yaml" in inspection.read


def test_what_another_target_lacks_does_not_either() -> None:
    assert codes("other") == ["MAC241"]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("service: {name: shop}", "service: {name: Shop}", ["MAC105"]),
        ("spec: shop.yaml", "spec: gone.yaml", ["MAC250"]),
        ('tasks: {broker: "rediss://:${secret:pw}@${REDIS_HOST}/0"}', "tasks: {}", ["MAC230"]),
        ("pw: {file: pw}", "pw: {generate: true}", ["MAC231"]),
        ('secret: "${secret:key}"', "secret: 6f1ed002ab5595859014ebf0951522d9", ["MAC210"]),
        ("${secret:pw}", "hunter2-and-more", ["MAC708"]),
    ],
)
def test_what_is_wrong_at_the_target_is_told(service: Path, old: str, new: str, found: list[str]) -> None:
    (service / "macaron.yaml").write_text(GOOD.replace(old, new))
    assert codes() == found


def test_a_credential_that_may_stay_may_stay(service: Path) -> None:
    ignored = "audit: {ignore: {MAC708: {reason: everybody knows it}}}\n"
    (service / "macaron.yaml").write_text(GOOD.replace("${secret:pw}", "hunter2-and-more") + ignored)
    assert ready(chosen(Selection("macaron.yaml"), "live")).configuration is not None


def test_an_operation_without_handler_is_told(service: Path) -> None:
    operation = 'paths: {/a: {get: {operationId: a, responses: {"200": {description: a}}}}}\n'
    (service / "shop.yaml").write_text(SHOP_YAML.replace("paths: {}\n", operation))
    assert codes() == ["MAC503"]
