"""What every rendering keeps to, whatever the service: what the golden trees show by example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.configuration.load import examine
from macaron_runner.configuration.selection import Selection
from macaron_runner.deploy.kubernetes.lint import faults
from macaron_runner.deploy.kubernetes.objects import of_kind
from macaron_runner.deploy.kubernetes.render import read_objects, render
from tests.deploy.kubernetes.rendered import EVERYTHING, TARGETS, WITH_TASKS, objects_of, one, pod_of, written
from tests.deploy.planned import plan_of


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_rendered_is_sound(target: str) -> None:
    assert faults(objects_of(EVERYTHING, target)) == []


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert render(plan_of(EVERYTHING, "google")) == render(plan_of(EVERYTHING, "google"))


@pytest.mark.parametrize("target", TARGETS)
def test_a_pod_ends_by_itself_before_it_is_killed(target: str) -> None:
    planned = plan_of(EVERYTHING, target)
    deployments = of_kind(read_objects(render(planned)), "Deployment")
    for workload, deployment in zip(
        planned.workloads,
        sorted(deployments, key=lambda each: [w.name for w in planned.workloads].index(_component(each))),
        strict=True,
    ):
        pod = deployment["spec"]["template"]["spec"]
        lifecycle = pod["containers"][0].get("lifecycle", {"preStop": {"exec": {"command": ["sleep", "0"]}}})
        pause = int(lifecycle["preStop"]["exec"]["command"][1])
        assert pod["terminationGracePeriodSeconds"] >= pause + workload.process.grace + 5
        assert (pause > 0) is (workload.port is not None)


def _component(deployment: dict) -> str:
    return deployment["metadata"]["labels"]["app.kubernetes.io/component"]


def test_the_configuration_has_another_name_when_it_is_another(tmp_path: Path) -> None:
    def config_map(text: str) -> str:
        (objects,) = [of_kind(written(tmp_path, rest=WITH_TASKS + text), "ConfigMap")]
        assert objects[0]["immutable"] is True
        assert pod_of(written(tmp_path, rest=WITH_TASKS + text), "shop-web")["volumes"][0] == {
            "name": "config",
            "configMap": {"name": objects[0]["metadata"]["name"]},
        }
        return objects[0]["metadata"]["name"]

    assert config_map("config: {a: 1}\n") == config_map("config: {a: 1}\n") != config_map("config: {a: 2}\n")


def test_what_selects_pods_never_changes_with_the_version() -> None:
    old, new = (objects_of(EVERYTHING, "google", version) for version in ("1", "2"))
    for before, after in zip(of_kind(old, "Deployment"), of_kind(new, "Deployment"), strict=True):
        assert before["spec"]["selector"] == after["spec"]["selector"]
        assert before["spec"]["template"] != after["spec"]["template"]


@pytest.mark.parametrize("target", TARGETS)
def test_every_pod_is_restricted(target: str) -> None:
    """As the Pod Security Standard "restricted" wants it, and with a root that nobody writes to."""
    for deployment in of_kind(objects_of(EVERYTHING, target), "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
        assert {"configMap", "projected", "emptyDir"} >= {
            next(k for k in v if k != "name") for v in pod["volumes"]
        }


def test_a_pod_of_our_own_account_has_no_token(tmp_path: Path) -> None:
    own, given_one = written(tmp_path), written(tmp_path, "service_account: runner")
    assert pod_of(own, "shop-web")["automountServiceAccountToken"] is False
    assert one(own, "ServiceAccount", "shop")["automountServiceAccountToken"] is False
    assert pod_of(given_one, "shop-web")["serviceAccountName"] == "runner"
    assert "automountServiceAccountToken" not in pod_of(given_one, "shop-web")
    assert of_kind(given_one, "ServiceAccount") == []


def test_nothing_reaches_pods_that_answer_nothing(tmp_path: Path) -> None:
    policies = {
        each["metadata"]["name"]: each["spec"] for each in of_kind(written(tmp_path), "NetworkPolicy")
    }
    assert set(policies) == {"shop-nothing", "shop-web"}
    assert "ingress" not in policies["shop-nothing"]
    assert policies["shop-web"]["ingress"] == [{"ports": [{"port": 8080, "protocol": "TCP"}]}]


def test_a_number_that_something_decides_is_not_said(tmp_path: Path) -> None:
    fixed, scaled = written(tmp_path, "replicas: 3"), written(tmp_path, "replicas: {min: 2, max: 5}")
    assert one(fixed, "Deployment", "shop-web")["spec"]["replicas"] == 3
    assert "replicas" not in one(scaled, "Deployment", "shop-web")["spec"]
    assert one(scaled, "HorizontalPodAutoscaler", "shop-web")["spec"]["minReplicas"] == 2


def test_a_lone_pod_does_not_keep_its_node_from_being_emptied(tmp_path: Path) -> None:
    assert of_kind(written(tmp_path, "replicas: 1"), "PodDisruptionBudget") == []
    (budget,) = of_kind(written(tmp_path, "replicas: 2"), "PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1


def test_a_secret_is_where_the_target_says() -> None:
    env = pod_of(objects_of(EVERYTHING, "google"), "shop-web")["containers"][0]["env"]
    assert {
        "name": "SHOP_JWT_SECRET",
        "valueFrom": {"secretKeyRef": {"name": "shop-secrets", "key": "SHOP_JWT"}},
    } in env


def test_any_name_of_a_pool_will_do(tmp_path: Path) -> None:
    names = ("m" * 60 + "_-_", "m" * 60 + "_--", "Mail", "mail")
    pools = ", ".join(f"{name}: {{queues: [mail]}}" for name in names)
    objects = written(tmp_path, rest=WITH_TASKS.replace("mail: {queues: [mail]}", pools))
    assert faults(objects) == []
    assert len({each["metadata"]["name"] for each in of_kind(objects, "Deployment")}) == len(names) + 2


def test_a_pool_s_queues_are_counted_by_what_a_pod_can_do(tmp_path: Path) -> None:
    pools = "pools: {mail: {replicas: {min: 0, max: 3}, cpu: 3}}"
    scaler = one(written(tmp_path, f"keda: true, {pools}"), "ScaledObject", "shop-worker-mail")
    assert scaler["spec"]["triggers"][0]["metadata"]["listLength"] == "15"


MARK = "Zq9vW3"
"""Stands in every secret, and nowhere else."""
_SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=40).map(
    lambda rest: MARK + rest
)


@settings(max_examples=5)
@given(jwt=_SECRETS, redis=_SECRETS)
def test_no_secret_appears_in_any_file(
    jwt: str, redis: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Even where the configuration has been loaded with the secrets' values, none of them is rendered."""
    place = tmp_path_factory.getbasetemp() / "secret"
    place.write_text(redis, "utf-8")
    planned = plan_of(EVERYTHING, "google")
    environ = {"SHOP_JWT_SECRET": jwt, "REDIS_HOST": "redis"}
    selection = Selection(str(EVERYTHING), "", (f"secrets.redis_password.file={place}",))
    configuration, _ = examine(selection, environ=environ)
    assert configuration is not None
    assert configuration.config.tasks is not None
    assert MARK in configuration.config.tasks.broker.reveal()
    assert all(MARK not in file.text for file in render(replace(planned, configuration=configuration)))
