"""The test bed of Elastic Beanstalk: moto's server in this process (fakes.beanstalk), boto3's clients over HTTP."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from macaron_runner.configuration.deployment import Beanstalk
from macaron_runner.deploy.beanstalk.aws import open_client
from macaron_runner.deploy.beanstalk.platform import BeanstalkPlatform
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.target import Platform
from tests.deploy.beds import Bed
from tests.deploy.fakes import beanstalk as fake

LIVE = "acme-shop"


@cache
def aws() -> tuple[str, str]:
    """Run AWS and the world, once a process; return the URL of each."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(fake.running())


def lead_there(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have boto3 and urllib find AWS and the world, by the ways in which they are told of others."""
    api, world = aws()
    for name, value in {
        "AWS_ENDPOINT_URL": api,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-credentials"),
        "http_proxy": world,
        "no_proxy": "127.0.0.1",
    }.items():
        patch.setenv(name, value)
    patch.setattr(
        "urllib.request._opener", None
    )  # urlopen() makes one when first called, and keeps its proxies
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        patch.delenv(name, raising=False)


@cache
def client(service: str) -> Any:
    """Return boto3's client of a service, made once: that takes as long as a deployment."""
    told = {"type": "beanstalk", "application": "shop", "region": fake.REGION, "bucket": fake.BUCKET}
    return partial(open_client, Beanstalk.model_validate(told))(service)


class BeanstalkBed(Bed):
    """One target; `cloud` is the account."""

    section = (
        "{type: beanstalk, application: shop, region: eu-west-1, bucket: acme-bundles, cname: acme-shop,"
        " variables: {GREETING: hello}}"
    )
    evidence = "Command failed on instance"
    starts_anew = False
    first, stride = 3, 11

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._patch = pytest.MonkeyPatch()
        lead_there(self._patch, folder)
        self.cloud = fake.forget_all()

    def open(self, hands: Hands) -> Platform:
        site = self.site()
        assert isinstance(site.section, Beanstalk)
        return BeanstalkPlatform(site, site.section, hands, client)

    def serving(self) -> str:
        return self.cloud.live_version(LIVE)

    def snapshot(self) -> object:
        there = {name: each.described() for name, each in self.cloud.environments.items() if each.is_there}
        return there, sorted(self.cloud.versions), fake.s3_content("lock")

    def make_bad(self, version: str) -> None:
        self.cloud.bad_versions.add(version)

    def refuse(self, *, quota: bool) -> None:
        self.cloud.quota = 0 if quota else 100

    def fail_once(self) -> None:
        self.cloud.faults.append(fake.Fault("", "500"))

    def steal_lock_if_held(self) -> None:
        fake.steal_lock(self.hands(lambda _: None).now())

    def close(self) -> None:
        self._patch.undo()
