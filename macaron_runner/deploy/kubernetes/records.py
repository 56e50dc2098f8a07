"""The record of a release at its target: a ConfigMap with the record's JSON, and its files, packed. Pure.

So a rollback needs nothing but the cluster. Not for when records are written (pipeline).
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from typing import Final

from macaron_runner.deploy.failures import DeploymentFailed
from macaron_runner.deploy.files import File, Files, in_order
from macaron_runner.deploy.kubernetes.objects import Object, Owner
from macaron_runner.deploy.release import Release, read_release

COMPONENT: Final = "release"
FILES_MANAGER: Final = "macaron-files"
"""Who owns a record that begins: what is changed of it later by another manager leaves its files where they are."""
_RECORD, _FILES = "release", "files"
_LARGEST: Final = 1_000_000  # a ConfigMap may have 1 MiB (kubernetes.io, "ConfigMaps")


def name_of(owner: Owner, number: int) -> str:
    """Return the name of a release's record."""
    return owner.name("release", str(number))


def record(owner: Owner, release: Release, files: Files | None) -> Object:
    """Return the record of a release, with its files where it begins.

    Raises DeploymentFailed where it is too large for a cluster.
    """
    found = owner.object(("v1", "ConfigMap"), name_of(owner, release.number), COMPONENT)
    found["data"] = {_RECORD: release.to_json()}
    if files is not None:
        found["binaryData"] = {_FILES: (packed := _pack(files))}
        if len(packed) > _LARGEST:
            raise DeploymentFailed(f"{release} cannot be kept: its files are {len(packed)} bytes, packed")
    return found


def releases(objects: Iterable[Object]) -> tuple[Release, ...]:
    """Return the records among objects, the oldest first. Raises DeploymentFailed at one that nobody can read."""
    return tuple(sorted(map(_release, objects)))


def oldest_first(objects: Iterable[Object]) -> list[Object]:
    """Return the ConfigMaps of records, the oldest release's first. Raises as `releases`."""
    return sorted(objects, key=_release)


def number_of(found: Object) -> int:
    """Return the number of the release that a ConfigMap is the record of. Raises as `releases`."""
    return _release(found).number


def files_of(found: Object) -> Files:
    """Return the files of a record; none where it was not written when the release began."""
    packed = found.get("binaryData", {}).get(_FILES)
    return _unpack(packed) if packed is not None else ()


def _release(found: Object) -> Release:
    try:
        return read_release(found["data"][_RECORD])
    except (KeyError, ValueError) as error:
        name = found["metadata"]["name"]
        raise DeploymentFailed(
            f'the ConfigMap "{name}" should be the record of a release: {error}'
        ) from error


def _pack(files: Files) -> str:
    texts = json.dumps({file.path: file.text for file in files}, ensure_ascii=False)
    return base64.b64encode(gzip.compress(texts.encode(), mtime=0)).decode()


def _unpack(packed: str) -> Files:
    texts: dict[str, str] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return in_order(File(path, text.encode()) for path, text in texts.items())
