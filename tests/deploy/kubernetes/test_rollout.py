"""What the objects of a cluster say of a roll-out, and what its troubles come from."""

from __future__ import annotations

from typing import Any

import pytest

from macaron_runner.deploy.kubernetes.causes import cause_of
from macaron_runner.deploy.kubernetes.objects import Object
from macaron_runner.deploy.kubernetes.rollout import Trouble, judge

DONE = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}


def deployment(wanted: int = 2, **status: Any) -> Object:
    return {
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "uid": "d",
            "generation": 2,
            "annotations": {"deployment.kubernetes.io/revision": "2"},
        },
        "spec": {"replicas": wanted},
        "status": DONE | status,
    }


def replica_set(revision: str) -> Object:
    metadata = {
        "name": f"web-{revision}",
        "uid": f"r{revision}",
        "annotations": {"deployment.kubernetes.io/revision": revision},
        "ownerReferences": [{"uid": "d"}],
    }
    return {"kind": "ReplicaSet", "metadata": metadata}


def pod(container: dict[str, Any] | None = None, *conditions: dict[str, str], of: str = "2") -> Object:
    status: dict[str, Any] = {"conditions": list(conditions)}
    if container is not None:
        status["containerStatuses"] = [{"name": "web", "ready": False, "restartCount": 0} | container]
    metadata = {"name": f"web-{of}-x", "ownerReferences": [{"uid": f"r{of}"}]}
    return {"kind": "Pod", "metadata": metadata, "status": status}


def judged(*objects: Object) -> str:
    return judge([replica_set("1"), replica_set("2"), *objects], ["web"]).awaited


def troubles(found: Object, **status: Any) -> tuple[Trouble, ...]:
    status = {"availableReplicas": 1} | status
    return judge([replica_set("1"), replica_set("2"), deployment(**status), found], ["web"]).troubles


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}, **more}


READY = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    ("found", "ready", "awaited"),
    [
        (deployment(), 2, ""),
        (deployment(0, replicas=0, updatedReplicas=0, availableReplicas=0), 0, ""),
        (deployment(observedGeneration=1), 2, "web: to be seen by its controller"),
        (deployment(updatedReplicas=1), 1, "web: 1 of 2 new pods made"),
        (deployment(replicas=4), 1, "web: 1 of 2 new pods ready"),
        (deployment(replicas=3), 2, "web: 1 old pod to end"),
        (deployment(replicas=5), 2, "web: 3 old pods to end"),
        (deployment(availableReplicas=1), 2, "web: new pods to stay ready"),
    ],
)
def test_what_is_awaited(found: Object, ready: int, awaited: str) -> None:
    assert judged(found, *(pod(None, READY) for _ in range(ready)), pod(None, READY, of="1")) == awaited


def test_a_deployment_that_is_not_there_is_awaited() -> None:
    assert judge([], ["web"]).awaited == "web: to be there"


def test_the_first_trouble_is_told_while_waiting() -> None:
    seen = [replica_set("2"), deployment(availableReplicas=0), pod(waiting("ErrImagePull", "try again"))]
    found = judge(seen, ["web"])
    assert found.awaited == "web: 0 of 2 new pods ready (web-2-x: ErrImagePull: try again)"
    assert found.lost == ()


@pytest.mark.parametrize(
    ("container", "reason", "certain"),
    [
        (waiting("ImagePullBackOff"), "ImagePullBackOff", True),
        (waiting("ErrImagePull"), "ErrImagePull", False),
        (waiting("CreateContainerConfigError"), "CreateContainerConfigError", True),
        (waiting("CrashLoopBackOff", restartCount=1), "CrashLoopBackOff", True),
        ({"state": {"running": {}}, "restartCount": 2}, "Restarting", True),
        (
            {"lastState": {"terminated": {"reason": "Error", "exitCode": 1}}, "restartCount": 1},
            "Restarting",
            False,
        ),
        (
            waiting("CrashLoopBackOff", lastState={"terminated": {"reason": "OOMKilled", "exitCode": 137}}),
            "OOMKilled",
            True,
        ),
    ],
)
def test_a_container_s_trouble(container: dict[str, Any], reason: str, certain: bool) -> None:
    (trouble,) = troubles(pod(container))
    assert (trouble.reason, trouble.certain, trouble.pod, trouble.container) == (
        reason,
        certain,
        "web-2-x",
        "web",
    )


ONCE = {"ready": True, "restartCount": 3, "lastState": {"terminated": {"reason": "Error", "exitCode": 1}}}


