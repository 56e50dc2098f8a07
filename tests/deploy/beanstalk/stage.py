"""The bed of Elastic Beanstalk with what its own tests ask of it, and keeping what deployments have told."""

from __future__ import annotations

from pathlib import Path

from macaron_runner.deploy.release import Release
from tests.deploy.beanstalk.bed import BeanstalkBed


class Stage(BeanstalkBed):
    """`told` is what all deployments have told so far."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.told: list[str] = []

    def deploy(self, version: str, *, dry_run: bool = False) -> Release | None:
        self.pass_time(1)
        return self.pipeline(self.told.append, dry_run=dry_run).deploy(self.wanted(version))

    def roll_back(self, number: int | None = None) -> Release:
        self.pass_time(1)
        return self.pipeline(self.told.append).roll_back(number)

    def statuses(self) -> dict[int, str]:
        platform = self.open(self.hands(self.told.append))
        return {each.number: each.status for each in platform.releases()}
