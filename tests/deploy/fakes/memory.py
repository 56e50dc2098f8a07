"""A target in memory: the smallest Platform that keeps its word, and the bed that the conformance suite lays it in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from macaron_runner.deploy.difference import difference
from macaron_runner.deploy.failures import Evidence, Failure, Locked, LostLock, OutOfTime, Unhealthy
from macaron_runner.deploy.files import File, Files, in_order
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.pipeline import Wanted
from macaron_runner.deploy.release import Release, live_one, read_release
from macaron_runner.deploy.target import Address, Hold, Platform, Status, WorkloadStatus
from tests.deploy.beds import Bed


class ServerError(Exception):
    """What the world answers now and then, for no reason."""


@dataclass
class World:
    """What is at the target: records as texts, files by release, what runs, who has the traffic, the lock."""

    records: dict[int, str] = field(default_factory=dict)
    files: dict[int, Files] = field(default_factory=dict)
    running: dict[int, str] = field(default_factory=dict)
    traffic: int = 0
    lock: tuple[str, str, float] | None = None
    bad: set[str] = field(default_factory=set)
    full: bool = False
    errors: int = 0


@dataclass
class Memory:
    """The platform over a World."""

    world: World
    hands: Hands
    addresses: dict[str, Address] = field(default_factory=dict)

    def difference(self, files: Files) -> str:
        live = live_one(self.releases())
        return difference(self.world.files.get(self._made_of(live), ()) if live is not None else (), files)

    @contextmanager
    def lock(self, who: str, seconds: float) -> Iterator[Hold]:
        def take() -> None:
            if self.world.lock is not None and self.world.lock[2] > self.hands.clock():
                raise Locked(*self.world.lock[:2])
            self.world.lock = (who, self.hands.now(), self.hands.clock() + seconds)

        self._act("lock", take)
        try:
            yield _Held(self, who)
        finally:
            self._act("unlock", lambda: self._unlock(who))

    def _unlock(self, who: str) -> None:
        if self.world.lock is not None and self.world.lock[0] == who:
            self.world.lock = None

    def releases(self) -> tuple[Release, ...]:
        return tuple(sorted(map(read_release, self.world.records.values())))

    def record(self, release: Release, files: Files | None = None) -> None:
        def write() -> None:
            if files is not None:
                self.world.files[release.number] = files
            self.world.records[release.number] = release.to_json()

        self._act(f"record {release.number} {release.status}", write)

    def apply(self, release: Release, files: Files) -> None:
        self._start(release)

    def restore(self, release: Release, to: Release) -> None:
        assert to.number in self.world.files
        self._start(release)

    def _start(self, release: Release) -> None:
        def start() -> None:
            if self.world.full:
                raise Failure("start", None, ["the quota is used up"])
            self.world.running[release.number] = release.version

        self._act(f"start {release.number}", start)

    def wait(self, release: Release, deadline: float) -> None:
        number, version = release.number, release.version
        evidence = Evidence(f"process {number}", ("Traceback", "KeyError: 'SHOP'"), "503", "it lacks SHOP")
        try:
            self.hands.wait(
                lambda: "" if version not in self.world.bad and number in self.world.running else "0 of 1",
                min(deadline, self.hands.clock() + 5),
            )
        except OutOfTime as error:
            raise Unhealthy(f"{release} is not healthy", [evidence]) from error

    def address(self, release: Release) -> AbstractContextManager[Address | None]:
        return nullcontext(self.addresses.get(release.version))

    def switch(self, release: Release) -> None:
        self._act(f"switch {release.number}", lambda: setattr(self.world, "traffic", release.number))

    def finish(self, release: Release, keep: Collection[int]) -> None:
        self._act("stop others", lambda: self._stop_but(release.number))

        def prune() -> None:
            for number in self.world.records.keys() - set(keep):
                del self.world.records[number]
                self.world.files.pop(number, None)

        self._act("prune", prune)

    def abandon(self, release: Release, live: Release | None) -> None:
        self._act(
            "switch back", lambda: setattr(self.world, "traffic", live.number if live is not None else 0)
        )
        self._act(f"stop {release.number}", lambda: self.world.running.pop(release.number, None))

    def status(self) -> Status:
        version = self.world.running.get(self.world.traffic, "")
        ready = int(bool(version) and version not in self.world.bad)
        return Status(
            (WorkloadStatus("web", 1, ready, version),) if version else (), (self.world.lock or ("",))[0]
        )

    def logs(self, workload: str, *, follow: bool, lines: int) -> Iterator[str]:
        yield from [f"web | line {number}" for number in range(100)][-lines:]

    def _made_of(self, release: Release) -> int:
        return release.of if release.of is not None else release.number

    def _stop_but(self, number: int) -> None:
        self.world.running = {number: self.world.running[number]}

    def _act(self, shown: str, function) -> None:  # type: ignore[no-untyped-def]
        def act() -> None:
            if self.world.errors:
                self.world.errors -= 1
                raise ServerError("500")
            function()

        self.hands.call(f"memory {shown}", act, again=lambda error: isinstance(error, ServerError))


@dataclass
class _Held:
    memory: Memory
    who: str

    def confirm(self, seconds: float) -> None:
        def extend() -> None:
            lock = self.memory.world.lock
            if lock is not None and lock[0] != self.who:
                raise LostLock(f"{lock[0]} has the lock now")
            end = self.memory.hands.clock() + seconds
            self.memory.world.lock = (self.who, lock[1] if lock else self.memory.hands.now(), end)

        self.memory.hands.call("memory extend lock", extend)


class MemoryBed(Bed):
    """The bed of a target in memory; what its macaron.yaml says of the target does not matter."""

    section = "{type: systemd, host: localhost, directory: /srv/shop}"
    evidence = "KeyError: 'SHOP'"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.world = World()
        self.addresses: dict[str, Address] = {}

    def open(self, hands: Hands) -> Platform:
        return Memory(self.world, hands, self.addresses)

    def wanted(self, version: str) -> Wanted:
        web = File("web", f"version: {version}\n".encode())
        return Wanted(version, "", in_order([web, File("macaron.yaml", self.file.read_bytes())]))

    def serving(self) -> str:
        return self.world.running.get(self.world.traffic, "")

    def snapshot(self) -> object:
        world = self.world
        return dict(world.records), dict(world.files), dict(world.running), world.traffic

    def make_bad(self, version: str) -> None:
        self.world.bad.add(version)

    def refuse(self, *, quota: bool) -> None:
        self.world.full = quota

    def fail_once(self) -> None:
        self.world.errors = 1

    def steal_lock_if_held(self) -> None:
        if self.world.lock is not None:
            self.world.lock = ("eve@other", self.world.lock[1], self.time + 600)
