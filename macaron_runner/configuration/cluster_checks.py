"""What a target of type kubernetes can get wrong in itself: what no cluster of its kind would do.

Not for what all kinds of targets can get wrong (deployment_checks).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from macaron_runner.configuration.brokers import known_kind
from macaron_runner.configuration.deployment import Instances, Kubernetes, Scale
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.subject import Subject
from macaron_runner.diagnostics import Diagnostic

_COUNTED: Final = ("redis", "amqp")
"""Kinds of brokers whose queues KEDA can count by host and password."""
_CERTIFICATE: Final = "write certificate: NAME, of a TLS secret (cert-manager may keep it), or none"


def check_clusters(subject: Subject) -> Iterator[Diagnostic]:
    """Yield what is wrong with targets in clusters (MAC245, 246)."""
    deploy = subject.config.deploy
    for name, target in deploy.targets.items() if deploy is not None else ():
        if isinstance(target, Kubernetes):
            path: Path = ("deploy", "targets", name)
            yield from _certificate(subject, path, target)
            yield from _gateway(subject, path, target)
            yield from _ranges(subject, path, target)
            yield from _queues(subject, path, target)


def _certificate(subject: Subject, path: Path, target: Kubernetes) -> Iterator[Diagnostic]:
    """Only Google's load balancer has certificates that an Ingress of ours can ask for."""
    if target.host is None or target.certificate != "managed":
        return
    if target.ingress == "gateway" and target.gateway is None:
        message = f'nobody manages a certificate for "{target.host}": a Gateway of the service\'s own needs one by name'
    elif target.ingress == "ingress" and not target.is_google:
        message = f'nobody manages a certificate for "{target.host}" in this cluster'
    elif target.ingress == "ingress" and target.ingress_class == "gce-internal":
        message = f'Google manages no certificate for "{target.host}" behind an internal load balancer'
    else:
        return
    said = "certificate" if "certificate" in target.model_fields_set else "host"
    yield subject.problem("MAC245", (*path, said), message, hint=_CERTIFICATE)


def _gateway(subject: Subject, path: Path, target: Kubernetes) -> Iterator[Diagnostic]:
    if target.host is None or target.ingress != "gateway":
        return
    if target.gateway is None and target.ingress_class is None:
        message = f'no Gateway leads requests for "{target.host}" to the service'
        hint = "write gateway: NAME or NAMESPACE/NAME, or ingress_class for one of the service's own"
        yield subject.problem("MAC245", (*path, "ingress"), message, hint=hint)


def _ranges(subject: Subject, path: Path, target: Kubernetes) -> Iterator[Diagnostic]:
    places: dict[Path, Instances] = {(*path, "replicas"): target.replicas}
    if not target.keda:
        places |= {(*path, "pools", name, "replicas"): pool.replicas for name, pool in target.pools.items()}
    for place, instances in places.items():
        if isinstance(instances, Scale) and instances.min == 0:
            message = "a cluster that scales by CPU never comes back from no pods at all"
            hint = "write min: 1, or for a pool keda: true at the target"
            yield subject.problem("MAC246", (*place, "min"), message, hint=hint)


def _queues(subject: Subject, path: Path, target: Kubernetes) -> Iterator[Diagnostic]:
    tasks = subject.config.tasks
    if not target.keda or tasks is None or target.env is not None:  # an overlay may name another broker
        return
    if known_kind(tasks) not in _COUNTED:
        message = "KEDA cannot count the queues of this broker"
        hint = "name a broker by redis://…, rediss://…, amqp://… or amqps://…, or take keda away"
        yield subject.problem("MAC246", (*path, "keda"), message, hint=hint)
