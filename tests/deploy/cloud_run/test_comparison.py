"""What differs from what is live: what somebody changed there, and not what Google fills in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.cloud_run.setting import SERVICE, WORKER, Setting
from tests.deploy.fakes.cloud_run import FakeCloudRun, Owner
from tests.deploy.fakes.cloud_run_http import served

Change = Callable[[dict[str, Any]], None]


def content(setting: Setting, owner: str = SERVICE) -> dict[str, Any]:
    """Return what the revision that works was made of, to be changed as nobody can, but for a new revision."""
    found = setting.fake.owners[owner]
    changed: dict[str, Any] = found.revisions[found.latest_ready]["content"]
    return changed


def difference(setting: Setting) -> str:
    return setting.platform().difference(setting.files("1"))


def added(text: str) -> list[str]:
    return [
        line.removeprefix("-").strip()
        for line in text.splitlines()
        if line.startswith("-") and "---" not in line
    ]


@pytest.fixture(scope="module")
def owners() -> dict[str, Owner]:
    """Return what is there after a first deployment; to be copied."""
    fake = FakeCloudRun()
    with served(fake) as address:
        Setting(fake, address).deploy("1")
    return fake.owners


@pytest.fixture
def deployed(setting: Setting, owners: dict[str, Owner]) -> Setting:
    setting.fake.owners = copy.deepcopy(owners)
    return setting


def test_nothing_differs_after_a_deployment(deployed: Setting) -> None:
    assert difference(deployed) == ""


def test_nothing_differs_where_there_are_no_instances(setting: Setting) -> None:
    setting.target = "small"
    setting.deploy("1")
    assert difference(setting) == ""


def test_what_google_fills_in_is_no_difference(deployed: Setting) -> None:
    found = content(deployed)
    found["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = ""
    found |= {"sessionAffinity": False, "encryptionKey": "", "healthCheckDisabled": False, "serviceMesh": {}}
    deployed.fake.owners[SERVICE].said |= {"launchStage": "GA", "scaling": {"scalingMode": "AUTOMATIC"}}
    deployed.fake.owners[SERVICE].said["labels"]["team"] = "web"
    assert difference(deployed) == ""


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda it: it["containers"][0]["env"].append({"name": "DEBUG", "value": "1"}), "name: DEBUG"),
        (lambda it: it["containers"][0]["env"].pop(0), None),
        (
            lambda it: it["containers"][0].update(image="eu.gcr.io/acme/other:1"),
            "image: eu.gcr.io/acme/other:1",
        ),
        (lambda it: it["scaling"].update(maxInstanceCount=3), "maxInstanceCount: 3"),
        (lambda it: it["scaling"].pop("minInstanceCount"), "minInstanceCount"),
        (lambda it: it.update(sessionAffinity=True), "sessionAffinity: true"),
        (lambda it: it.pop("vpcAccess"), None),
        (lambda it: it["volumes"][0]["secret"]["items"][0].update(version="8"), 'version: "8"'),
        (lambda it: it["containers"][0]["args"].append("--set"), "- --set"),
        (lambda it: it["containers"].append({"name": "agent", "image": "agent"}), "- name: agent"),
    ],
)
def test_what_somebody_changed_by_hand_is_shown(deployed: Setting, change: Change, shown: str | None) -> None:
    change(content(deployed))
    text = difference(deployed)
    assert text
    assert "service.yaml" in text
    if shown is not None:
        assert any(shown in line for line in text.splitlines()), text


def test_traffic_moved_by_hand_is_shown(deployed: Setting) -> None:
    owner = deployed.fake.owners[SERVICE]
    owner.revisions["shop-live-by-hand"] = copy.deepcopy(owner.revisions[owner.latest_ready])
    share = {**owner.said["traffic"][0], "percent": 20}
    owner.said["traffic"] = [{**share, "percent": 80}, {**share, "revision": "shop-live-by-hand"}]
    assert {"percent: 80", "percent: 20"} <= set(added(difference(deployed)))


def test_who_may_call_how_many_workers_and_a_pool_too_many_are_shown(deployed: Setting) -> None:
    fake = deployed.fake
    fake.owners[SERVICE].policy["bindings"] = []
    fake.owners[WORKER].said["scaling"] = {"manualInstanceCount": 9}
    extra = copy.deepcopy(fake.owners[WORKER])
    extra.name = f"{WORKER}-old"
    fake.owners[extra.name] = extra
    text = difference(deployed)
    assert "+++ new/iam-policy.yaml" in text
    assert "manualInstanceCount: 9" in added(text)
    assert "--- live/worker-pools/shop-live-worker-default-old.yaml" in text
    assert "+++ /dev/null" in text


def test_worker_pools_of_another_target_are_left_alone(deployed: Setting) -> None:
    other = copy.deepcopy(deployed.fake.owners[WORKER])
    other.name, other.said["labels"]["target"] = f"{WORKER}-other", "other"
    deployed.fake.owners[other.name] = other
    assert difference(deployed) == ""
    deployed.deploy("2")
    assert other.name in deployed.fake.owners


def test_before_the_first_release_everything_is_new(setting: Setting) -> None:
    text = difference(setting)
    assert "--- /dev/null\n+++ new/service.yaml" in text
    assert "+          image: registry.example.com" in text or "+      image: registry.example.com" in text