@pytest.mark.parametrize("container", [waiting("ContainerCreating"), {"state": {"running": {}}}, ONCE])
def test_a_container_that_starts_or_is_ready_has_no_trouble(container: dict[str, Any]) -> None:
    assert troubles(pod(container)) == ()


def test_what_a_container_left_is_kept() -> None:
    ended = {"reason": "Error", "exitCode": 78, "message": "error[MAC214]: unknown queue\n"}
    (trouble,) = troubles(pod(waiting("CrashLoopBackOff", lastState={"terminated": ended})))
    assert (trouble.exit_code, trouble.last_words) == (78, "error[MAC214]: unknown queue")


def test_old_pods_are_nobody_s_trouble() -> None:
    assert troubles(pod(waiting("CrashLoopBackOff"), of="1")) == ()


def test_what_was_before_is_nobody_s_trouble() -> None:
    """A release that mends what crashes must not fail of the pods that it is to replace."""
    assert troubles(pod(waiting("CrashLoopBackOff")), observedGeneration=1) == ()


def test_a_cluster_may_grow() -> None:
    unscheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes",
    }
    (trouble,) = troubles(pod(None, unscheduled))
    assert (trouble.reason, trouble.message, trouble.certain) == ("Unschedulable", "0/3 nodes", False)


@pytest.mark.parametrize(
    ("message", "certain"),
    [('pods "x" is forbidden: exceeded quota: team', True), ("the webhook did not answer", False)],
)
def test_pods_that_cannot_be_made(message: str, certain: bool) -> None:
    failed = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    (trouble,) = troubles(pod(of="1"), conditions=[failed])
    assert (trouble.reason, trouble.pod, trouble.certain) == ("FailedCreate", "", certain)


def test_a_roll_out_that_is_given_up() -> None:
    late = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": "timed out",
    }
    (trouble,) = troubles(pod({"state": {"running": {}}}), conditions=[late])
    assert str(trouble) == "web: ProgressDeadlineExceeded: timed out"
    assert troubles(pod(), conditions=[late], observedGeneration=1) == ()  # it is of the roll-out before


@pytest.mark.parametrize(
    ("trouble", "said", "cause"),
    [
        (Trouble("web", "ImagePullBackOff", "manifest unknown"), "", "it was not pushed"),
        (Trouble("web", "ImagePullBackOff", "401 Unauthorized"), "", "pull_secret"),
        (Trouble("web", "ImagePullBackOff", "back-off"), "Failed to pull: not found", "it was not pushed"),
        (Trouble("web", "ErrImagePull", "dial tcp: timeout"), "", "could not be reached"),
        (
            Trouble("web", "CrashLoopBackOff", exit_code=1, last_words="exec format error"),
            "",
            "build.platforms",
        ),
        (Trouble("web", "OOMKilled", exit_code=137), "", "raise `memory`"),
        (Trouble("web", "CrashLoopBackOff", exit_code=137), "", "liveness probe"),
        (Trouble("web", "CreateContainerConfigError", 'secret "shop" not found'), "", "Secret or ConfigMap"),
        (Trouble("web", "RunContainerError", "exec: executable file not found"), "", "ENTRYPOINT"),
        (Trouble("web", "CrashLoopBackOff", exit_code=127), "", "ENTRYPOINT"),
        (Trouble("web", "CrashLoopBackOff", exit_code=78), "", "configuration is not good"),
        (Trouble("web", "CrashLoopBackOff", exit_code=69), "", "was not there when it started"),
        (Trouble("web", "CrashLoopBackOff", exit_code=70), "", "died again and again"),
        (Trouble("web", "CrashLoopBackOff", exit_code=1), "", "it crashes when it starts"),
        (Trouble("web", "FailedCreate", "exceeded quota: team"), "", "raise its quota"),
        (Trouble("web", "FailedCreate", "violates PodSecurity"), "", "policies"),
        (Trouble("web", "Unschedulable", "3 Insufficient cpu"), "", "let the cluster grow"),
        (Trouble("web", "Unschedulable", "untolerated taint"), "", "taints"),
        (Trouble("web", "ProgressDeadlineExceeded"), "", "does not become ready"),
        (Trouble("web", "SomethingNew"), "", ""),
    ],
)
def test_the_likely_cause(trouble: Trouble, said: str, cause: str) -> None:
    found = cause_of(trouble, said)
    assert cause in found
    assert bool(found) == bool(cause)
