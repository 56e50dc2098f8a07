"""What containers wrote: the entries that Cloud Run keeps in Cloud Logging. Not for `observability.logs` (logs)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from macaron_runner.deploy.cloud_run.api import Api
from macaron_runner.deploy.cloud_run.names import last_part
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.failures import DeploymentFailed

_EVERY: Final = 2.0
_MOST: Final = 1000
_EVIDENCE: Final = 12
_KINDS: Final = {
    "services": ("cloud_run_revision", "service_name"),
    "workerPools": ("cloud_run_worker_pool", "worker_pool_name"),
    "jobs": ("cloud_run_job", "job_name"),
}
"""Cloud Run's monitored resources, and the label of each that has the name."""


def last_lines(api: Api, owners: list[str], count: int, revision: str = "") -> list[Json]:
    """Return the newest entries of services, worker pools and jobs, perhaps of one revision only, the oldest first."""
    question = {**_question(owners, revision), "orderBy": "timestamp desc", "pageSize": min(count, _MOST)}
    return api.log_entries(question)[:count][::-1]


def lines_to_show(api: Api, owner: str, revision: str = "") -> tuple[str, ...]:
    """Return the last lines of one of them as evidence, or why there are none: not everybody may read them."""
    try:
        entries = last_lines(api, [owner], _EVIDENCE, revision)
    except DeploymentFailed as error:
        return (f"(its lines cannot be read: {str(error).splitlines()[-1].strip()})",)
    return tuple(text_of(entry) for entry in entries)


def server_errors(api: Api, service: str, revision: str, since: str) -> list[Json]:
    """Return requests that a revision answered with 5xx since a time, as Cloud Run logged them, the newest first."""
    question = _question([service], revision)
    question["filter"] += f' AND httpRequest.status>=500 AND timestamp>="{since}"'
    return api.log_entries({**question, "orderBy": "timestamp desc", "pageSize": _EVIDENCE})


def following(api: Api, owners: list[str], since: str, known: frozenset[str]) -> Iterator[Json]:
    """Yield entries as they come, from a time on, for ever; not those whose insertIds are known."""
    seen = set(known)
    while True:
        question = _question(owners, "")
        question["filter"] += f' AND timestamp>="{since}"'
        for entry in api.log_entries({**question, "orderBy": "timestamp asc", "pageSize": _MOST}):
            if entry["insertId"] not in seen:
                yield entry
            seen.add(entry["insertId"])
            since = max(since, entry["timestamp"])
        api.hands.sleep(_EVERY)


def text_of(entry: Json) -> str:
    """Return the line of an entry: what the container wrote, or what the platform says of it."""
    if "textPayload" in entry:
        return str(entry["textPayload"]).rstrip("\n")
    if "jsonPayload" in entry:
        return json.dumps(entry["jsonPayload"], ensure_ascii=False)
    status = entry.get("protoPayload", {}).get("status", {}).get("message", "")
    request = entry.get("httpRequest", {})
    asked = (
        f"{request.get('requestMethod')} {request.get('requestUrl')} {request.get('status')}"
        if request
        else ""
    )
    return str(status or asked)


def _question(owners: list[str], revision: str) -> Json:
    chosen = " OR ".join(f"({_of(owner)})" for owner in owners)
    of_revision = f' AND resource.labels.revision_name="{revision}"' if revision else ""
    project = owners[0].split("/")[1]
    return {"resourceNames": [f"projects/{project}"], "filter": f"({chosen}){of_revision}"}


def _of(owner: str) -> str:
    kind, label = _KINDS[owner.split("/")[-2]]
    return f'resource.type="{kind}" AND resource.labels.{label}="{last_part(owner)}"'
