"""The beds of compose and systemd: releases on a fake host."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.target import Platform, open_platform
from tests.deploy.beds import Bed
from tests.deploy.fakes.docker import BEGUN, Docker
from tests.deploy.fakes.host import Host, Program, tree
from tests.deploy.fakes.systemd import PYTHON, Systemd

SERVICE = """
    server: {bind: 0.0.0.0:8080}
    tasks: {broker: embedded, schedules: {nightly: {task: shop.jobs.report, every: 1h}}}
    secrets: {key: {env: SHOP_KEY}}
    """


class HostBed(Bed):
    """What the beds of both kinds of host share."""

    kind = ""
    rest = SERVICE
    stride = 4  # every line is a shell that is started
    evidence = "error[MAC113]: the secret is absent"

    def __init__(self, folder: Path) -> None:
        self.section = f"{{type: {self.kind}, host: box.example.com, directory: {folder}/srv}}"
        self.time = 0.0
        self.host = Host(folder / "host", {**self.fakes(folder / "host"), "date": self.date})
        super().__init__(folder)
        secret = folder / "srv/secrets/key"
        secret.parent.mkdir(parents=True)
        secret.write_text("the value of the secret")

    def close(self) -> None:
        self.host.close()

    @abstractmethod
    def fakes(self, folder: Path) -> dict[str, Program]:
        """Return the fake programs of the host."""

    def open(self, hands: Hands) -> Platform:
        return open_platform(self.site(), hands)

    def hands(self, tell: Callable[[str], None], *, dry_run: bool = False) -> Hands:
        return Hands(
            tell,
            {},
            dry_run=dry_run,
            programs=self.host,
            clock=lambda: self.time,
            sleep=self.pass_time,
            now=lambda: datetime.fromtimestamp(BEGUN, UTC) + timedelta(seconds=self.time),
        )

    def snapshot(self) -> object:
        left_out = (".guard", "lock")
        kept = {path: text for path, text in tree(self.folder / "srv").items() if path not in left_out}
        return kept, tree(self.host.units), self.state()

    @abstractmethod
    def state(self) -> object:
        """Return what runs."""

    def fail_once(self) -> None:
        self.host.lost = 1

    def steal_lock_if_held(self) -> None:
        lock = self.folder / "srv/lock"
        if lock.is_file():
            since = lock.read_text().splitlines()[2]
            lock.write_text(f"another\n{int(BEGUN + self.time) + 600}\n{since}\neve@other\n")

    def date(self, words: object, folder: str) -> tuple[int, str]:
        now = datetime.fromtimestamp(BEGUN, UTC) + timedelta(seconds=self.time)
        return 0, f"{int(now.timestamp())}\n" if "+%s" in list(words) else f"{now:%Y-%m-%dT%H:%M:%SZ}\n"  # type: ignore[call-overload]


class ComposeBed(HostBed):
    kind = "compose"

    def fakes(self, folder: Path) -> dict[str, Program]:
        self.docker = Docker()
        return {"docker": self.docker}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.host.version_at = self.docker.version_at

    def serving(self) -> str:
        return self.docker.version_at(8080)

    def state(self) -> object:
        return sorted((each.service, each.id, each.image) for each in self.docker.containers)

    def make_bad(self, version: str) -> None:
        self.docker.bad.add(version)

    def refuse(self, *, quota: bool) -> None:
        self.docker.full = quota


class SystemdBed(HostBed):
    kind = "systemd"
    first = 2

    def fakes(self, folder: Path) -> dict[str, Program]:
        self.systemd = Systemd(folder / "etc/systemd/system")
        return {**self.systemd.programs(), "id": lambda words, folder: (0, "0\n")}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.host.version_at = self.systemd.version_at
        self.host.put_program("python3", PYTHON)

    def serving(self) -> str:
        return self.systemd.version_at(8080)

    def state(self) -> object:
        return sorted(self.systemd.active.items()), sorted(self.systemd.enabled)

    def make_bad(self, version: str) -> None:
        self.systemd.bad.add(version)

    def refuse(self, *, quota: bool) -> None:
        self.systemd.full = quota
