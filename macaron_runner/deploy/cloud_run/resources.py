"""The resources that a service becomes: a Cloud Run service, a worker pool each for workers and scheduler. Pure.

They are the JSON of the Cloud Run Admin API v2 and say the end that a deployment comes to: all requests and all
instances at the revision they name. Not for how it gets there (platform).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from macaron_runner.configuration.address import THIS_MACHINE
from macaron_runner.configuration.deployment import CloudRun, Scale
from macaron_runner.deploy.cloud_run.names import beside, revision_name
from macaron_runner.deploy.cloud_run.shares import everything_to, key_of
from macaron_runner.deploy.cloud_run.template import Json, limits, owner_labels, template_of
from macaron_runner.deploy.workloads import Planned, Workload
from macaron_runner.processes.addresses import InternetAddress, parse_address

_INGRESS: Final = {
    "all": "INGRESS_TRAFFIC_ALL",
    "internal": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "load_balancer": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
}
_LONGEST_START: Final = 240
"""Seconds within which a container must have started; Cloud Run waits no longer."""
_LEAST_OF_SECOND_GENERATION: Final = 512 * 2**20
_LEAST_OF_A_JOB: Final = 512 * 2**20
_USUAL_PORT: Final = 8080
"""The port of a web that listens at none; check has warned of it."""


@dataclass(frozen=True, slots=True)
class Resources:
    """All of a service at one target; `public` tells whether everyone may call it.

    `before` is the job that is run before a release starts, None where there is none: it is made for that, then goes.
    """

    service: Json
    pools: tuple[Json, ...]
    public: bool
    before: Json | None = None

    def with_revision(self, owner: Json, revision: str) -> Resources:
        """Return the same, but for the revision that one of them, `owner`, comes to."""
        if owner is self.service:
            return replace(self, service=coming_to(owner, revision))
        pools = tuple(coming_to(pool, revision) if pool is owner else pool for pool in self.pools)
        return replace(self, pools=pools)


def resources_of(planned: Planned, section: CloudRun) -> Resources:
    """Return the resources that a service becomes at a target of this type."""
    web = next(workload for workload in planned.workloads if workload.process.role == "web")
    others = (workload for workload in planned.workloads if workload is not web)
    pools = tuple(_worker_pool(planned, section, workload) for workload in others)
    before = _before(planned, section, web) if section.before else None
    return Resources(_service(planned, section, web), pools, section.public, before)


def service_name(section: CloudRun, service: str) -> str:
    """Return the full name of the Cloud Run service: "projects/acme-live/locations/europe-west1/services/shop"."""
    return f"projects/{section.project}/locations/{section.region}/services/{section.service or service}"


def coming_to(owner: Json, revision: str) -> Json:
    """Return a service or worker pool that comes to another revision than it said."""
    template = {**owner["template"], "revision": revision}
    return {**owner, "template": template, key_of(owner["name"]): everything_to(owner["name"], revision)}


def _service(planned: Planned, section: CloudRun, web: Workload) -> Json:
    first_generation = section.cpu < 1 or section.memory < _LEAST_OF_SECOND_GENERATION
    template = template_of(planned, section, web) | {
        "timeout": f"{section.request_timeout:g}s",
        "executionEnvironment": f"EXECUTION_ENVIRONMENT_GEN{1 if first_generation else 2}",
        "maxInstanceRequestConcurrency": section.concurrency,
        "scaling": {
            "minInstanceCount": section.replicas.min,
            "maxInstanceCount": section.replicas.max,
        },
    }
    container = template["containers"][0]
    port = web.port if web.port is not None else _USUAL_PORT
    container["ports"] = [{"name": "http1", "containerPort": port}]
    container["resources"] |= {"cpuIdle": section.billing == "requests", "startupCpuBoost": True}
    container |= _probes(port)
    name = service_name(section, planned.service)
    head = {"name": name, "labels": owner_labels(planned.service, planned.target)}
    return _named(planned, {**head, "ingress": _INGRESS[section.ingress], "template": template})


def _worker_pool(planned: Planned, section: CloudRun, workload: Workload) -> Json:
    template = template_of(planned, section, workload)
    if (port := _health_port(workload)) is not None:
        template["containers"][0] |= _probes(port)
    name = beside(service_name(section, planned.service), "workerPools", workload.name)
    head = {"name": name, "labels": owner_labels(planned.service, planned.target)}
    scaling = {"manualInstanceCount": _count(workload)}
    return _named(planned, {**head, "scaling": scaling, "template": template})


def _before(planned: Planned, section: CloudRun, web: Workload) -> Json:
    template = template_of(planned, section, web)
    container = template["containers"][0]
    container |= {"name": "before", "command": list(section.before), "args": []}
    container["resources"] = {"limits": limits(max(section.cpu, 1.0), max(section.memory, _LEAST_OF_A_JOB))}
    task: Json = {
        key: template[key]
        for key in ("containers", "volumes", "serviceAccount", "vpcAccess")
        if key in template
    }
    task |= {"maxRetries": 0, "timeout": f"{section.timeout:g}s"}
    return {
        "name": beside(service_name(section, planned.service), "jobs", "before"),
        "labels": owner_labels(planned.service, planned.target),
        "template": {"labels": template["labels"], "taskCount": 1, "template": task},
    }


def _named(planned: Planned, owner: Json) -> Json:
    """Return a service or worker pool with the revision that its template makes, which has everything."""
    short = owner["name"].rpartition("/")[2]
    template = owner["template"]
    revision = revision_name(short, planned.version, template)
    return coming_to({**owner, "template": {"revision": revision, **template}}, revision)


def _count(workload: Workload) -> int:
    """Return how many instances of a worker pool there are: Cloud Run follows no load there (check refuses ranges)."""
    return workload.instances.min if isinstance(workload.instances, Scale) else workload.instances


def _health_port(workload: Workload) -> int | None:
    """Return the port at which a worker can be asked from outside its container how it fares, where it can."""
    for listener in workload.process.listeners:
        address = parse_address(listener)
        if isinstance(address, InternetAddress) and address.host not in THIS_MACHINE:
            return address.port
    return None


def _probes(port: int) -> Json:
    """Return how a container is asked whether it has started, every second, and whether it lives."""
    return {
        "startupProbe": {
            "httpGet": {"path": "/health/startup", "port": port},
            "periodSeconds": 1,
            "timeoutSeconds": 1,
            "failureThreshold": _LONGEST_START,
        },
        "livenessProbe": {
            "httpGet": {"path": "/health/live", "port": port},
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
    }
