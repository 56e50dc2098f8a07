"""How many pods of a workload there are: by load, by the length of its queues, and while nodes are emptied. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.configuration.deployment import Scale
from macaron_runner.deploy.kubernetes.objects import Object, Owner

if TYPE_CHECKING:
    from macaron_runner.deploy.kubernetes.queues import Queues
    from macaron_runner.deploy.workloads import Workload

_CALM: Final = 300
"""Seconds for which load must have been low before there are fewer pods: each that starts again costs more."""


def scaling(owner: Owner, workload: Workload, queues: Queues | None) -> Iterator[Object]:
    """Yield what decides over the number of a workload's pods: KEDA where there are `queues`, else their CPU."""
    if isinstance(workload.instances, Scale):
        if queues is not None:
            yield from _by_queues(owner, workload, workload.instances, queues)
        else:
            yield _by_cpu(owner, workload, workload.instances)
    if _most(workload.instances) > 1:
        yield _disruption(owner, workload)


def _most(instances: int | Scale) -> int:
    return instances.max if isinstance(instances, Scale) else instances


def _by_cpu(owner: Owner, workload: Workload, scale: Scale) -> Object:
    component = workload.name
    found = owner.object(("autoscaling/v2", "HorizontalPodAutoscaler"), owner.name(component), component)
    target = {"type": "Utilization", "averageUtilization": scale.cpu}
    found["spec"] = {
        "scaleTargetRef": _reference(owner, component),
        "minReplicas": max(1, scale.min),
        "maxReplicas": scale.max,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        "behavior": {
            "scaleUp": {
                "stabilizationWindowSeconds": 0,
                "selectPolicy": "Max",
                "policies": [_policy("Percent", 100, 30), _policy("Pods", 2, 30)],
            },
            "scaleDown": {
                "stabilizationWindowSeconds": _CALM,
                "selectPolicy": "Max",
                "policies": [_policy("Percent", 25, 60), _policy("Pods", 1, 60)],
            },
        },
    }
    return found


def _policy(kind: str, value: int, period: int) -> dict[str, Any]:
    return {"type": kind, "value": value, "periodSeconds": period}


def _by_queues(owner: Owner, workload: Workload, scale: Scale, queues: Queues) -> Iterator[Object]:
    component = workload.name
    name = owner.name(component)
    authentication = _authentication(owner, name, component, queues.secrets)
    reference = {"authenticationRef": {"name": name}} if authentication is not None else {}
    if authentication is not None:
        yield authentication
    found = owner.object(("keda.sh/v1alpha1", "ScaledObject"), name, component)
    found["spec"] = {
        "scaleTargetRef": _reference(owner, component),
        "minReplicaCount": scale.min,
        "maxReplicaCount": scale.max,
        "cooldownPeriod": _CALM,
        "pollingInterval": 15,
        "triggers": [trigger | reference for trigger in queues.triggers],
    }
    yield found


def _authentication(
    owner: Owner, name: str, component: str, secrets: Sequence[dict[str, str]]
) -> Object | None:
    if not secrets:
        return None
    found = owner.object(("keda.sh/v1alpha1", "TriggerAuthentication"), name, component)
    found["spec"] = {"secretTargetRef": list(secrets)}
    return found


def _reference(owner: Owner, component: str) -> dict[str, str]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": owner.name(component)}


def _disruption(owner: Owner, workload: Workload) -> Object:
    """Return what keeps all pods but one while nodes are emptied; a lone pod would keep its node from being that."""
    component = workload.name
    found = owner.object(("policy/v1", "PodDisruptionBudget"), owner.name(component), component)
    found["spec"] = {"maxUnavailable": 1, "selector": {"matchLabels": owner.selector(component)}}
    return found
