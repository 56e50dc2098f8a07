"""A Kubernetes namespace as a target: what is asked of the cluster, and when a roll-out is one.

Releases are applied over the live one: a Deployment sends requests to new pods as they become ready, and keeps the
old ones until then. So acceptance asks a release that has traffic already, and `switch` has nothing left to do. Not
for what objects are made of (render), nor for the course of a deployment (pipeline).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from macaron_runner.configuration.deployment import Kubernetes
from macaron_runner.deploy.failures import DeploymentFailed, OutOfTime, Unhealthy
from macaron_runner.deploy.files import Files
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.kubernetes import records
from macaron_runner.deploy.kubernetes.cluster import Cluster
from macaron_runner.deploy.kubernetes.drift import difference
from macaron_runner.deploy.kubernetes.evidence import gather
from macaron_runner.deploy.kubernetes.kubectl import Kubectl, selector
from macaron_runner.deploy.kubernetes.lint import faults
from macaron_runner.deploy.kubernetes.lock import Lease
from macaron_runner.deploy.kubernetes.objects import (
    COMPONENT_LABEL,
    MANAGER,
    VERSION_LABEL,
    Identity,
    Object,
    Owner,
    identity,
    of_kind,
)
from macaron_runner.deploy.kubernetes.render import read_objects
from macaron_runner.deploy.kubernetes.rollout import judge, new_pods, pod_troubles, unready
from macaron_runner.deploy.release import Release
from macaron_runner.deploy.target import Address, Hold, Site, Status, WorkloadStatus

_EVERY: Final = 2.0
"""Seconds between two looks at a roll-out."""
_SCALERS: Final = ("HorizontalPodAutoscaler", "ScaledObject")


class KubernetesPlatform:
    """A target.Platform."""

    def __init__(self, site: Site, hands: Hands) -> None:
        assert isinstance(site.section, Kubernetes)
        self._hands = hands
        self._kubectl = Kubectl(site.section.context, site.section.namespace)
        self._owner = Owner(site.service, site.section.namespace)
        self._cluster = Cluster(hands, self._kubectl, self._owner)
        self._lease = Lease(hands, self._kubectl, self._owner)
        self._applied: dict[int, list[Object]] = {}

    def difference(self, files: Files) -> str:
        """Return what applying would change, and what would be removed, as the cluster itself sees it."""
        objects = _sound(files)
        if not self._cluster.has_namespace():
            return difference((), objects, self._owner.service)
        leftovers = self._cluster.leftovers(self._ever_applied(), objects)
        there = self._cluster.read(self._kubectl.get_these([*objects, *leftovers]))
        merged = self._cluster.read(self._kubectl.try_apply(objects))
        return difference(there, merged, self._owner.service)

    @contextmanager
    def lock(self, who: str, seconds: float) -> Iterator[Hold]:
        """Hold the Lease of the service's deployments; the namespace is made first where it is not there."""
        self._cluster.make_namespace()
        with self._lease.held(who, seconds) as hold:
            yield hold

    def releases(self) -> tuple[Release, ...]:
        """Return the records that are kept as ConfigMaps."""
        return records.releases(self._records())

    def record(self, release: Release, files: Files | None = None) -> None:
        """Keep a record; that of a rollback has the files of what it brings back."""
        if files is None and release.of is not None and release.status == "deploying":
            files = self._kept(release.of)
        manager = MANAGER if files is None else records.FILES_MANAGER
        self._cluster.act(self._kubectl.apply([records.record(self._owner, release, files)], manager=manager))

    def apply(self, release: Release, files: Files) -> None:
        """Apply all objects of a release."""
        self._applied[release.number] = objects = _sound(files)
        self._cluster.check_secrets(objects)
        self._bring(release, objects)

    def restore(self, release: Release, to: Release) -> None:
        """Apply what was applied for `to`."""
        files = self._kept(to.number)
        if files is None:
            raise DeploymentFailed(f"{to} is not kept any more")
        self.apply(release, files)

    def wait(self, release: Release, deadline: float) -> None:
        """Wait until every Deployment of a release is out."""
        names = [each["metadata"]["name"] for each in of_kind(self._objects(release), "Deployment")]
        seen: list[Object] = []

        def look() -> str:
            seen[:] = self._cluster.rollout()
            rollout = judge(seen, names)
            if rollout.lost:
                raise self._unhealthy(release, seen, names)
            return rollout.awaited

        try:
            self._hands.wait(look, deadline, every=_EVERY)
        except OutOfTime as error:
            raise self._unhealthy(release, seen, names) from error

    @contextmanager
    def address(self, release: Release) -> Iterator[Address | None]:
        """Lead a port of this machine to the Service, with kubectl."""
        services = of_kind(self._objects(release), "Service")
        if not services:
            yield None
            return
        command = self._kubectl.forward(services[0]["metadata"]["name"])
        with self._hands.beside(command, _forwarded) as url:
            yield Address(url)

    def switch(self, release: Release) -> None:
        """Do nothing: the roll-out has done it."""

    def finish(self, release: Release, keep: Collection[int]) -> None:
        """Remove what only former releases had, and the records of those that are not kept."""
        self._cluster.remove(self._cluster.leftovers(self._ever_applied(), self._objects(release)))
        self._cluster.remove([each for each in self._records() if records.number_of(each) not in keep])

    def abandon(self, release: Release, live: Release | None) -> None:
        """Apply the live release again, and remove what only the other one has."""
        objects = self._objects(live) if live is not None else []
        if live is not None:
            if (
                not objects
            ):  # then all of the other one's would be removed, those that the live one runs on too
                raise DeploymentFailed(f"the objects of {live} are not kept any more")
            self._bring(live, objects)
        self._cluster.remove(self._cluster.leftovers(self._objects(release), objects))

    def status(self) -> Status:
        """Return how the Deployments fare."""
        seen = self._cluster.rollout()
        holder, _ = self._lease.holder()
        return Status(tuple(_workload_status(each, seen) for each in of_kind(seen, "Deployment")), holder)

    def logs(self, workload: str, *, follow: bool, lines: int) -> Iterator[str]:
        """Yield the last lines of the pods of a workload."""
        command = self._kubectl.all_logs(self._owner.service, workload, lines, follow=follow)
        yield from self._hands.follow(command)

    def _bring(self, release: Release, objects: list[Object]) -> None:
        """Apply the objects of a release; what decided over a number of pods, and shall no more, goes at once."""
        others = self._ever_applied(but=release.number)
        self._cluster.hand_over(objects, others)
        self._cluster.act(self._kubectl.apply(objects))
        self._cluster.remove(self._cluster.leftovers(of_kind(others, *_SCALERS), objects))

    def _records(self) -> list[Object]:
        chosen = selector(self._owner.service, records.COMPONENT)
        return self._cluster.read(self._kubectl.get("configmaps", chosen))

    def _kept(self, number: int) -> Files | None:
        name = records.name_of(self._owner, number)
        found = self._cluster.read(self._kubectl.get_one("configmap", name))
        return records.files_of(found[0]) if found else None

    def _objects(self, release: Release) -> list[Object]:
        """Return the objects of a release; none where it was not even recorded."""
        return self._read(release.number, lambda: self._kept(release.number) or ())

    def _ever_applied(self, *, but: int = 0) -> list[Object]:
        """Return the objects of all releases that are kept, of each the newest form; not those of one release."""
        found: dict[Identity, Object] = {}
        for record in records.oldest_first(self._records()):
            if (number := records.number_of(record)) != but:
                objects = self._read(number, partial(records.files_of, record))
                found |= {identity(each): each for each in objects}
        return list(found.values())

    def _read(self, number: int, files: Callable[[], Files]) -> list[Object]:
        """Return the objects of a release, read once: they never change."""
        if number not in self._applied:
            self._applied[number] = read_objects(files())
        return self._applied[number]

    def _unhealthy(self, release: Release, seen: list[Object], names: list[str]) -> Unhealthy:
        rollout = judge(seen, names)
        troubles = (*rollout.lost, *rollout.troubles, *unready(seen, names))
        evidence = gather(self._hands, self._kubectl, troubles)
        return Unhealthy(f"{release} is not healthy: {rollout.awaited}", evidence)


