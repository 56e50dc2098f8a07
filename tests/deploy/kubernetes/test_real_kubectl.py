"""The real kubectl against the fake API server: what it is asked, it does, and as the fake kubectl does it.

Only `port-forward` is played: it would lead to a container.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from macaron_runner.deploy.failures import DeploymentFailed, Locked
from macaron_runner.deploy.programs import Programs
from tests.deploy.fakes.kubernetes import Cluster, Fate
from tests.deploy.fakes.kubernetes.kubectl import served
from tests.deploy.kubernetes.bed import KubernetesBed
from tests.support.programs import require

pytestmark = pytest.mark.slow

_WRAPPER = """\
#!/bin/sh
case " $* " in *" port-forward "*) echo "Forwarding from 127.0.0.1:{port} -> 8080"; exec sleep 60;; esac
exec {kubectl} "$@"
"""


class RealBed(KubernetesBed):
    """The same cluster, by the kubectl of this machine."""

    def __init__(self, folder: Path, config: Path, port: int) -> None:
        super().__init__(folder)
        self._config = config
        wrapper = folder / "bin" / "kubectl"
        wrapper.parent.mkdir()
        wrapper.write_text(_WRAPPER.format(port=port, kubectl=shutil.which("kubectl")))
        wrapper.chmod(0o755)

    def programs(self) -> Programs | None:
        return None

    def environ(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "KUBECONFIG": str(self._config), "HOME": str(self.folder)}


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealBed]:
    require("kubectl")
    cluster = Cluster()
    folder = tmp_path / "service"
    folder.mkdir()
    with cluster.serving(tmp_path) as config, served(cluster) as port:
        bed = RealBed(folder, config, port)
        cluster.add_secret("shop", "shop", "key")
        cluster.api.logs.update(bed.cluster.api.logs)
        bed.cluster = cluster
        yield bed


def course(bed: KubernetesBed) -> list[str]:
    """Run a good release, a bad one, another good one and a rollback; return all that is told."""
    told: list[str] = []
    bed.pipeline(told.append).deploy(bed.wanted("v1"))
    bed.cluster.fates["v2"] = Fate.UNREADY
    with suppress(DeploymentFailed):
        bed.pipeline(told.append).deploy(bed.wanted("v2"))
    bed.pipeline(told.append).deploy(bed.wanted("v3"))
    bed.pipeline(told.append).roll_back()
    return told


def comparable(lines: list[str]) -> list[str]:
    """Return lines without what is another one each time: names of pods, ports; and kubectl's own wording of errors."""
    return [re.sub(r"(-[0-9a-f]{10})-[0-9a-f]{5}|127\.0\.0\.1:\d+", r"\1", line) for line in lines]


def test_kubectl_does_what_the_fake_one_does(real: RealBed, tmp_path: Path) -> None:
    folder = tmp_path / "fake"
    folder.mkdir()
    fake = KubernetesBed(folder)
    assert comparable(course(real)) == comparable(course(fake))
    assert real.serving() == fake.serving() == "v1"
    assert lasting(real) == lasting(fake)


def lasting(bed: KubernetesBed) -> dict[tuple[str, str, str], dict]:
    """Return what is there but for ids, and for what the controllers have made."""
    found = bed.snapshot()
    assert isinstance(found, dict)
    kept = {key: each for key, each in found.items() if key[0] not in ("Pod", "ReplicaSet", "Event")}
    for each in kept.values():
        each["metadata"].pop("uid")
    return kept


def test_kubectl_shows_differences_status_and_logs(real: RealBed) -> None:
    told: list[str] = []
    platform = real.open(real.hands(told.append))
    assert "+++ new/Deployment/shop-web" in platform.difference(real.wanted("v1").files)
    assert real.cluster.acted == []
    real.pipeline(told.append).deploy(real.wanted("v1"))
    path = ("f:spec", "f:revisionHistoryLimit")
    real.cluster.drift("Deployment", "shop-web", path, 99)
    assert "-  revisionHistoryLimit: 99\n+  revisionHistoryLimit: 3" in platform.difference(
        real.wanted("v1").files
    )
    (web,) = platform.status().workloads
    assert (web.wanted, web.ready, web.version) == (2, 2, "v1")
    lines = list(platform.logs("web", follow=False, lines=1))
    assert [line.partition("] ")[2] for line in lines] == [
        "Traceback (most recent call last):",
        "KeyError: 'SHOP'",
    ] * 2


def test_kubectl_holds_the_lock_and_tries_again(real: RealBed) -> None:
    first, second = (real.open(real.hands(print)) for _ in range(2))
    real.cluster.fail("PUT", "/leases/shop-deployment")
    with first.lock("ann@box", 60) as hold:
        hold.confirm(60)
        with pytest.raises(Locked, match="ann@box deploys here since 2026"), second.lock("bob@box", 60):
            pass
    with second.lock("bob@box", 60):
        assert first.status().deploying == "bob@box"


def test_kubectl_says_which_kinds_are_not_there(tmp_path: Path) -> None:
    require("kubectl")
    cluster = Cluster(custom=False)
    cluster.add_secret("shop", "shop", "key")
    with cluster.serving(tmp_path) as config:
        bed = RealBed(tmp_path, config, 0)
        bed.cluster = cluster
        keys = "context: fake, namespace: shop, keda: true, pools: {default: {replicas: {min: 0, max: 3}}}"
        bed.say(keys, "server: {bind: '0.0.0.0:80'}\ntasks: {broker: 'redis://redis/0'}\n")
        with pytest.raises(
            DeploymentFailed, match="the cluster knows no ScaledObject: KEDA is not installed there"
        ):
            bed.open(bed.hands(print)).difference(bed.wanted("v1").files)
