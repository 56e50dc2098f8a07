"""From what Google says of a failure to what is likely its cause, and what helps. Pure.

Not for finding out what failed (platform), nor for the lines that a container logged (logs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from macaron_runner.deploy.cloud_run.template import Json

FAILED: Final = "CONDITION_FAILED"
SUCCEEDED: Final = "CONDITION_SUCCEEDED"

_CAUSES: Final = (
    (
        r"actAs|iam\.serviceaccounts",
        "who deploys may not use the service account: grant them roles/iam.serviceAccountUser on it",
    ),
    (
        r"SERVICE_DISABLED|has not been used in project",
        "the API is not enabled in the project: gcloud services enable run.googleapis.com",
    ),
    (
        r"secret.*not found",
        "the secret is not in Secret Manager, or has no version: gcloud secrets create NAME --data-file -",
    ),
    (
        r"SECRETS_ACCESS_CHECK_FAILED|denied on secret",
        "the service account may not read the secret: grant it roles/secretmanager.secretAccessor on it",
    ),
    (
        r"CONTAINER_PERMISSION_DENIED|permission to read the image|denied.*artifactregistry",
        "Cloud Run may not read the image: grant its service agent roles/artifactregistry.reader",
    ),
    (
        r"CONTAINER_MISSING|image .*not found|manifest unknown",
        "the image is not in the registry: was it pushed, and is build.image spelt as it is there?",
    ),
    (
        r"VPC_NETWORK_NOT_FOUND|subnetwork .*not found",
        "the network of `vpc`, or its subnet in this region, is not there",
    ),
    (
        r"quota|RESOURCE_EXHAUSTED",
        "a quota of the project is used up: ask Google for more, or lower replicas.max",
    ),
    (r"memory limit|out of memory", "the container needs more memory than it has: raise `memory`"),
    (
        r"exec format error",
        "the image is for another kind of machine: Cloud Run needs build.platforms: [linux/amd64]",
    ),
    (
        r"HEALTH_CHECK_CONTAINER_ERROR|listen on the port|startup probe|failed to start",
        "the container ended, or did not answer on its port in time: see its lines, and whether server.bind "
        "listens on 0.0.0.0",
    ),
    (r"PERMISSION_DENIED", "who deploys may not do this: grant them roles/run.admin"),
    (r"UNAUTHENTICATED", "Google does not know who deploys: gcloud auth application-default login"),
)


def likely_cause(told: str) -> str:
    """Return what is likely wrong, by Google's own words; "" where nobody knows."""
    return next((cause for pattern, cause in _CAUSES if re.search(pattern, told, re.IGNORECASE)), "")


def condition(resource: Json, kind: str = "Ready") -> Json:
    """Return a condition of a resource, {} where it has none of the kind.

    A service and a worker pool tell the one of the kind Ready as their terminalCondition.
    """
    if kind == "Ready" and resource.get("terminalCondition"):
        return dict(resource["terminalCondition"])
    return next((dict(each) for each in resource.get("conditions", ()) if each.get("type") == kind), {})


def is_settled(owner: Json) -> bool:
    """Tell whether a service or worker pool has come to what it was told last, or has failed to."""
    seen = owner.get("observedGeneration", owner.get("generation"))
    return not owner.get("reconciling") and seen == owner.get("generation")


def is_ready(revision: Json) -> bool:
    """Tell whether a revision's instances have started well."""
    return condition(revision).get("state") == SUCCEEDED


def failure_of(resource: Json) -> str:
    """Return why a resource never gets ready, in Google's words; "" as long as it may."""
    said = condition(resource)
    if said.get("state") != FAILED:
        return ""
    reason = said.get("reason") or said.get("revisionReason") or ""
    return f"{reason}: {said.get('message', '')}".strip(": ")


def progress_of(resource: Json) -> Iterator[str]:
    """Yield what has not come to its end yet, a text a condition."""
    for each in resource.get("conditions", ()):
        if each.get("state") not in (SUCCEEDED, None) and each.get("severity") not in ("INFO", "WARNING"):
            state = each["state"].removeprefix("CONDITION_").lower()
            message = f": {each['message']}" if each.get("message") else ""
            yield f"{each.get('type', '?')} is {state}{message}"
