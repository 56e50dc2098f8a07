"""From what is planned to Kubernetes objects, a file for each part of the service. Pure: the same plan, the same bytes.

    config.yaml          ConfigMap, ServiceAccount, NetworkPolicies
    web.yaml             Deployment, Service, what scales it, what leads requests to it
    worker-mail.yaml     Deployment, what scales it
    scheduler.yaml       Deployment

    kubectl apply --server-side -f FOLDER      does with them what `macaron deploy` does, without waiting and rollback

The namespace and Secrets are not among them: a namespace has owners of its own, and secrets are nobody's to print.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import yaml

from macaron_runner.configuration.deployment import Kubernetes
from macaron_runner.deploy.files import File, Files, in_order, yaml_text
from macaron_runner.deploy.kubernetes.mounts import Mounts
from macaron_runner.deploy.kubernetes.objects import Object, Owner
from macaron_runner.deploy.kubernetes.pods import Pods
from macaron_runner.deploy.kubernetes.probes import probe_port
from macaron_runner.deploy.kubernetes.queues import Queues, queues_of
from macaron_runner.deploy.kubernetes.scaling import scaling
from macaron_runner.deploy.kubernetes.traffic import allowed, routes, service
from macaron_runner.processes.capacity import WORKER_MEMORY, Limits, pool_concurrency

if TYPE_CHECKING:
    from macaron_runner.configuration.model import Pool
    from macaron_runner.deploy.workloads import Planned, Workload

_SHARED: Final = "config.yaml"
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def render(planned: Planned) -> Files:
    """Return the objects of a service at a target of type kubernetes, as YAML."""
    return in_order(File(path, yaml_text(*objects).encode()) for path, objects in _Renderer(planned).all())


def read_objects(files: Files) -> list[Object]:
    """Return the objects in files that `render` wrote, in their order."""
    found = (yaml.load_all(file.text, _LOADER) for file in files if file.path.endswith(".yaml"))
    return [each for documents in found for each in documents]


class _Renderer:
    """One service at one target."""

    def __init__(self, planned: Planned) -> None:
        section = planned.section
        assert isinstance(section, Kubernetes)
        self._planned, self._target = planned, section
        self._owner = Owner(planned.service, section.namespace, planned.version)
        secret = section.secret or planned.service
        self._mounts = Mounts(self._owner, planned.files, secret, planned.places.state)
        patience = planned.configuration.config.server.timeout
        self._pods = Pods(self._owner, section, self._mounts, planned.image.reference, patience)

    def all(self) -> Iterator[tuple[str, list[Object]]]:
        """Yield the path of each file, and what is in it."""
        yield _SHARED, list(self._shared())
        for workload in self._planned.workloads:
            yield f"{workload.name}.yaml", list(self._workload(workload))

    def _shared(self) -> Iterator[Object]:
        yield self._mounts.config_map()
        if self._target.service_account is None:
            account = self._owner.object(("v1", "ServiceAccount"), self._owner.name())
            yield account | {"automountServiceAccountToken": False}
        ports = {each.name: probe_port(each) for each in self._planned.workloads}
        yield from allowed(self._owner, {name: port for name, port in ports.items() if port is not None})

    def _workload(self, workload: Workload) -> Iterator[Object]:
        yield self._pods.deployment(workload)
        if workload.port is not None:
            drain = math.ceil(workload.process.grace)
            yield service(self._owner, self._target)
            yield from routes(self._owner, self._target, workload.port, drain)
        yield from scaling(self._owner, workload, self._queues(workload))

    def _queues(self, workload: Workload) -> Queues | None:
        tasks = self._planned.configuration.config.tasks
        if tasks is None or not workload.pool or not self._target.keda:
            return None
        pool = tasks.pools[workload.pool]
        names = (pool.queues,) if isinstance(pool.queues, str) else pool.queues
        secrets = {use.name: self._mounts.reference(use) for use in workload.secrets}
        return queues_of(tasks.broker, names, _processes(pool, workload), secrets)


def _processes(pool: Pool, workload: Workload) -> int:
    """Return how many processes of a pool run in each pod, as they are counted there (capacity)."""
    if isinstance(pool.concurrency, int):
        return pool.concurrency
    return int(pool_concurrency(Limits(workload.cpu or 1.0, workload.memory or WORKER_MEMORY)))
