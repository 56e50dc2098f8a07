from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.configuration.cloud_run_rules import GIB, LONGEST_SERVICE, MIB, misfit, misfit_of_worker
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.deploy.cloud_run.names import TAG, again, beside, label_value, revision_name
from macaron_runner.deploy.cloud_run.render import files_of, render, resources_in
from macaron_runner.deploy.cloud_run.template import TERMINATION, limits
from macaron_runner.deploy.workloads import Places
from macaron_runner.processes.plan import plan
from tests.deploy.cloud_run.setting import FILE
from tests.deploy.planned import plan_of, write_service

SERVICE = "projects/p/locations/r/services/"
NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?", fullmatch=True).filter(
    lambda name: len(name) <= LONGEST_SERVICE
)
VERSIONS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,80}", fullmatch=True)
POOLS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,60}", fullmatch=True)


@given(NAMES, POOLS, VERSIONS)
def test_every_name_is_within_the_limits(service: str, pool: str, version: str) -> None:
    name = beside(SERVICE + service, "workerPools", f"worker-{pool}").rpartition("/")[2]
    assert re.fullmatch("[a-z]([a-z0-9-]*[a-z0-9])?", name)
    assert len(name) <= 49
    for owner in (service, name):
        revision = again(revision_name(owner, version, {}), 1_234_567)
        assert re.fullmatch(re.escape(owner) + "-([a-z0-9-]*[a-z0-9])", revision)
        assert len(revision) <= 63
    assert re.fullmatch("[a-z0-9_-]{0,63}", label_value(version))
    assert len(service) + len(TAG) <= 46


@pytest.mark.parametrize(
    ("owner", "version", "begin"),
    [
        ("shop", "20261128-421-3f2c9a1", "shop-20261128-421-3f2c9a1-"),
        ("shop-with-quite-a-long-name", "20261128-421-3f2c9a1", "shop-with-quite-a-long-name-421-3f2c9a1-"),
        ("s" * 42, "20261128-421-3f2c9a1", f"{'s' * 42}-"),
        ("shop", "v1.2+Local", "shop-v1-2-local-"),
    ],
)
def test_a_revision_has_as_much_of_the_version_as_fits(owner: str, version: str, begin: str) -> None:
    assert re.fullmatch(re.escape(begin) + "[0-9a-f]{8}", revision_name(owner, version, {}))


def test_what_is_the_same_has_the_same_name_and_nothing_else_has() -> None:
    assert revision_name("shop", "1", {"a": 1, "b": 2}) == revision_name("shop", "1", {"b": 2, "a": 1})
    assert revision_name("shop", "1", {"a": 1}) != revision_name("shop", "1", {"a": 2})


@pytest.mark.parametrize(
    ("cores", "memory", "written"),
    [
        (1.0, 512 * MIB, ("1", "512Mi")),
        (0.5, 500_000_000, ("500m", "500M")),
        (8.0, 32 * GIB, ("8", "32768Mi")),
    ],
)
def test_quantities_are_written_as_google_writes_them(
    cores: float, memory: int, written: tuple[str, str]
) -> None:
    assert limits(cores, memory) == dict(zip(("cpu", "memory"), written, strict=True))


@pytest.mark.parametrize(
    ("cores", "memory"),
    [(0.08, 128 * MIB), (0.5, GIB), (1, 4 * GIB), (2, 128 * MIB), (4, 2 * GIB), (6, 24 * GIB), (8, 32 * GIB)],
)
def test_what_cloud_run_has(cores: float, memory: int) -> None:
    assert misfit(cores, memory) == ""


@pytest.mark.parametrize(
    ("cores", "memory"),
    [
        (0.07, 128 * MIB),
        (0.4, 513 * MIB),
        (0.9, 2 * GIB),
        (1, 5 * GIB),
        (1, 64 * MIB),
        (3, GIB),
        (4, GIB),
        (1.5, GIB),
    ],
)
def test_what_cloud_run_does_not_have(cores: float, memory: int) -> None:
    assert misfit(cores, memory)
    assert misfit_of_worker(cores, memory)


def test_files_are_read_back_as_what_they_were_made_of() -> None:
    for target in ("live", "small"):
        files = render(plan_of(FILE, target))
        assert files_of(resources_in(files)) == files


def test_a_worker_whose_health_is_inside_its_container_only_is_not_asked(tmp_path: Path) -> None:
    rest = 'tasks: {broker: "redis://redis", pools: {default: {health_bind: "127.0.0.1:8081"}}}'
    file = write_service(tmp_path, "{type: cloud_run, project: acme-live, region: europe-west1}", rest)
    [pool] = resources_in(render(plan_of(file, "live"))).pools
    assert "livenessProbe" not in pool["template"]["containers"][0]


@settings(max_examples=25, deadline=None)
@given(
    st.from_regex(r"[A-Za-z0-9]{12,40}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9/@: ]{12,40}", fullmatch=True),
)
def test_no_value_of_a_secret_is_rendered(
    tmp_path_factory: pytest.TempPathFactory, one: str, two: str
) -> None:
    folder = tmp_path_factory.mktemp("secret")
    (folder / "password").write_text(two)
    rest = """\
        secrets: {jwt: {env: SHOP_JWT}, password: {file: password}, made: {env: SHOP_MADE, generate: true}}
        auth:
          users:
            {type: jwt, issuer: a, audience: b, algorithms: [HS256], keys: {main: {secret: "${secret:jwt}"}}}
        tasks: {broker: "redis://:${secret:password}@redis"}
        config: {text: "before ${secret:made} after"}
        """
    file = write_service(
        folder, "{type: cloud_run, project: acme-live, region: europe-west1, before: [migrate]}", rest
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SHOP_JWT", one)
        environment.setenv("SHOP_MADE", one)
        files = render(plan_of(file, "live"))
    assert {"SHOP_JWT", "SHOP_MADE"} <= set(re.findall(r"SHOP_\w+", files[-1].text))
    for each in files:
        assert one not in each.text
        assert two.strip() not in each.text


def words_of(container: dict[str, Any]) -> tuple[str, ...]:
    """Return what a container's arguments set by hand."""
    args = container["args"]
    return tuple(word for flag, word in itertools.pairwise(args) if flag == "--set")


def test_what_containers_are_told_makes_them_read_secrets_there_and_stop_in_time(tmp_path: Path) -> None:
    secret = tmp_path / "value"
    secret.write_text("a secret")
    resources = resources_in(render(plan_of(FILE, "small")))
    environ = {"SHOP_JWT_SECRET": "x" * 32, "REDIS_HOST": "redis"}
    for owner in (resources.service, *resources.pools):
        words = words_of(owner["template"]["containers"][0])
        there = [word.replace("/secrets/redis_password/value", str(secret)) for word in words]
        there = [word.replace("/secrets/partner_keys/value", str(secret)) for word in there]
        service = load(Selection(str(FILE), overrides=tuple(there)), environ=environ)
        assert service.config.secrets["redis_password"].file == str(secret)
        for process in plan(service, python="python", state=Places()):
            if process.name.removeprefix("worker-") in " ".join(owner["template"]["containers"][0]["args"]):
                assert process.grace <= TERMINATION