def open_platform(site: Site, hands: Hands) -> KubernetesPlatform:
    """Return the platform of a target of type kubernetes."""
    return KubernetesPlatform(site, hands)


def _sound(files: Files) -> list[Object]:
    """Return the objects in files. Raises DeploymentFailed with what is wrong with them."""
    objects = read_objects(files)
    if found := faults(objects):
        raise DeploymentFailed("\n  ".join(["these objects would not do what they should:", *found]))
    return objects


def _forwarded(line: str) -> str:
    found = re.match(r"Forwarding from 127\.0\.0\.1:(\d+) ", line)
    return f"http://127.0.0.1:{found[1]}" if found else ""


def _workload_status(deployment: Object, seen: list[Object]) -> WorkloadStatus:
    name, labels = deployment["metadata"]["name"], deployment["metadata"]["labels"]
    pods = new_pods(deployment, seen)
    troubles = [str(each) for pod in pods for each in pod_troubles(name, pod)]
    return WorkloadStatus(
        labels.get(COMPONENT_LABEL, name),
        int(deployment["spec"].get("replicas", 1)),
        int(deployment.get("status", {}).get("readyReplicas", 0)),
        labels.get(VERSION_LABEL, ""),
        sum(_restarts(pod) for pod in pods),
        next(iter(troubles), ""),
    )


def _restarts(pod: Object) -> int:
    containers = pod.get("status", {}).get("containerStatuses", ())
    return sum(int(each.get("restartCount", 0)) for each in containers)
