"""What a pod finds in its file system beside the image: macaron.yaml, secrets, folders that may be written. Pure.

The files of the configuration come from a ConfigMap that is named by what is in it: a pod that starts again finds what
it was deployed with, and a rollback brings its configuration back. Each is mounted over its own place, so that what the
image has beside it stays. Not for what is in the files.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.deploy.files import File, Files, digest
from macaron_runner.deploy.kubernetes.objects import Object, Owner

if TYPE_CHECKING:
    from macaron_runner.deploy.workloads import SecretUse

STATE: Final = "256Mi"
TEMPORARY: Final = "1Gi"
_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Mounts:
    """Where a service's files come from: `files` with their paths in the container, and the Secret for its secrets."""

    owner: Owner
    files: Files
    secret: str
    """The Secret in which a secret is that says nothing else; its key is the secret's name."""
    state: str
    """The state directory in the container."""

    def config_map(self) -> Object:
        """Return the ConfigMap of the files; it never changes, another one takes its place."""
        found = self.owner.object(("v1", "ConfigMap"), self._config_name)
        found["immutable"] = True
        found["data"] = {key: file.text for key, file in self._keyed()}
        return found

    def reference(self, use: SecretUse) -> dict[str, str]:
        """Return the Secret and the key that a secret is in: `use.source` is "", "key" or "secret/key"."""
        name, _, key = use.source.rpartition("/")
        return {"name": name or self.secret, "key": key or use.name}

    def volumes(self, secrets: Iterable[SecretUse]) -> list[dict[str, Any]]:
        """Return the volumes of a pod."""
        files = [self._projected(use) for use in secrets if use.file]
        return [
            {"name": "config", "configMap": {"name": self._config_name}},
            *([{"name": "secrets", "projected": {"sources": files, "defaultMode": 0o440}}] if files else []),
            {"name": "state", "emptyDir": {"sizeLimit": STATE}},
            {"name": "tmp", "emptyDir": {"sizeLimit": TEMPORARY}},
        ]

    def mounts(self, secrets: Iterable[SecretUse]) -> list[dict[str, Any]]:
        """Return where a container has them."""
        return [
            *(_mount("config", file.path, key) for key, file in self._keyed()),
            *(_mount("secrets", use.file, use.name) for use in secrets if use.file),
            {"name": "state", "mountPath": self.state},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the container's own
        ]

    def _projected(self, use: SecretUse) -> dict[str, Any]:
        where = self.reference(use)
        return {"secret": {"name": where["name"], "items": [{"key": where["key"], "path": use.name}]}}

    @property
    def _config_name(self) -> str:
        return self.owner.name("config", digest(self.files).removeprefix("sha256:")[:_DIGITS])

    def _keyed(self) -> list[tuple[str, File]]:
        """Return each file with the key that it has in the ConfigMap: its name, where that tells it from the others."""
        names = Counter(PurePosixPath(file.path).name for file in self.files)
        return [
            (_key(file.path, unique=names[PurePosixPath(file.path).name] == 1), file) for file in self.files
        ]


def _mount(volume: str, path: str, key: str) -> dict[str, Any]:
    return {"name": volume, "mountPath": path, "subPath": key, "readOnly": True}


def _key(path: str, *, unique: bool) -> str:
    name = PurePosixPath(path).name
    if unique and re.fullmatch(r"[-._a-zA-Z0-9]{1,200}", name):
        return name
    mark = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{mark}-{re.sub(r'[^-._a-zA-Z0-9]', '_', name)[:200]}"
