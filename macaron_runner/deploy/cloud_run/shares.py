"""How the traffic of a service, or the instances of a worker pool, are shared among revisions. Pure.

A share is a TrafficTarget or an InstanceSplit of the API: a revision, its percentage, and of traffic perhaps a tag.
"""

from __future__ import annotations

from typing import Any, Final

from macaron_runner.deploy.cloud_run.causes import is_settled
from macaron_runner.deploy.cloud_run.names import TAG, last_part
from macaron_runner.deploy.cloud_run.template import Json

TRAFFIC: Final = "traffic"
INSTANCES: Final = "instanceSplits"
LATEST: Final = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
_TYPES: Final = {
    TRAFFIC: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
    INSTANCES: "INSTANCE_SPLIT_ALLOCATION_TYPE_REVISION",
}


def key_of(name: str) -> str:
    """Return the field that says the shares of a resource: traffic of a service, instanceSplits of a worker pool."""
    return INSTANCES if "/workerPools/" in name else TRAFFIC


def everything_to(name: str, revision: str) -> list[Json]:
    """Return the shares with which a revision of the named service or worker pool has all there is."""
    return [_share(key_of(name), revision, 100)]


def settled(owner: Json) -> list[Json]:
    """Return how a live resource is shared, by the names of revisions: what the latest has, it has by its name.

    Tags are left out. A resource that never had a revision that is ready shares nothing.
    """
    key = key_of(owner["name"])
    latest = last_part(owner.get("latestReadyRevision", ""))
    shares = owner.get(key) or [{"percent": 100}]
    found = [(last_part(share.get("revision", "")) or latest, share.get("percent", 0)) for share in shares]
    return [_share(key, revision, percent) for revision, percent in found if revision and percent]


def divided(before: str, revision: str, percent: int) -> list[Json]:
    """Return the shares with which a revision has so much of the traffic, and the one before the rest."""
    rest = [_share(TRAFFIC, before, 100 - percent)] if percent < 100 else []
    return with_candidate([*rest, _share(TRAFFIC, revision, percent)], revision)


def with_candidate(shares: list[Json], revision: str = "") -> list[Json]:
    """Return the shares of traffic with a revision beside them that has none, and an address by the tag `next`.

    Without a name it is the latest: one that the same request makes. Where nobody has any traffic, it gets all.
    """
    named = {"type": _TYPES[TRAFFIC], "revision": revision} if revision else {"type": LATEST}
    return [*shares, {**named, "tag": TAG, **({} if shares else {"percent": 100})}]


def main_revision(owner: Json) -> str:
    """Return the name of the revision that has most of a live resource, "" where none has anything."""
    return max(((share["percent"], share["revision"]) for share in settled(owner)), default=(0, ""))[1]


def is_switched(service: Json, revision: str) -> bool:
    """Tell whether a service was told to give all of its traffic to a revision, by its name."""
    shares = service.get(TRAFFIC, ())
    return any(share.get("revision") == revision and share.get("percent") == 100 for share in shares)


def has_everything(owner: Json, revision: str) -> bool:
    """Tell whether a revision has all of a live resource, as it was told and as it has come to be."""
    key = key_of(owner["name"])
    told = [(share["revision"], share["percent"]) for share in settled(owner)]
    seen = owner.get("trafficStatuses" if key == TRAFFIC else "instanceSplitStatuses", ())
    come = [
        (last_part(share.get("revision", "")), share["percent"]) for share in seen if share.get("percent")
    ]
    return told == [(revision, 100)] and come in (told, []) and is_settled(owner)


def tagged(service: Json) -> Json:
    """Return what a live service tells of the revision with the tag `next`, {} where there is none."""
    return next((dict(share) for share in service.get("trafficStatuses", ()) if share.get("tag") == TAG), {})


def is_tagged(service: Json) -> bool:
    """Tell whether a service was told of a revision with the tag `next`."""
    return any(share.get("tag") == TAG for share in service.get(TRAFFIC, ()))


def _share(key: str, revision: str, percent: Any) -> Json:
    return {"type": _TYPES[key], "revision": revision, "percent": percent}
