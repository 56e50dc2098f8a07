"""What one instance is made of: its container, variables, secrets, volumes, network. Pure.

A service and a worker pool have such a template alike; what only one of them has is added by resources. Secrets are
references to Secret Manager all the way. macaron.yaml travels in the image: its digest then names code and
configuration together, and a revision keeps both; only a mark of the files stands in the template.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from macaron_runner.configuration.cloud_run_rules import MIB
from macaron_runner.configuration.deployment import CloudRun, Network
from macaron_runner.deploy.cloud_run.names import label_value
from macaron_runner.deploy.files import digest
from macaron_runner.deploy.naming import dns_label
from macaron_runner.deploy.workloads import Planned, SecretUse, Workload
from macaron_runner.processes.plan import WEB_RESERVE, WORKER_RESERVE

Json: TypeAlias = dict[str, Any]
"""A resource of the Cloud Run Admin API v2, or a part of one, as its JSON."""

TERMINATION: Final = 10.0
"""Seconds from SIGTERM to SIGKILL; they cannot be chosen."""
SECRETS_FOLDER: Final = "/secrets"
"""Where secrets that are read from files are: each in a folder of its own, for a volume takes a whole folder."""


def template_of(planned: Planned, section: CloudRun, workload: Workload) -> Json:
    """Return what the templates of a service and of a worker pool have alike, without the revision's name."""
    container: Json = {
        "name": workload.process.role,
        "image": planned.image.reference,
        "args": list(_arguments(workload)),
        "env": sorted(_environment(planned, workload), key=lambda variable: str(variable["name"])),
        "resources": {"limits": _limits(section, workload)},
    }
    template: Json = {
        "labels": _labels(planned, workload),
        "annotations": {"macaron/configuration": digest(planned.files)},
        "containers": [container],
    }
    if section.service_account is not None:
        template["serviceAccount"] = section.service_account
    if section.vpc is not None:
        template["vpcAccess"] = _vpc_access(section.vpc)
    if files := [secret for secret in workload.secrets if secret.file]:
        container["volumeMounts"] = [
            {"name": _volume_name(secret), "mountPath": f"{SECRETS_FOLDER}/{secret.name}"} for secret in files
        ]
        template["volumes"] = [_volume(planned, secret) for secret in files]
    return template


def owner_labels(service: str, target: str) -> dict[str, str]:
    """Return the labels by which what belongs to a service at a target is found again."""
    return {"managed-by": "macaron", "service": label_value(service), "target": label_value(target)}


def _labels(planned: Planned, workload: Workload) -> dict[str, str]:
    own = {"role": workload.process.role, "version": label_value(planned.version)}
    return owner_labels(planned.service, planned.target) | own


def _arguments(workload: Workload) -> Iterator[str]:
    yield from workload.arguments
    for secret in workload.secrets:
        if secret.file:
            yield from ("--set", f"secrets.{secret.name}.file={SECRETS_FOLDER}/{secret.name}/value")
    if word := _shorter_stop(workload):
        yield from ("--set", word)


def _shorter_stop(workload: Workload) -> str:
    """Return the setting with which a process ends in the time that Cloud Run leaves it, "" where it does so anyway."""
    if workload.process.grace <= TERMINATION:
        return ""
    if workload.process.role == "web":
        return f"server.graceful_timeout={TERMINATION - WEB_RESERVE:g}s"
    return f"tasks.pools.{workload.pool}.grace={TERMINATION - WORKER_RESERVE:g}s"


def _environment(planned: Planned, workload: Workload) -> Iterator[Json]:
    if workload.process.role == "web" and "FORWARDED_ALLOW_IPS" not in workload.variables:
        # Nothing but Google's front end reaches the container, and it says whether a request came by https.
        yield {"name": "FORWARDED_ALLOW_IPS", "value": "*"}
    for name, value in workload.variables.items():
        if name != "PORT":  # Cloud Run sets it itself, to the port of the container, and refuses to be told
            yield {"name": name, "value": value}
    for secret in workload.secrets:
        if secret.env:
            name, version = _in_secret_manager(planned, secret)
            reference = {"secret": name, "version": version}
            yield {"name": secret.env, "valueSource": {"secretKeyRef": reference}}


def _volume(planned: Planned, secret: SecretUse) -> Json:
    name, version = _in_secret_manager(planned, secret)
    items = [{"path": "value", "version": version}]
    return {"name": _volume_name(secret), "secret": {"secret": name, "items": items}}


def _volume_name(secret: SecretUse) -> str:
    return dns_label("secret", secret.name)


def _in_secret_manager(planned: Planned, secret: SecretUse) -> tuple[str, str]:
    """Return name and version of a secret in Secret Manager: those of `secrets` of the target, else the usual ones.

    "shop-jwt" -> ("shop-jwt", "latest"); "shop-jwt:3" -> ("shop-jwt", "3"); "" -> ("<service>-<secret>", "latest").
    """
    name, _, version = (secret.source or f"{planned.service}-{secret.name}").partition(":")
    return name, version or "latest"


def _vpc_access(vpc: Network) -> Json:
    interface = {"network": vpc.network, **({"subnetwork": vpc.subnet} if vpc.subnet is not None else {})}
    egress = "ALL_TRAFFIC" if vpc.egress == "all" else "PRIVATE_RANGES_ONLY"
    return {"networkInterfaces": [interface], "egress": egress}


def _limits(section: CloudRun, workload: Workload) -> dict[str, str]:
    if workload.process.role == "scheduler":
        return limits(1.0, 512 * MIB)  # the least that there is, and more than it needs
    cpu = workload.cpu if workload.cpu is not None else section.cpu
    memory = workload.memory if workload.memory is not None else section.memory
    return limits(cpu, memory)


def limits(cores: float, memory: int) -> dict[str, str]:
    """Return cores and bytes as the limits of a container: 0.5, 536870912 -> "500m", "512Mi"."""
    cpu = f"{cores:g}" if cores == int(cores) else f"{round(cores * 1000)}m"
    return {"cpu": cpu, "memory": _quantity(memory)}


def _quantity(count: int) -> str:
    for unit, size in (("Mi", MIB), ("M", 10**6), ("k", 10**3)):
        if count % size == 0:
            return f"{count // size}{unit}"
    return str(count)
