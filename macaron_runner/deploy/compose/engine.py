"""Runs releases with Docker Compose on a host: the commands, and what is made of their answers.

A web that is tried is the service `next` of the release's own compose file. Not for what the files say (render), nor
for when anything happens (host.platform, pipeline).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from macaron_runner.deploy.compose.render import COMPOSE_FILE
from macaron_runner.deploy.compose.seen import PROJECT, SERVICE, Container, read_containers, sight_of
from macaron_runner.deploy.failures import DeploymentFailed, Evidence, Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.host import scripts
from macaron_runner.deploy.host.engine import Kept, Sight
from macaron_runner.deploy.host.machine import Machine
from macaron_runner.deploy.host.places import NEXT, Places
from macaron_runner.errors import DependencyMissing

_OLDEST: Final = (2, 22)
"""Compose that pulls only what is missing (`pull --policy`)."""
_PULL: Final = 1200.0
_START: Final = 600.0
"""Seconds that everything may take to start, or to stop, beside the tasks under way, which are waited for."""
_LINES: Final = 30


class ComposeEngine:
    """The engine of the compose project of this name on a machine; see host.engine.Engine."""

    def __init__(self, project: str, machine: Machine, places: Places, hands: Hands) -> None:
        self._project, self._machine, self._places, self._hands = project, machine, places, hands

    def require(self) -> None:
        """Make sure that Docker runs on the host, and has a Compose that is new enough. Raises DependencyMissing."""
        try:
            told = self._machine.read(
                "docker compose version --short && docker info --format '{{.ServerVersion}}'"
            )
        except Failure as error:
            hint = "it needs docker and its compose plugin, and whoever logs in there must be in the group docker"
            raise DependencyMissing(f"Docker Compose cannot be used on the host: {hint}\n{error}") from None
        found = re.match(rb"v?(\d+)\.(\d+)", told)
        if found is not None and (int(found[1]), int(found[2])) < _OLDEST:
            raise DependencyMissing(
                f"the host has Docker Compose {found[0].decode()}; {'.'.join(map(str, _OLDEST))} or newer is needed"
            )

    def prepare(self, release: Kept) -> None:
        """Pull the images that the host does not have."""
        self._hands.show(
            self._machine.command(
                self._compose(release.number, "pull", "--quiet", "--policy", "missing"), deadline=_PULL
            )
        )

    def try_out(self, release: Kept) -> None:
        """Start `next`, and what it needs as far as that does not run; what runs stays as it is."""
        self.end_trial()
        words = ("--profile", NEXT, "up", "--detach", "--quiet-pull", "--no-recreate", NEXT)
        self._machine.act(self._compose(release.number, *words), deadline=_START)

    def trial_port(self, _: Kept) -> int:
        """Return the port that the host chose for `next`. Raises DeploymentFailed."""
        for each in self._containers():
            if each.service == NEXT and each.ports:
                return each.ports[0]
        raise DeploymentFailed("what is tried has no port on the host: does the service listen on 0.0.0.0?")

    def end_trial(self) -> None:
        """Remove `next`."""
        self._machine.act(self._each("docker rm --force", f"--filter label={SERVICE}={NEXT}"))

    def switch(self, release: Kept) -> None:
        """Let the project be what a release says; what is the same in both goes on.

        The web is last, and alone: Compose would stop it first, and start it once all that it needs is healthy.
        """
        web = release.manifest.web
        others = [each for each in release.manifest.workloads if each != web]
        up = ("up", "--detach", "--quiet-pull")
        self._machine.act(
            scripts.steps(
                scripts.point(self._places.current, self._places.release(release.number)),
                *([self._compose(release.number, *up, "--remove-orphans", *others)] if others else ()),
                *([self._compose(release.number, *up, "--remove-orphans", "--no-deps", web)] if web else ()),
            ),
            deadline=_START + release.manifest.grace,
        )

    def stop(self) -> None:
        """Remove the project's containers; its volumes stay."""
        down = f"docker compose --project-name {self._project} down --remove-orphans"
        self._machine.act(scripts.steps(down, scripts.remove(self._places.current)), deadline=_START)

    def look(self, _: Kept, names: Sequence[str], *, trial: bool = False) -> tuple[Sight, ...]:
        """Return how containers fare."""
        found = self._containers()
        return tuple(sight_of(name, _of(found, name, trial=trial)) for name in names)

    def evidence(self, _: Kept, sight: Sight, *, trial: bool = False) -> Evidence:
        """Return the last lines of a container, what its health check answered, and what that means."""
        found = _of(self._containers(), sight.name, trial=trial)
        what = f"{sight.name} {sight.why}"
        if not found:
            return Evidence(what)
        told = self._machine.read(f"docker logs --tail {_LINES} {found[0].id} 2>&1").decode(
            "utf-8", "replace"
        )
        return Evidence(what, tuple(told.splitlines()), found[0].answer, found[0].cause)

    def drift(self, release: Kept) -> tuple[str, ...]:
        """Return which containers run otherwise than the live release says, by Compose's own digest of a service."""
        told = self._machine.read(self._compose(release.number, "config", "--hash", "'*'")).decode(
            "utf-8", "replace"
        )
        wanted = dict(line.split(" ", 1) for line in told.splitlines() if " " in line)
        running = {each.service: each.config_hash for each in self._containers()}
        return tuple(
            f"{name} runs otherwise than its release says" if name in running else f"{name} is not there"
            for name, digest in sorted(wanted.items())
            if running.get(name) != digest.strip()
        )

    def logs(self, release: Kept, names: Sequence[str], *, follow: bool, lines: int) -> Iterator[str]:
        """Yield what containers print."""
        words = ("logs", "--no-color", "--tail", str(lines), *(("--follow",) if follow else ()), *names)
        return self._hands.follow(self._machine.command(self._compose(release.number, *words), acts=False))

    def _containers(self) -> tuple[Container, ...]:
        return read_containers(self._machine.read(scripts.steps("date +%s", self._each("docker inspect"))))

    def _each(self, command: str, *more: str) -> str:
        chosen = " ".join(
            ("docker ps --all --quiet --no-trunc --filter", f"label={PROJECT}={self._project}", *more)
        )
        return f'ids=$({chosen}) && {{ [ -z "$ids" ] || {command} $ids; }}'

    def _compose(self, number: int, *words: str) -> str:
        file = shlex.quote(f"{self._places.release(number)}/{COMPOSE_FILE}")
        return " ".join(("docker compose --file", file, *words))


def _of(found: Sequence[Container], name: str, *, trial: bool) -> list[Container]:
    return [each for each in found if each.service == (NEXT if trial else name)]
