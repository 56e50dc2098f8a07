"""Which engine is there, and answers. Not for its words (engines)."""

from __future__ import annotations

from typing import Final

from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.image.engines import Buildah, Docker, Engine, Podman
from macaron_runner.errors import DependencyMissing

ENGINES: Final = ("docker", "podman", "buildah")
"""In the order in which they are looked for."""
_BUILDX_NEEDED: Final = 23
"""The docker program from which on it leaves BuildKit to its plugin buildx; before, it speaks to it by itself."""


def find_engine(hands: Hands, name: str = "") -> Engine:
    """Return the engine of a name, or the first that is there and answers. Raises DependencyMissing."""
    names = (name,) if name else ENGINES
    for each in names:
        if (found := _answering(each, hands)) is not None:
            return found
    none = f"neither {' nor '.join(names)} answers" if len(names) > 1 else f"{name} answers not"
    raise DependencyMissing(f"nothing here builds images: {none}")


def _answering(name: str, hands: Hands) -> Engine | None:
    try:
        if name == "podman":
            return Podman() if hands.succeeds(Command(("podman", "version"), acts=False)) else None
        if name == "buildah":
            return Buildah() if hands.succeeds(Command(("buildah", "version"), acts=False)) else None
        asked = Command(
            ("docker", "version", "--format", "{{.Client.Version}} {{.Server.Version}}"), acts=False
        )
        client = int(hands.run(asked).decode().partition(".")[0] or 0)
        buildx = hands.succeeds(Command(("docker", "buildx", "version"), acts=False))
    except (DependencyMissing, Failure, ValueError):
        return None
    return Docker(buildkit=buildx or client < _BUILDX_NEEDED, buildx=buildx)
