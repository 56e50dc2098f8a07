"""What runs at a target: from macaron.yaml, as the target sees it, to what a renderer is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.configuration.deployment import Scale
from macaron_runner.configuration.secrets import placeholder
from macaron_runner.deploy.workloads import Image, Places, SecretUse
from tests.deploy.planned import VERSION, plan_of, write_service

KUBERNETES = (
    "{type: kubernetes, context: live, namespace: shop, env: prod, replicas: {min: 2, max: 5}, cpu: 500m,"
    " pools: {mail: {replicas: 3, memory: 1GiB}}, variables: {REDIS: redis, A: b}, secrets: {pw: vault/pw}}"
)
REST = """\
    secrets: {jwt: {env: JWT}, pw: {file: secrets/pw}, root: {file: /run/root}, made: {generate: true}}
    server: {bind: ["127.0.0.1:9000", "0.0.0.0:8080"]}
    tasks:
      broker: "redis://:${secret:pw}@${REDIS}/0"
      pools: {default: {queues: [default]}, mail: {queues: [mail]}}
      schedules: {nightly: {task: shop.jobs.report, cron: "15 3 * * *"}}
    """


def test_workloads_are_the_processes_that_run_supervises(tmp_path: Path) -> None:
    file = write_service(tmp_path, KUBERNETES, REST)
    (tmp_path / "macaron.prod.yaml").write_text("secrets: {made: null}\n")
    web, default, mail, scheduler = plan_of(file, "live").workloads
    assert [each.name for each in (web, default, mail, scheduler)] == [
        "web",
        "worker-default",
        "worker-mail",
        "scheduler",
    ]
    assert web.arguments == ("--only", "web", "--env", "prod")
    assert mail.arguments == ("--only", "worker", "--pool", "mail", "--env", "prod")
    assert web.process.argv[0] == "/opt/venv/bin/python"
    assert "/app/macaron.yaml" in web.process.argv
    assert (web.port, mail.port, scheduler.port) == (8080, None, None)
    assert web.instances == Scale.model_construct(min=2, max=5, cpu=70)
    assert (default.instances, mail.instances, scheduler.instances) == (1, 3, 1)
    assert (web.cpu, web.memory) == (0.5, 512 * 2**20)
    assert (mail.cpu, mail.memory) == (0.5, 2**30)
    assert (mail.pool, web.pool) == ("mail", "")
    assert mail.process.heartbeats == "/var/lib/macaron/health"


def test_variables_are_in_clear_and_secrets_by_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS", "of-the-deployer")
    monkeypatch.setenv("JWT", "a-secret-of-the-deployer-0123456789")
    file = write_service(tmp_path, KUBERNETES, REST)
    (tmp_path / "macaron.prod.yaml").write_text("secrets: {made: null}\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/pw").write_text("another-secret-of-the-deployer")
    plan = plan_of(file, "live")
    web = plan.workloads[0]
    assert dict(web.variables) == {
        "A": "b",
        "MACARON_ENV": "prod",
        "MACARON_STATE_DIR": "/var/lib/macaron",
        "MACARON_VERSION": VERSION,
        "PYTHONUNBUFFERED": "1",
        "REDIS": "redis",
    }
    assert web.secrets == (
        SecretUse("jwt", "JWT", "", ""),
        SecretUse("pw", "", "/app/secrets/pw", "vault/pw"),
        SecretUse("root", "", "/run/root", ""),
    )
    assert plan.configuration.config.tasks is not None
    assert plan.configuration.config.tasks.broker.reveal() == f"redis://:{placeholder('pw')}@redis/0"


def test_the_configuration_s_own_files_come_along(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base/base.yaml").write_text("config: {a: 1}\n")
    (tmp_path / "shop").mkdir()
    file = write_service(
        tmp_path / "shop",
        "{type: compose, host: localhost, directory: /srv/shop, env: prod}",
        "    extends: ../base/base.yaml\n",
    )
    (tmp_path / "shop/macaron.prod.yaml").write_text("config: {b: 2}\n")
    plan = plan_of(file, "live", places=Places("/app/shop/macaron.yaml"))
    assert [each.path for each in plan.files] == [
        "/app/base/base.yaml",
        "/app/shop/macaron.prod.yaml",
        "/app/shop/macaron.yaml",
    ]
    assert plan.files[0].content == b"config: {a: 1}\n"
    assert plan.environment == "prod"
    assert plan.workload("web") is not None
    assert plan.workload("worker-default") is None


def test_the_embedded_broker_is_a_workload_on_one_machine(tmp_path: Path) -> None:
    file = write_service(
        tmp_path,
        "{type: systemd, host: box, directory: /srv/shop, memory: 1GiB}",
        "    tasks: {}\n",
    )
    places = Places("/srv/shop/current/macaron.yaml", "/srv/shop/current/venv/bin/python", "/var/lib/shop")
    plan = plan_of(file, "live", places=places)
    assert [each.name for each in plan.workloads] == ["broker", "web", "worker-default"]
    assert plan.workloads[0].process.ready_socket == "/var/lib/shop/broker.sock"
    assert [each.memory for each in plan.workloads] == [2**30] * 3
    assert plan.workloads[1].variables["MACARON_STATE_DIR"] == "/var/lib/shop"


def test_an_image_is_pulled_by_its_digest() -> None:
    assert Image("r.example.com/shop", "v1", "sha256:ab").reference == "r.example.com/shop@sha256:ab"
    assert Image("r.example.com/shop", "v1").reference == "r.example.com/shop:v1"
