"""What is noted of the releases of a service, as annotations, read and written. Pure.

    macaron/release-12    the record of release 12, JSON
    macaron/files-12      its files, so that it can be brought back: JSON, deflated, base64
    macaron/before        how everything was before the deployment that is under way, likewise
    macaron/lock          who deploys at the moment

Not for where they are kept (notes).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from macaron_runner.deploy.cloud_run.before import Before
from macaron_runner.deploy.files import File, Files, in_order
from macaron_runner.deploy.release import Release, read_release

Annotations: TypeAlias = Mapping[str, str]

LOCK: Final = "macaron/lock"
BEFORE: Final = "macaron/before"
_RELEASE: Final = "macaron/release-"
_FILES: Final = "macaron/files-"


@dataclass(frozen=True, slots=True)
class Lock:
    """Who deploys, or did last: `by` whom, since `at` (RFC 3339), `until` when (seconds since 1970).

    `holder` is unique: the same person may deploy twice at a time.
    """

    holder: str
    by: str
    at: str
    until: float

    def to_json(self) -> str:
        """Return it as the text of its annotation."""
        return json.dumps(asdict(self))


def read_lock(annotations: Annotations) -> Lock | None:
    """Return who deploys, None where nobody does; what cannot be read is nobody's."""
    try:
        kept = json.loads(annotations[LOCK])
        return Lock(str(kept["holder"]), str(kept["by"]), str(kept["at"]), float(kept["until"]))
    except (KeyError, TypeError, ValueError):
        return None


def read_releases(annotations: Annotations) -> tuple[Release, ...]:
    """Return the releases of a service, the oldest first. Raises ValueError where one cannot be read."""
    kept = (read_release(text) for key, text in annotations.items() if key.startswith(_RELEASE))
    return tuple(sorted(kept))


def release_annotation(release: Release) -> dict[str, str]:
    """Return the annotation that a release is recorded with."""
    return {f"{_RELEASE}{release.number}": release.to_json()}


def files_annotation(release: Release, files: Files) -> dict[str, str]:
    """Return the annotation that keeps the files of a release."""
    return {f"{_FILES}{release.number}": packed({file.path: file.text for file in files})}


def read_files(annotations: Annotations, number: int) -> Files | None:
    """Return the files of a release, None where they are not kept (any more)."""
    text = annotations.get(f"{_FILES}{number}")
    if text is None:
        return None
    return in_order(File(path, content.encode()) for path, content in unpacked(text).items())


def only(annotations: Annotations, keep: Collection[int]) -> dict[str, str]:
    """Return annotations with the records of these releases only, and without what was before any."""
    kept = {f"{prefix}{number}" for number in keep for prefix in (_RELEASE, _FILES)}
    return {
        key: text
        for key, text in annotations.items()
        if key in kept or not key.startswith((_RELEASE, _FILES, BEFORE))
    }


def read_before(annotations: Annotations, release: Release) -> Before | None:
    """Return how everything was before a release touched it, None where it has touched nothing, or is done."""
    text = annotations.get(BEFORE)
    before = Before.from_json(unpacked(text)) if text is not None else None
    return before if before is not None and before.release == release.number else None


def before_annotation(before: Before) -> dict[str, str]:
    """Return the annotation that keeps how everything was."""
    return {BEFORE: packed(before.to_json())}


def packed(value: Any) -> str:
    """Return plain data as a short text that `unpacked` reads."""
    return base64.b64encode(zlib.compress(json.dumps(value).encode(), 9)).decode("ascii")


def unpacked(text: str) -> Any:
    """Return what `packed` wrote."""
    return json.loads(zlib.decompress(base64.b64decode(text)))
