"""The words of kubectl. Pure.

Context and namespace stand in every command: none goes where kubectl happens to point. Of kubectl only what 1.20 and
later have alike is used. Not for running them (hands), nor for what they are for (platform).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import Failure
from macaron_runner.deploy.kubernetes.objects import COMPONENT_LABEL, MANAGER, NAME_LABEL, Object, bare
from macaron_runner.deploy.naming import label_value

_TRANSIENT: Final = (
    "(InternalError)", "(ServiceUnavailable)", "(TooManyRequests)", "(Timeout)", "(ServerTimeout)",
    "connection refused", "connection reset", "i/o timeout", "TLS handshake timeout", "unexpected EOF", "etcdserver:",
)  # fmt: skip
DEADLINE: Final = 60.0
"""Seconds that one command may take: what a release has, some twenty objects, takes a few."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Commands for one namespace of one cluster."""

    context: str
    namespace: str

    def get(self, kinds: str, selector: str = "", *, fields: str = "") -> Command:
        """Read all objects of kinds ("pods,services"), or those that a selector tells, as JSON."""
        chosen = (f"--selector={selector}",) if selector else ()
        narrowed = (f"--field-selector={fields}",) if fields else ()
        return self._read("get", kinds, *chosen, *narrowed, "--output=json")

    def get_one(self, kind: str, name: str) -> Command:
        """Read one object as JSON; nothing where it is not there."""
        return self._read("get", kind, name, "--ignore-not-found", "--output=json")

    def get_these(self, objects: Iterable[Object]) -> Command:
        """Read what is there of these objects, as JSON; nothing where nothing is."""
        return self._read(
            "get", "--filename=-", "--ignore-not-found", "--output=json", given=map(bare, objects)
        )

    def keys(self, secret: str) -> Command:
        """Read the keys of a Secret, a line each, and none of its values; nothing where it is not there."""
        template = r'--output=go-template={{range $key, $_ := .data}}{{$key}}{{"\n"}}{{end}}'
        return self._read("get", "secret", secret, "--ignore-not-found", template)

    def apply(self, objects: Iterable[Object], *, manager: str = MANAGER) -> Command:
        """Make objects be as given; what others have changed of what is ours is changed back."""
        return self._act(*_apply(manager), given=objects)

    def try_apply(self, objects: Iterable[Object]) -> Command:
        """Read, as JSON, what `apply` would make of objects."""
        return self._read(*_apply(MANAGER), "--dry-run=server", "--output=json", given=objects)

    def create(self, found: Object) -> Command:
        """Make an object that must not be there yet; it is read as JSON."""
        return self._act("create", "--filename=-", "--output=json", given=[found])

    def replace(self, found: Object) -> Command:
        """Put an object in place of the one with its resourceVersion; it is read as JSON."""
        return self._act("replace", "--filename=-", "--output=json", given=[found])

    def delete(self, objects: Iterable[Object]) -> Command:
        """Remove objects, and what they have made; those that are not there are no mistake."""
        words = ("delete", "--filename=-", "--ignore-not-found", "--wait=false")
        return self._act(*words, given=map(bare, objects))

    def logs(self, pod: str, container: str, lines: int, *, previous: bool) -> Command:
        """Read the last lines of a container, or of the one that ran in its place before."""
        before = ("--previous",) if previous else ()
        return self._read("logs", pod, f"--container={container}", f"--tail={lines}", *before)

    def all_logs(self, service: str, component: str, lines: int, *, follow: bool) -> Command:
        """Read the last lines of all pods of a component ("" for all), each with its pod's name, perhaps for ever."""
        on = ("--follow",) if follow else ()
        chosen = f"--selector={selector(service, component)}"
        return self._read("logs", chosen, f"--tail={lines}", "--prefix", "--max-log-requests=50", *on)

    def forward(self, service: str) -> Command:
        """Lead a free port of this machine to a Service, as long as it runs; which one it prints."""
        return self._read("port-forward", f"service/{service}", ":http", "--address=127.0.0.1", deadline=30.0)

    def _read(
        self, *words: str, given: Iterable[Object] | None = None, deadline: float = DEADLINE
    ) -> Command:
        return Command(self._words(*words), stdin=_stream(given), acts=False, deadline=deadline)

    def _act(self, *words: str, given: Iterable[Object] | None = None) -> Command:
        return Command(self._words(*words), stdin=_stream(given), acts=True, deadline=DEADLINE)

    def _words(self, *words: str) -> tuple[str, ...]:
        return ("kubectl", f"--context={self.context}", f"--namespace={self.namespace}", *words)


def _apply(manager: str) -> Sequence[str]:
    return ("apply", "--server-side", "--force-conflicts", f"--field-manager={manager}", "--filename=-")


def _stream(objects: Iterable[Object] | None) -> bytes | None:
    """Return objects as JSON documents, one after the other: of a List kubectl would check the schema itself."""
    if objects is None:
        return None
    return b"\n".join(json.dumps(each, ensure_ascii=False).encode() for each in objects)


def read(output: bytes) -> list[Object]:
    """Return the objects that kubectl printed as JSON: none, one or a list."""
    if not output.strip():
        return []
    document: Object = json.loads(output)
    return list(document["items"]) if "items" in document else [document]


def selector(service: str, component: str = "") -> str:
    """Return the selector of a service's objects, or those of one component."""
    own = f",{COMPONENT_LABEL}={label_value(component)}" if component else ""
    return f"{NAME_LABEL}={service}{own}"


def is_transient(error: Exception) -> bool:
    """Tell whether kubectl may succeed a moment later: the API server, or the way to it, had a bad moment."""
    return isinstance(error, Failure) and any(text in line for line in error.lines for text in _TRANSIENT)


def says(error: Failure, reason: str) -> bool:
    """Tell whether the API server refused for a reason: "Conflict", "AlreadyExists", "Forbidden", "NotFound"."""
    return any(f"({reason})" in line for line in error.lines)
