"""The Deployment of a workload, and the pods that it makes: what runs, with what, how it starts and how it stops. Pure.

Not for how many there are (scaling), nor for what leads requests to them (traffic).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.configuration.deployment import Kubernetes, Scale
from macaron_runner.deploy.kubernetes.mounts import Mounts
from macaron_runner.deploy.kubernetes.objects import Object, Owner
from macaron_runner.deploy.kubernetes.probes import probe_port, probes
from macaron_runner.deploy.workloads import CONTAINER_USER, Workload

PAUSE: Final = 5
"""Seconds between a pod's leaving its Service and its SIGTERM: so long may proxies still send it requests."""
GOOGLE_PAUSE: Final = 20
"""The same where Google's load balancer sends requests to pods itself: it hears of it later."""
MARGIN: Final = 5
"""Seconds beyond pause and grace before the kubelet kills: the grace is the process's own, which ends by itself."""
STEADY: Final = 5
"""Seconds that a pod must have been ready before it counts: what crashes at once is no success."""
_DISK: Final = {"request": "256Mi", "limit": "2Gi"}
_ZONE, _HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


@dataclass(frozen=True, slots=True)
class Pods:
    """What the pods of all workloads of a service share: whose they are, the target, what is mounted, the image."""

    owner: Owner
    target: Kubernetes
    mounts: Mounts
    image: str
    patience: float
    """Seconds that a server may be silent before gunicorn replaces its worker (server.timeout)."""

    def deployment(self, workload: Workload) -> Object:
        """Return the Deployment of a workload; without replicas where something else decides how many."""
        component = workload.name
        found = self.owner.object(("apps/v1", "Deployment"), self.owner.name(component), component)
        found["spec"] = {
            **_replicas(workload.instances),
            "revisionHistoryLimit": 3,
            "minReadySeconds": STEADY,
            "progressDeadlineSeconds": max(math.ceil(self.target.timeout), 2 * STEADY),
            # The old pods go when the new ones are ready: also of the scheduler, whose seat keeps two of them apart.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "selector": {"matchLabels": self.owner.selector(component)},
            "template": {
                "metadata": {"labels": self.owner.labels(component)},
                "spec": self._pod(workload),
            },
        }
        return found

    def _pod(self, workload: Workload) -> dict[str, Any]:
        pause = self.pause if workload.port is not None else 0
        return {
            **self._identity(),
            "enableServiceLinks": False,  # SHOP_PORT=tcp://… would be read as a variable of macaron.yaml
            "terminationGracePeriodSeconds": math.ceil(pause + workload.process.grace + MARGIN),
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": CONTAINER_USER,
                "runAsGroup": CONTAINER_USER,
                "fsGroup": CONTAINER_USER,
                "fsGroupChangePolicy": "OnRootMismatch",
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "topologySpreadConstraints": [self._spread(workload, key) for key in (_ZONE, _HOST)],
            "containers": [self._container(workload, pause)],
            "volumes": self.mounts.volumes(workload.secrets),
        }

    @property
    def pause(self) -> int:
        """How many seconds a pod that is to end still serves, for those who have not heard of it."""
        return GOOGLE_PAUSE if self.target.host is not None and self.target.is_google else PAUSE

    def _identity(self) -> dict[str, Any]:
        own = self.target.service_account is None
        secret = self.target.pull_secret
        return {
            "serviceAccountName": self.owner.name() if own else self.target.service_account,
            # Our own has no rights, and needs no token; what another one is for, it says itself.
            **({"automountServiceAccountToken": False} if own else {}),
            **({"imagePullSecrets": [{"name": secret}]} if secret is not None else {}),
        }

    def _spread(self, workload: Workload, key: str) -> dict[str, Any]:
        return {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": self.owner.selector(workload.name)},
        }

    def _container(self, workload: Workload, pause: int) -> dict[str, Any]:
        port = probe_port(workload)
        return {
            "name": workload.process.role,
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "args": list(workload.arguments),
            **({"ports": [{"name": "http", "containerPort": port, "protocol": "TCP"}]} if port else {}),
            "env": _environment(workload, self.mounts),
            "resources": _resources(workload),
            **probes(workload, self.patience),
            **({"lifecycle": {"preStop": {"exec": {"command": ["sleep", str(pause)]}}}} if pause else {}),
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": self.mounts.mounts(workload.secrets),
        }


def quantity(size: int) -> str:
    """Return bytes as Kubernetes writes them: 536870912 -> "512Mi"."""
    for unit, name in ((2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki")):
        if size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)


def cores(share: float) -> str:
    """Return cores as Kubernetes writes them: 0.5 -> "500m", 2.0 -> "2"."""
    thousandths = max(1, round(share * 1000))
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def _replicas(instances: int | Scale) -> dict[str, int]:
    return {} if isinstance(instances, Scale) else {"replicas": instances}


def _resources(workload: Workload) -> dict[str, Any]:
    """Return what a container gets: as much as it may use, so that workers are counted by what is there (capacity)."""
    own = {
        **({"cpu": cores(workload.cpu)} if workload.cpu is not None else {}),
        **({"memory": quantity(workload.memory)} if workload.memory is not None else {}),
    }
    disk = "ephemeral-storage"
    return {"requests": own | {disk: _DISK["request"]}, "limits": own | {disk: _DISK["limit"]}}


def _environment(workload: Workload, mounts: Mounts) -> list[dict[str, Any]]:
    plain = ({"name": name, "value": value} for name, value in workload.variables.items())
    secret = (
        {"name": use.env, "valueFrom": {"secretKeyRef": mounts.reference(use)}}
        for use in workload.secrets
        if use.env
    )
    return sorted([*plain, *secret], key=lambda entry: str(entry["name"]))
