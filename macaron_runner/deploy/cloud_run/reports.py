"""How a target fares, and what its containers wrote, for people. Looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from macaron_runner.deploy.cloud_run.causes import failure_of, is_ready
from macaron_runner.deploy.cloud_run.live import Live
from macaron_runner.deploy.cloud_run.logs import following, last_lines, text_of
from macaron_runner.deploy.cloud_run.names import beside, last_part
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.failures import DeploymentFailed
from macaron_runner.deploy.target import Status, WorkloadStatus


def status_of(live: Live, deploying: str) -> Status:
    """Return how the service and its worker pools fare; how many instances there are just now, Google does not tell."""
    service = live.service()
    if service is None:
        return Status((), deploying)
    workloads = [_workload(live, service, "web", 1)]
    for pool in live.pools():
        name = last_part(pool["name"]).removeprefix(f"{last_part(live.name)}-")
        workloads.append(_workload(live, pool, name, pool.get("scaling", {}).get("manualInstanceCount", 0)))
    return Status(tuple(workloads), deploying)


def _workload(live: Live, owner: Json, name: str, wanted: int) -> WorkloadStatus:
    revision = live.working(owner)
    if revision is None:
        return WorkloadStatus(name, wanted, 0, trouble=failure_of(owner) or "no revision has started")
    ready = wanted if is_ready(revision) else 0
    version = revision.get("labels", {}).get("version", "")
    return WorkloadStatus(name, wanted, ready, version, trouble=failure_of(revision))


def lines_of(live: Live, workload: str, *, follow: bool, lines: int) -> Iterator[str]:
    """Yield the last lines of a workload, "" for all of them, and those to come. Raises DeploymentFailed."""
    owners = _owners(live, workload)
    entries = last_lines(live.api, list(owners), lines) if lines else []
    yield from (_line(entry, owners) for entry in entries)
    if follow:
        since = entries[-1]["timestamp"] if entries else live.api.hands.now()
        known = frozenset(entry["insertId"] for entry in entries)
        yield from (_line(entry, owners) for entry in following(live.api, list(owners), since, known))


def _owners(live: Live, workload: str) -> dict[str, str]:
    """Return the services and worker pools whose lines are wanted, by full name, with what stands before each line."""
    service = last_part(live.name)
    names = {live.name: "web"}
    for pool in live.pools():
        names[pool["name"]] = last_part(pool["name"]).removeprefix(f"{service}-")
    if not workload:
        return {full: f"{name} | " for full, name in names.items()} if len(names) > 1 else {live.name: ""}
    wanted = live.name if workload == "web" else beside(live.name, "workerPools", workload)
    chosen = {full: "" for full in names if full == wanted}
    if not chosen:
        raise DeploymentFailed(f'there is no workload "{workload}" there: {", ".join(names.values())}')
    return chosen


def _line(entry: Json, owners: dict[str, str]) -> str:
    labels = entry.get("resource", {}).get("labels", {})
    short = labels.get("service_name") or labels.get("worker_pool_name")
    before = next((text for full, text in owners.items() if last_part(full) == short), "")
    return before + text_of(entry)
