"""What a release would change of what is live, as text: live objects against what they would become. Pure.

Both come from the API server, so that its defaults are no difference, and only what is ours is one: fields that others
own, a number of pods that a scaler decides, and what the server writes down itself are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from macaron_runner.deploy.difference import difference as text_difference
from macaron_runner.deploy.files import File, Files, in_order, yaml_text
from macaron_runner.deploy.kubernetes.objects import Object, is_ours

_SERVERS_OWN: Final = (
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "selfLink", "uid",
)  # fmt: skip


def difference(live: Iterable[Object], wanted: Iterable[Object], service: str) -> str:
    """Return how live objects differ from those that are wanted, "" for not at all; of others only ours would go."""
    after = {_path(each): _told(each) for each in wanted}
    before = {_path(each): _told(each) for each in live if _path(each) in after or is_ours(each, service)}
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    return text_difference(_files(before, changed), _files(after, changed))


def _files(objects: Mapping[str, Object], paths: set[str]) -> Files:
    chosen = (path for path in paths if path in objects)
    return in_order(File(path, yaml_text(objects[path]).encode()) for path in chosen)


def _path(found: Object) -> str:
    return f"{found['kind']}/{found['metadata']['name']}"


def _told(found: Object) -> Object:
    """Return an object without what the server says of it."""
    metadata = {key: value for key, value in found["metadata"].items() if key not in _SERVERS_OWN}
    annotations = {
        key: value
        for key, value in metadata.pop("annotations", {}).items()
        if not key.startswith("deployment.kubernetes.io/")
    }
    rest: dict[str, Any] = {key: found[key] for key in found if key not in ("metadata", "status")}
    told = {"metadata": metadata | ({"annotations": annotations} if annotations else {})}
    return {key: (told | rest)[key] for key in sorted(told | rest)}
