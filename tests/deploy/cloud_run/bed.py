"""The bed of a Cloud Run target, for the conformance suite; its API is asked without a network between."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from macaron_runner.deploy.cloud_run.api import Api
from macaron_runner.deploy.cloud_run.platform import CloudRunPlatform
from macaron_runner.deploy.cloud_run.records import LOCK, read_lock
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.target import Platform
from tests.deploy.beds import Bed
from tests.deploy.fakes.cloud_run import FakeCloudRun, Refused

PARENT = "projects/acme-live/locations/europe-west1"
NEVER_STARTS = (
    "The user-provided container failed to start and listen on the port defined provided by the PORT=8080 "
    "environment variable within the allocated timeout."
)


class CloudRunBed(Bed):
    section = "{type: cloud_run, project: acme-live, region: europe-west1, ingress: internal}"
    rest = """\
        server: {bind: "0.0.0.0:8080"}
        tasks: {broker: "redis://redis.example.com", pools: {default: {}}}
        """
    evidence = "ImportError: no module named shop"
    starts_anew = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.fake = FakeCloudRun()

    def open(self, hands: Hands) -> Platform:
        return CloudRunPlatform(self.site(), Api(hands, self.send), lambda _: "")

    def send(self, method: str, url: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        asked = urlsplit(url)
        name, query = asked.path.removeprefix("/v2/"), dict(parse_qsl(asked.query))
        try:
            return 200, self.fake.answer(method, name, query, body or {})
        except Refused as refused:
            return refused.status, {"error": {"status": refused.code, "message": refused.message}}

    def serving(self) -> str:
        found = self.fake.live("services", "shop")
        return "+".join(sorted(found))

    def snapshot(self) -> object:
        return {name: (owner.said_without(LOCK), owner.policy) for name, owner in self.fake.owners.items()}

    def make_bad(self, version: str) -> None:
        self.fake.fails[version] = NEVER_STARTS

    def refuse(self, *, quota: bool) -> None:
        self.fake.full = quota

    def fail_once(self) -> None:
        self.fake.refusals.append((".*", 500, "INTERNAL", "An internal error has occurred."))

    def steal_lock_if_held(self) -> None:
        notes = self.fake.owners.get(f"{PARENT}/jobs/shop-releases")
        lock = read_lock(notes.said["annotations"]) if notes is not None else None
        if notes is not None and lock is not None and lock.until:
            until = datetime.fromisoformat(self.hands(print).now()).timestamp() + 600
            stolen = replace(lock, holder="another", by="eve@other", until=until)
            notes.said["annotations"][LOCK] = stolen.to_json()
            notes.generation += 1
