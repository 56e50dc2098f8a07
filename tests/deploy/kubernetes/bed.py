"""The bed of a Kubernetes cluster, for the conformance suite."""

from __future__ import annotations

import copy
from pathlib import Path

from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.kubernetes.platform import open_platform
from macaron_runner.deploy.programs import Programs
from macaron_runner.deploy.target import Platform
from tests.deploy.beds import Bed
from tests.deploy.fakes.kubernetes import Cluster, Fate
from tests.deploy.fakes.kubernetes.kubectl import Kubectl
from tests.deploy.planned import write_service

_CHANGING = ("resourceVersion", "managedFields")


class KubernetesBed(Bed):
    """A namespace of a fake cluster, by a fake kubectl."""

    section = "{type: kubernetes, context: fake, namespace: shop, replicas: {min: 2, max: 4}}"
    rest = """
        server: {bind: "0.0.0.0:8080"}
        secrets: {key: {env: SHOP_KEY}}
        """
    evidence = "KeyError: 'SHOP'"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cluster = Cluster()
        self.cluster.add_secret("shop", "shop", "key")
        self.cluster.api.logs["shop-web"] = "Traceback (most recent call last):\nKeyError: 'SHOP'\n"

    def say(self, keys: str, rest: str) -> None:
        """Write another macaron.yaml, whose target has these keys beside its type."""
        write_service(self.folder, f"{{type: kubernetes, {keys}}}", rest)

    def open(self, hands: Hands) -> Platform:
        return open_platform(self.site(), hands)

    def programs(self) -> Programs:
        return Kubectl(self.cluster)

    def serving(self) -> str:
        return self.cluster.live_version()

    def snapshot(self) -> object:
        found = copy.deepcopy(
            {key: each for key, each in self.cluster.store.objects.items() if key[0] != "Lease"}
        )
        for each in found.values():
            each.pop("status", None)
            for name in _CHANGING:
                each["metadata"].pop(name, None)
        return found

    def make_bad(self, version: str) -> None:
        self.cluster.fates[version] = Fate.CRASH

    def refuse(self, *, quota: bool) -> None:
        self.cluster.only = self.serving() if quota else ""

    def fail_once(self) -> None:
        self.cluster.fail()

    def steal_lock_if_held(self) -> None:
        for lease in self.cluster.store.select("Lease", "shop"):
            if lease["spec"]["holderIdentity"]:
                now = self.hands(print).now().removesuffix("Z") + ".000000Z"
                lease["spec"] |= {
                    "holderIdentity": "eve@other 1",
                    "renewTime": now,
                    "leaseDurationSeconds": 600,
                }
                self.cluster.store.touch(lease)
