"""The Platform of a host: releases in folders, a link to the live one, and an engine that runs it.

    record    the files lie in releases/N
    apply     N is made complete, and its web is started beside the live one, on a port of loopback
    switch    what was tried ends; the engine lets everything be N
    abandon   what was tried ends; the engine lets everything be what it was

Not for how anything is run (engine), nor for the course of a deployment (pipeline).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from macaron_runner.deploy.difference import difference
from macaron_runner.deploy.failures import DeploymentFailed, Failure, OutOfTime, Unhealthy
from macaron_runner.deploy.files import Files
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.host import lock
from macaron_runner.deploy.host.engine import Engine, Kept, Sight
from macaron_runner.deploy.host.machine import Machine
from macaron_runner.deploy.host.manifest import Manifest, read_manifest
from macaron_runner.deploy.host.places import Places
from macaron_runner.deploy.host.store import Store
from macaron_runner.deploy.release import Release
from macaron_runner.deploy.target import Address, Hold, Status, WorkloadStatus


class HostPlatform:
    """One target on one host; see target.Platform."""

    def __init__(
        self, machine: Machine, places: Places, engine: Engine, hands: Hands, timeout: float
    ) -> None:
        self._machine, self._places, self._engine, self._hands = machine, places, engine, hands
        self._timeout = timeout
        self._store = Store(machine, places)
        self._known: dict[int, Kept] = {}

    def difference(self, files: Files) -> str:
        """Return what a release of these files would change, and what was changed there by hand."""
        told = difference(self._store.files(self._places.current), files)
        live = self._live()
        drift = self._engine.drift(live) if live is not None else ()
        return "".join([told, *(f"# on the host: {line}\n" for line in drift)])

    def lock(self, who: str, seconds: float) -> AbstractContextManager[Hold]:
        """Keep everybody else out."""
        return lock.hold(self._machine, self._places, who, self._hands.now(), seconds)

    def releases(self) -> tuple[Release, ...]:
        """Return the records, the oldest first."""
        return self._store.releases()

    def record(self, release: Release, files: Files | None = None) -> None:
        """Keep a record."""
        self._store.record(release, files)

    def apply(self, release: Release, files: Files) -> None:
        """Make a release complete on the host, and start its web where it can be tried. Raises DeploymentFailed."""
        self._known[release.number] = Kept(release.number, read_manifest(files))
        self._begin(release)

    def restore(self, release: Release, to: Release) -> None:
        """As `apply`, with the files, and all that was made of them, of an earlier release."""
        self._known[release.number] = Kept(release.number, self._kept(to.number).manifest)
        self._store.copy(to.number, release.number)
        self._begin(release)

    def _begin(self, release: Release) -> None:
        kept = self._kept(release.number)
        self._engine.require()
        if absent := self._store.absent_secrets(kept.manifest.secrets):
            raise DeploymentFailed(_without_secrets(absent))
        self._store.point(self._places.next, release.number)
        self._engine.prepare(kept)
        if kept.manifest.web:
            with self._explained(kept, (kept.manifest.web,), trial=True):
                self._engine.try_out(kept)

    @contextmanager
    def _explained(self, kept: Kept, names: Sequence[str], *, trial: bool) -> Iterator[None]:
        """Tell more of a command that failed, where what it should have started says why."""
        try:
            yield
        except Failure as error:
            broken = [each for each in self._sights(kept, names, trial=trial) if each.broken]
            if not broken:
                raise
            raise self._unhealthy(str(error), kept, broken, trial=trial) from error

    def wait(self, release: Release, deadline: float) -> None:
        """Wait until what is tried is ready or, once it is live, all of it. Raises Unhealthy."""
        if self._hands.dry_run:
            return
        kept = self._kept(release.number)
        trial = self._store.current() != kept.number
        names = _tried(kept.manifest) if trial else kept.manifest.workloads
        try:
            self._hands.wait(lambda: self._look(kept, names, trial=trial), deadline)
        except OutOfTime as error:
            waiting = [each for each in self._sights(kept, names, trial=trial) if not each.ready]
            raise self._unhealthy(str(error), kept, waiting, trial=trial) from None

    def _look(self, kept: Kept, names: Sequence[str], *, trial: bool) -> str:
        sights = self._sights(kept, names, trial=trial)
        if broken := [each for each in sights if each.broken]:
            told = ", ".join(f"{each.name} {each.why}" for each in broken)
            raise self._unhealthy(f"release {kept.number} is not healthy: {told}", kept, broken, trial=trial)
        return ", ".join(f"{each.name} ({each.why})" for each in sights if not each.ready)

    def _sights(self, kept: Kept, names: Sequence[str], *, trial: bool = False) -> tuple[Sight, ...]:
        return self._engine.look(kept, names, trial=trial) if names else ()

    def _unhealthy(self, message: str, kept: Kept, sights: Sequence[Sight], *, trial: bool) -> Unhealthy:
        return Unhealthy(message, [self._engine.evidence(kept, each, trial=trial) for each in sights])

    def address(self, release: Release) -> AbstractContextManager[Address | None]:
        """Return where what is tried can be asked or, once it is live, the web itself."""
        kept = self._kept(release.number)
        if not kept.manifest.web:
            return nullcontext(None)
        live = self._store.current() == kept.number
        return _reached(self._machine.reach(kept.manifest.port if live else self._engine.trial_port(kept)))

    def switch(self, release: Release) -> None:
        """Let everything be this release, and wait until it is: only its web was tried. Raises Unhealthy."""
        kept = self._kept(release.number)
        self._engine.end_trial()
        with self._explained(kept, kept.manifest.workloads, trial=False):
            self._engine.switch(kept)
        self._store.unlink(self._places.next)
        self.wait(release, self._hands.clock() + self._timeout)

    def finish(self, release: Release, keep: Collection[int]) -> None:
        """Take away what is kept of other releases."""
        self._store.keep({*keep, release.number})

    def abandon(self, release: Release, live: Release | None) -> None:
        """Let everything be what it was, or nothing be there."""
        self._engine.end_trial()
        if live is not None:
            self._engine.switch(self._kept(live.number))
        elif self._store.current() is not None or self._store.files(self._places.release(release.number)):
            self._engine.stop()
        self._store.unlink(self._places.next)
        if live is None or live.number != release.number:
            self._store.drop(release.number)

    def status(self) -> Status:
        """Return how the live release fares."""
        live = self._live()
        sights = self._sights(live, live.manifest.workloads) if live is not None else ()
        return Status(tuple(map(_status, sights)), lock.holder(self._machine, self._places))

    def logs(self, workload: str, *, follow: bool, lines: int) -> Iterator[str]:
        """Yield what the live release prints. Raises DeploymentFailed where it has no such workload."""
        live = self._live()
        if live is None:
            raise DeploymentFailed("nothing is deployed here")
        known = live.manifest.workloads
        if workload and workload not in known:
            raise DeploymentFailed(f'there is no workload "{workload}": {", ".join(known)}')
        return self._engine.logs(live, (workload,) if workload else known, follow=follow, lines=lines)

    def _live(self) -> Kept | None:
        number = self._store.current()
        return self._kept(number) if number is not None else None

    def _kept(self, number: int) -> Kept:
        if number not in self._known:
            try:
                self._known[number] = Kept(
                    number, read_manifest(self._store.files(self._places.release(number)))
                )
            except ValueError as error:
                raise DeploymentFailed(f"release {number} on the host is damaged: {error}") from None
        return self._known[number]


def _tried(manifest: Manifest) -> tuple[str, ...]:
    return (manifest.web,) if manifest.web else ()


@contextmanager
def _reached(way: AbstractContextManager[str]) -> Iterator[Address]:
    with way as url:
        yield Address(url)


def _status(sight: Sight) -> WorkloadStatus:
    trouble = "" if sight.ready else sight.why
    return WorkloadStatus(sight.name, 1, int(sight.ready), sight.version, sight.restarts, trouble)


def _without_secrets(files: Sequence[str]) -> str:
    folder = files[0].rpartition("/")[0]
    how = f"make {folder} with mode 700, for yourself alone, and put each value, and nothing else, into its file"
    return f"the host lacks {', '.join(files)}: {how}"
