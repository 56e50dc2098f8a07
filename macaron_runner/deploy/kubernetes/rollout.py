"""What the objects of a cluster say of a roll-out: done, on its way, or in a trouble that will not pass. Pure.

A Deployment is out when the controller has seen it, all its pods are new ones, and they have been ready for a while;
that it was applied says nothing. Not for asking (platform), nor for what a trouble comes from (causes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.deploy.kubernetes.objects import Object, of_kind

_HOPELESS: Final = frozenset({
    "CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError", "ErrImageNeverPull",
    "ImageInspectError", "ImagePullBackOff", "InvalidImageName", "RunContainerError",
})  # fmt: skip
_REVISION: Final = "deployment.kubernetes.io/revision"
_RESTARTS: Final = 2
"""So often a new container must have been started again before it is a trouble: once may be a dependency's fault."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a Deployment's new pods, or one of them ("" for none in particular).

    `reason` is the cluster's word, `message` its sentence; `exit_code` that of the container which ended (None: none
    did), `last_words` what it left in /dev/termination-log; `certain`: it will not pass.
    """

    deployment: str
    reason: str
    message: str = ""
    pod: str = ""
    container: str = ""
    exit_code: int | None = None
    last_words: str = ""
    restarts: int = 0
    certain: bool = True

    def __str__(self) -> str:
        ended = f", it ended with {self.exit_code}" if self.exit_code is not None else ""
        said = f": {self.message}" if self.message else ""
        return f"{self.pod or self.deployment}: {self.reason}{ended}{said}"


@dataclass(frozen=True, slots=True)
class Rollout:
    """How some Deployments fare: what is still `awaited`, "" for nothing, and what is wrong."""

    awaited: str
    troubles: tuple[Trouble, ...] = ()

    @property
    def lost(self) -> tuple[Trouble, ...]:
        """The troubles that will not pass."""
        return tuple(trouble for trouble in self.troubles if trouble.certain)


def judge(objects: Iterable[Object], names: Iterable[str]) -> Rollout:
    """Return how the Deployments of these names fare, of all Deployments, ReplicaSets and pods of a service."""
    found = list(objects)
    deployments = {each["metadata"]["name"]: each for each in of_kind(found, "Deployment")}
    awaited: list[str] = []
    troubles: list[Trouble] = []
    for name in names:
        deployment = deployments.get(name)
        if deployment is None:
            awaited.append(f"{name}: to be there")
        elif missing := _missing(deployment, found):
            troubles += _troubles(deployment, found)
            awaited.append(f"{name}: {_and_trouble(missing, troubles, name)}")
    return Rollout("; ".join(awaited), tuple(troubles))


def new_pods(deployment: Object, objects: Iterable[Object]) -> list[Object]:
    """Return the pods that a Deployment made of what it says now."""
    found = list(objects)
    wanted = deployment["metadata"].get("annotations", {}).get(_REVISION)
    sets = {
        each["metadata"]["uid"]
        for each in of_kind(found, "ReplicaSet")
        if _is_owned(each, {deployment["metadata"]["uid"]})
        and each["metadata"].get("annotations", {}).get(_REVISION) == wanted
    }
    return [pod for pod in of_kind(found, "Pod") if _is_owned(pod, sets)]


def unready(objects: Iterable[Object], names: Iterable[str]) -> Iterator[Trouble]:
    """Yield, of each Deployment, its new pods that run and are not ready: what is asked when time is up."""
    found = list(objects)
    for deployment in of_kind(found, "Deployment"):
        name = deployment["metadata"]["name"]
        for pod in new_pods(deployment, found) if name in set(names) else ():
            for container in pod.get("status", {}).get("containerStatuses", ()):
                if not container.get("ready"):
                    where = pod["metadata"]["name"], container["name"]
                    restarts = int(container.get("restartCount", 0))
                    yield Trouble(name, "NotReady", "", *where, restarts=restarts, certain=False)


def pod_troubles(deployment: str, pod: Object) -> Iterator[Trouble]:
    """Yield what is wrong with a pod."""
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            message = condition.get("message", "")
            # A cluster may grow: only time tells.
            yield Trouble(deployment, condition.get("reason", "Unschedulable"), message, name, certain=False)
    for container in status.get("containerStatuses", ()):
        yield from _container_trouble(deployment, name, container)


def _container_trouble(deployment: str, pod: str, container: dict[str, Any]) -> Iterator[Trouble]:
    if container.get("ready"):
        return  # whatever it was that ended it once, it has passed
    state, before = container.get("state", {}), container.get("lastState", {})
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or before.get("terminated") or {}
    restarts, reason = int(container.get("restartCount", 0)), waiting.get("reason", "")
    hopeless = reason in _HOPELESS or restarts >= _RESTARTS
    if not hopeless and reason != "ErrImagePull" and not ended:
        return
    yield Trouble(
        deployment,
        "OOMKilled" if ended.get("reason") == "OOMKilled" else reason or "Restarting",
        waiting.get("message", ""),
        pod,
        container["name"],
        ended.get("exitCode"),
        ended.get("message", "").strip(),
        restarts,
        certain=hopeless,
    )


def _troubles(deployment: Object, objects: list[Object]) -> Iterator[Trouble]:
    name = deployment["metadata"]["name"]
    if not _is_seen(deployment):
        return  # the pods that there are, and what is said of them, are of what was before
    yield from (trouble for pod in new_pods(deployment, objects) for trouble in pod_troubles(name, pod))
    for condition in deployment.get("status", {}).get("conditions", ()):
        reason, message = condition.get("reason", ""), condition.get("message", "")
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield Trouble(name, reason, message, certain="quota" in message or "forbidden" in message)
        if condition["type"] == "Progressing" and reason == "ProgressDeadlineExceeded":
            yield Trouble(name, reason, message)


def _missing(deployment: Object, objects: list[Object]) -> str:
    """Return what is missing for a Deployment to be out, as `kubectl rollout status` sees it; "" for nothing."""
    wanted, status = int(deployment["spec"].get("replicas", 1)), deployment.get("status", {})
    updated, there = int(status.get("updatedReplicas", 0)), int(status.get("replicas", 0))
    if not _is_seen(deployment):
        return "to be seen by its controller"
    if updated < wanted:
        return f"{updated} of {wanted} new pods made"
    ready = sum(_is_ready(pod) for pod in new_pods(deployment, objects))
    if ready < updated:
        return f"{ready} of {updated} new pods ready"
    if there > updated:
        return f"{there - updated} old pod{'' if there - updated == 1 else 's'} to end"
    return "new pods to stay ready" if int(status.get("availableReplicas", 0)) < updated else ""


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _is_seen(deployment: Object) -> bool:
    seen = deployment.get("status", {}).get("observedGeneration", 0)
    return bool(seen >= deployment["metadata"].get("generation", 0))


def _and_trouble(missing: str, troubles: list[Trouble], name: str) -> str:
    mine = next((each for each in troubles if each.deployment == name), None)
    return f"{missing} ({mine})" if mine is not None else missing


def _is_owned(found: Object, owners: set[str]) -> bool:
    return any(owner["uid"] in owners for owner in found["metadata"].get("ownerReferences", ()))
