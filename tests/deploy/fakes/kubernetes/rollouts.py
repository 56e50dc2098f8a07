"""The controllers of the fake cluster: a Deployment becomes ReplicaSets and pods, which start, or fail as told.

New pods come up beside the old ones, which go when as many new ones are ready; what a real cluster does in minutes
takes a few steps here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from enum import Enum
from typing import Any

from tests.deploy.fakes.kubernetes.resources import BUILT_IN
from tests.deploy.fakes.kubernetes.store import Store

_RESOURCES = {each.kind: each for each in BUILT_IN}
_REVISION = "deployment.kubernetes.io/revision"
_PATIENCE = 12
"""Steps after which a roll-out without progress is given up."""


class Fate(Enum):
    """What becomes of the pods of an image."""

    GOOD = "good"
    BAD_IMAGE = "bad image"
    CRASH = "crash"
    BAD_CONFIGURATION = "bad configuration"
    OUT_OF_MEMORY = "out of memory"
    UNREADY = "unready"
    UNSCHEDULABLE = "unschedulable"
    QUOTA = "quota"


class Controllers:
    """Moves Deployments on, a step at a time. `fate_of(version)` says what becomes of pods of a version."""

    def __init__(self, store: Store, fate_of: Callable[[str], Fate]) -> None:
        self._store = store
        self._fate_of = fate_of
        self._ages: dict[str, int] = {}

    def step(self) -> None:
        for deployment in self._store.select("Deployment", ""):
            self._scale(deployment)
            self._roll(deployment)

    def _scale(self, deployment: dict) -> None:
        """Do what a HorizontalPodAutoscaler does first: see to the least number."""
        namespace, name = _place(deployment)
        for scaler in self._store.select("HorizontalPodAutoscaler", namespace):
            least = scaler["spec"]["minReplicas"]
            if scaler["spec"]["scaleTargetRef"]["name"] == name and deployment["spec"]["replicas"] < least:
                deployment["spec"]["replicas"] = least
                deployment["metadata"]["generation"] += 1

    def _roll(self, deployment: dict) -> None:
        sets = self._sets(deployment)
        new = self._new_set(deployment, sets)
        uid = new["metadata"]["uid"]
        age = self._ages[uid] = self._ages.get(uid, 0) + 1
        fate = self._fate_of(version_of(new["spec"]["template"]["spec"]))
        wanted = deployment["spec"]["replicas"]
        pods = self._pods(new)
        if fate is not Fate.QUOTA:
            self._fit(new, pods, wanted)
        for pod in self._pods(new):
            pod["status"] = _status(pod, fate, age)
            self._store.touch(pod)
            if fate is Fate.UNREADY and age == 2:
                self._warn(pod, "Readiness probe failed: HTTP probe failed with statuscode: 503")
        ready = sum(is_ready(pod) for pod in self._pods(new))
        if ready >= wanted:
            self._end([each for each in sets if each["metadata"]["uid"] != uid])
        self._tell(deployment, new, fate, age, wanted)

    def _warn(self, pod: dict, message: str) -> None:
        namespace, name = _place(pod)
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{name}."},
            "type": "Warning",
        }
        about = {"involvedObject": {"kind": "Pod", "name": name}, "reason": "Unhealthy", "message": message}
        self._store.create(_RESOURCES["Event"], namespace, event | about)

    def _fit(self, new: dict, pods: list[dict], wanted: int) -> None:
        new["spec"]["replicas"] = wanted
        namespace, name = _place(new)
        for _ in range(wanted - len(pods)):
            template = new["spec"]["template"]
            metadata = {"generateName": f"{name}-", "labels": dict(template["metadata"]["labels"])}
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
            self._store.create(_RESOURCES["Pod"], namespace, _owned(pod, new))
        for pod in pods[wanted:]:
            self._store.delete(("Pod", *_place(pod)))

    def _end(self, sets: list[dict]) -> None:
        for old in sets:
            old["spec"]["replicas"] = 0
            self._ages.pop(old["metadata"]["uid"], None)
            for pod in self._pods(old):
                self._store.delete(("Pod", *_place(pod)))

    def _tell(self, deployment: dict, new: dict, fate: Fate, age: int, wanted: int) -> None:
        pods, all_pods = self._pods(new), [pod for each in self._sets(deployment) for pod in self._pods(each)]
        ready = sum(is_ready(pod) for pod in all_pods)
        done = sum(is_ready(pod) for pod in pods) >= wanted and len(all_pods) == wanted
        late = not done and age > _PATIENCE
        conditions = [
            _condition("Available", ready >= wanted, "MinimumReplicasAvailable"),
            _condition("Progressing", not late, "ProgressDeadlineExceeded" if late else "ReplicaSetUpdated"),
        ]
        if fate is Fate.QUOTA:
            message = f'pods "{new["metadata"]["name"]}-x" is forbidden: exceeded quota: team, used: cpu=4'
            conditions.append(_condition("ReplicaFailure", True, "FailedCreate", message))
        deployment["metadata"].setdefault("annotations", {})[_REVISION] = new["metadata"]["annotations"][
            _REVISION
        ]
        deployment["status"] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(all_pods),
            "updatedReplicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "conditions": conditions,
        }
        self._store.touch(deployment)

    def _new_set(self, deployment: dict, sets: list[dict]) -> dict:
        template = deployment["spec"]["template"]
        mark = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
        namespace, name = _place(deployment)
        revision = 1 + max((int(each["metadata"]["annotations"][_REVISION]) for each in sets), default=0)
        for found in sets:
            if found["metadata"]["name"] == f"{name}-{mark}":
                if int(found["metadata"]["annotations"][_REVISION]) + 1 < revision:
                    found["metadata"]["annotations"][_REVISION] = str(revision)
                return found
        labels = template["metadata"]["labels"] | {"pod-template-hash": mark}
        fresh = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{name}-{mark}",
                "labels": labels,
                "annotations": {_REVISION: str(revision)},
            },
            "spec": {"replicas": 0, "template": template | {"metadata": {"labels": labels}}},
        }
        return self._store.create(_RESOURCES["ReplicaSet"], namespace, _owned(fresh, deployment))

    def _sets(self, deployment: dict) -> list[dict]:
        return self._children("ReplicaSet", deployment)

    def _pods(self, owner: dict) -> list[dict]:
        return self._children("Pod", owner)

    def _children(self, kind: str, owner: dict) -> list[dict]:
        uid = owner["metadata"]["uid"]
        found = self._store.select(kind, owner["metadata"]["namespace"])
        return [each for each in found if each["metadata"]["ownerReferences"][0]["uid"] == uid]


def version_of(pod: dict) -> str:
    """Return the version that a pod's specification says."""
    variables = {entry["name"]: entry.get("value", "") for entry in pod["containers"][0]["env"]}
    return variables.get("MACARON_VERSION", "")


