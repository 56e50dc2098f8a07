"""The compose file: what runs beside the service, and what Docker Compose itself says of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from macaron_runner.deploy.compose.render import render
from macaron_runner.deploy.files import Files
from macaron_runner.deploy.host.manifest import read_manifest
from tests.deploy.planned import plan_of, write_service
from tests.support.programs import require_compose

GOLDEN = Path(__file__).parents[1] / "golden"


def rendered(folder: Path, broker: str, beside: str, more: str = "") -> dict[str, object]:
    target = f"{{type: compose, host: localhost, directory: /srv/shop, beside: [{beside}]{more}}}"
    rest = f"""
        server: {{bind: 0.0.0.0:8080}}
        secrets: {{pw: {{env: SHOP_PW}}}}
        tasks: {{broker: "{broker}"}}
        """
    return document(render(plan_of(write_service(folder, target, rest), "live")))


def document(files: Files) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load(
        next(each.content for each in files if each.path == "compose.yaml")
    )
    return loaded


def test_rabbitmq_beside_logs_in_as_the_service_does(tmp_path: Path) -> None:
    services = rendered(tmp_path, "amqp://shop:${secret:pw}@rabbitmq:5672/orders", "rabbitmq")["services"]
    rabbitmq = services["rabbitmq"]
    assert rabbitmq["environment"] == {"RABBITMQ_DEFAULT_USER": "shop", "RABBITMQ_DEFAULT_VHOST": "orders"}
    assert rabbitmq["secrets"] == ["pw"]
    assert "/run/secrets/pw" in rabbitmq["command"][-1]
    assert rabbitmq["volumes"] == [{"type": "volume", "source": "rabbitmq", "target": "/var/lib/rabbitmq"}]
    assert services["web"]["depends_on"] == {"rabbitmq": {"condition": "service_healthy"}}


def test_a_redis_without_password_is_asked_for_none(tmp_path: Path) -> None:
    redis = rendered(tmp_path, "redis://redis:6379/0", "redis")["services"]["redis"]
    assert redis["command"][:3] == ["redis-server", "--dir", "/data"]
    assert redis["healthcheck"]["test"] == ["CMD", "redis-cli", "ping"]
    assert "secrets" not in redis


def test_what_is_tried_listens_on_loopback_and_starts_only_when_asked(tmp_path: Path) -> None:
    services = rendered(tmp_path, "embedded", "", ", port: 80")["services"]
    assert services["web"]["ports"] == [{"target": 8080, "published": "80", "protocol": "tcp"}]
    assert services["next"]["ports"] == [{"target": 8080, "host_ip": "127.0.0.1", "protocol": "tcp"}]
    assert (services["next"]["profiles"], services["next"]["restart"]) == (["next"], "no")
    assert services["web"]["depends_on"] == {"broker": {"condition": "service_healthy"}}


def test_a_password_survives_redis_own_quoting(tmp_path: Path) -> None:
    command = rendered(tmp_path, "redis://:${secret:pw}@redis:6379/0", "redis")["services"]["redis"][
        "command"
    ]
    line = next(line for line in command[-1].replace("$$", "$").splitlines() if line.startswith("sed"))
    secret, settings = tmp_path / "pw", tmp_path / "redis.conf"
    secret.write_text('a"b\\c $x & d')
    line = line.replace("/run/secrets/pw", str(secret)).replace("/tmp/redis.conf", str(settings))
    subprocess.run(("sh", "-euc", line), check=True, timeout=10)
    assert settings.read_text().strip() == 'requirepass "a\\"b\\\\c $x & d"'


def test_a_release_tells_what_is_needed_to_run_it() -> None:
    manifest = read_manifest(render(plan_of(GOLDEN / "host/macaron.yaml", "local")))
    assert manifest.workloads == ("redis", "web", "worker-default", "worker-mail", "scheduler")
    assert (manifest.web, manifest.port) == ("web", 80)
    assert manifest.secrets == ("/srv/shop/secrets/jwt_secret", "/etc/shop/redis_password")


@pytest.mark.slow
@pytest.mark.parametrize("case", ["host", "embedded"])
def test_docker_compose_takes_it(case: str) -> None:
    require_compose()
    file = GOLDEN / case / "local/compose.yaml"
    done = subprocess.run(
        ("docker", "compose", "--file", file, "--profile", "next", "config", "--quiet"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
