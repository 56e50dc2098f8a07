"""A fake Cloud Run, and what deploys to it: a platform each, as if each were another run of macaron."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from macaron_runner.configuration.deployment import CloudRun
from macaron_runner.deploy.acceptance import Acceptance
from macaron_runner.deploy.cloud_run.api import Api, sender
from macaron_runner.deploy.cloud_run.platform import CloudRunPlatform
from macaron_runner.deploy.cloud_run.render import render
from macaron_runner.deploy.files import Files
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.pipeline import Pipeline, Wanted
from macaron_runner.deploy.release import Release
from macaron_runner.deploy.target import Site
from tests.deploy.fakes.cloud_run import FakeCloudRun
from tests.deploy.planned import IMAGE, plan_of

FILE = Path(__file__).parents[1] / "golden/cloud_run/macaron.yaml"
PARENT = "projects/acme-live/locations/europe-west1"
SERVICE = f"{PARENT}/services/shop-live"
WORKER = f"{PARENT}/workerPools/shop-live-worker-default"


@dataclass
class Clock:
    """Time that passes when somebody sleeps."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 28, 22, 45, tzinfo=UTC) + timedelta(seconds=self.seconds)


@dataclass
class Setting:
    """One target of the golden case, at a fake that is served at `address`."""

    fake: FakeCloudRun
    address: str
    file: Path = FILE
    target: str = "live"
    clock: Clock = field(default_factory=Clock)
    told: list[str] = field(default_factory=list)
    token: str = ""

    def files(self, version: str) -> Files:
        return render(plan_of(self.file, self.target, version=version, image=IMAGE))

    def hands(self, *, dry_run: bool = False) -> Hands:
        clock = self.clock
        return Hands(self.told.append, {}, dry_run=dry_run, clock=clock, sleep=clock.sleep, now=clock.now)

    def platform(self, hands: Hands | None = None) -> CloudRunPlatform:
        from google.auth.credentials import AnonymousCredentials

        api = Api(hands or self.hands(), sender(AnonymousCredentials()), self.address, self.address)
        return CloudRunPlatform(self.site, api, lambda _: self.token)

    @property
    def site(self) -> Site:
        planned = plan_of(self.file, self.target)
        assert isinstance(planned.section, CloudRun)
        return Site(planned.service, self.target, planned.section, planned.environment)

    def pipeline(self, *, by: str = "ann", dry_run: bool = False) -> Pipeline:
        hands = self.hands(dry_run=dry_run)
        return Pipeline(self.platform(hands), hands, self.site, by, Acceptance((), ".", 60.0))

    def deploy(self, version: str, *, by: str = "ann", dry_run: bool = False) -> Release | None:
        wanted = Wanted(version, IMAGE.reference, self.files(version))
        return self.pipeline(by=by, dry_run=dry_run).deploy(wanted)

    @property
    def text(self) -> str:
        return "\n".join(self.told)