def _status(pod: dict, fate: Fate, age: int) -> dict[str, Any]:
    name = pod["spec"]["containers"][0]["name"]
    container: dict[str, Any] = {"name": name, "ready": False, "restartCount": 0, "state": {"running": {}}}
    conditions = [_condition("PodScheduled", fate is not Fate.UNSCHEDULABLE, "Unschedulable")]
    if fate is Fate.UNSCHEDULABLE:
        conditions[0]["message"] = "0/3 nodes are available: 3 Insufficient cpu."
        return {"phase": "Pending", "conditions": conditions}
    if fate is Fate.GOOD:
        container["ready"] = age > 1
        conditions.append(_condition("Ready", age > 1, ""))
    elif age > 1:
        container |= _FAILED.get(fate, {})
    return {"phase": "Running", "conditions": conditions, "containerStatuses": [container]}


def _ended(reason: str, code: int, message: str = "") -> dict:
    return {
        "restartCount": 3,
        "state": {
            "waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}
        },
        "lastState": {"terminated": {"reason": reason, "exitCode": code, "message": message}},
    }


_FAILED = {
    Fate.BAD_IMAGE: {
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "manifest unknown: not found"}}
    },
    Fate.CRASH: _ended("Error", 1),
    Fate.BAD_CONFIGURATION: _ended("Error", 78, 'error[MAC214]: unknown queue "emial"'),
    Fate.OUT_OF_MEMORY: _ended("OOMKilled", 137),
}


def is_ready(pod: dict) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _condition(kind: str, holds: bool, reason: str, message: str = "") -> dict:
    return {"type": kind, "status": str(holds), "reason": reason, "message": message}


def _owned(found: dict, owner: dict) -> dict:
    reference = {"kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
    found["metadata"]["ownerReferences"] = [reference]
    return found


def _place(found: dict) -> tuple[str, str]:
    return found["metadata"]["namespace"], found["metadata"]["name"]
