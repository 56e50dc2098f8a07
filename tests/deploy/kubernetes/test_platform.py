"""What a release does to a cluster, beyond what every target must keep to (test_conformance)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from macaron_runner.deploy.failures import DeploymentFailed, LostLock
from tests.deploy.fakes.kubernetes import Cluster, Fate
from tests.deploy.fakes.kubernetes.resources import BUILT_IN
from tests.deploy.kubernetes.bed import KubernetesBed

TASKS = """
    server: {bind: "0.0.0.0:8080"}
    secrets: {key: {env: SHOP_KEY}}
    tasks: {broker: "redis://redis/0", pools: {mail: {queues: [mail]}, news: {queues: [news]}}}
    """


class Lines(list[str]):
    """What is told."""

    def __call__(self, line: str) -> None:
        self.append(line)

    def __str__(self) -> str:
        return "\n".join(self)


@pytest.fixture
def bed(tmp_path: Path) -> KubernetesBed:
    return KubernetesBed(tmp_path)


def say(bed: KubernetesBed, keys: str, rest: str = TASKS) -> None:
    """Write another macaron.yaml, whose target has these keys beside type, context and namespace."""
    bed.say(f"context: fake, namespace: shop, {keys}", rest)


def deploy(bed: KubernetesBed, version: str) -> str:
    lines = Lines()
    bed.pipeline(lines).deploy(bed.wanted(version))
    return str(lines)


def failing(bed: KubernetesBed, version: str) -> str:
    lines = Lines()
    with pytest.raises(DeploymentFailed) as failure:
        bed.pipeline(lines).deploy(bed.wanted(version))
    return f"{lines}\n{failure.value}"


def difference(bed: KubernetesBed, version: str) -> str:
    return bed.open(bed.hands(Lines())).difference(bed.wanted(version).files)


@pytest.mark.parametrize(
    ("fate", "signs"),
    [
        (
            Fate.BAD_IMAGE,
            ("ImagePullBackOff: manifest unknown", "likely cause: the registry has no such image"),
        ),
        (Fate.CRASH, ("CrashLoopBackOff", "KeyError: 'SHOP'", "likely cause: it crashes when it starts")),
        (Fate.BAD_CONFIGURATION, ("likely cause: its configuration is not good there",)),
        (Fate.OUT_OF_MEMORY, ("OOMKilled", "likely cause: it needs more memory")),
        (
            Fate.UNSCHEDULABLE,
            ("0/3 nodes are available", "likely cause: no node has so much cpu or memory free"),
        ),
        (
            Fate.UNREADY,
            ("its probe: Readiness probe failed: HTTP probe failed with statuscode: 503", "KeyError"),
        ),
        (Fate.QUOTA, ("exceeded quota: team", "likely cause: the namespace has no room")),
    ],
)
def test_why_a_roll_out_fails_is_told(bed: KubernetesBed, fate: Fate, signs: tuple[str, ...]) -> None:
    deploy(bed, "v1")
    bed.cluster.fates["v2"] = fate
    told = failing(bed, "v2")
    for sign in signs:
        assert sign in told
    assert bed.serving() == "v1"


def test_what_a_container_left_is_shown_where_it_printed_nothing(bed: KubernetesBed) -> None:
    bed.cluster.api.logs.clear()
    bed.cluster.fates["v1"] = Fate.BAD_CONFIGURATION
    assert 'error[MAC214]: unknown queue "emial"' in failing(bed, "v1")


def test_the_namespace_is_made_where_it_is_not_there(tmp_path: Path) -> None:
    bed = KubernetesBed(tmp_path)
    bed.cluster = Cluster(namespaces=())
    assert "+++ new/Deployment/shop-web" in difference(bed, "v1")
    assert bed.cluster.acted == []
    told = failing(bed, "v1")
    assert "create --filename=-" in told
    assert bed.cluster.names("Namespace", "") == ["shop"]
    assert 'the Secret "shop" is not there, and pods need it; make it: kubectl' in told
    assert "create secret generic shop --from-file=key=FILE" in told


def test_who_may_not_see_namespaces_may_deploy(bed: KubernetesBed) -> None:
    for _ in range(2):
        bed.cluster.fail("GET", "/namespaces/shop", status=403, reason="Forbidden")
    deploy(bed, "v1")
    assert bed.serving() == "v1"


def test_a_secret_without_the_key_is_told(bed: KubernetesBed) -> None:
    say(bed, "secrets: {key: signing}")
    told = failing(bed, "v1")
    assert 'the Secret "shop" lacks signing, and pods need it' in told
    assert bed.cluster.names("Deployment") == []


def test_who_may_not_see_secrets_may_deploy(bed: KubernetesBed) -> None:
    bed.cluster.fail("GET", "/secrets/shop", status=403, reason="Forbidden")
    deploy(bed, "v1")
    assert bed.serving() == "v1"


def test_no_value_of_a_secret_is_shown(bed: KubernetesBed) -> None:
    told = deploy(bed, "v1")
    assert "c2VjcmV0" not in told
    assert "secret" not in "".join(each for each in difference(bed, "v2").splitlines() if "value:" in each)


def test_what_somebody_has_changed_is_seen_and_changed_back(bed: KubernetesBed) -> None:
    deploy(bed, "v1")
    path = ("f:spec", "f:progressDeadlineSeconds")
    bed.cluster.drift("Deployment", "shop-web", path, 5)
    assert "-  progressDeadlineSeconds: 5\n+  progressDeadlineSeconds: 600" in difference(bed, "v1")
    deploy(bed, "v1")
    assert bed.cluster.object("Deployment", "shop-web")["spec"]["progressDeadlineSeconds"] == 600


def test_what_others_own_is_left_alone(bed: KubernetesBed) -> None:
    deploy(bed, "v1")
    bed.cluster.drift("Deployment", "shop-web", ("f:metadata", "f:labels", "f:team"), "blue")
    assert difference(bed, "v1") == ""
    deploy(bed, "v2")
    assert bed.cluster.object("Deployment", "shop-web")["metadata"]["labels"]["team"] == "blue"


def test_a_pool_that_is_gone_goes(bed: KubernetesBed) -> None:
    say(bed, "replicas: 1")
    deploy(bed, "v1")
    assert "shop-worker-news" in bed.cluster.names("Deployment")
    say(bed, "replicas: 1", TASKS.replace(", news: {queues: [news]}", ""))
    assert "--- live/Deployment/shop-worker-news\n+++ /dev/null" in difference(bed, "v2")
    deploy(bed, "v2")
    assert bed.cluster.names("Deployment") == ["shop-web", "shop-worker-mail"]
    bed.pipeline(Lines()).roll_back()
    assert "shop-worker-news" in bed.cluster.names("Deployment")


def test_what_is_live_stays_where_nobody_knows_what_it_is_made_of(bed: KubernetesBed) -> None:
    say(bed, "replicas: 1")
    deploy(bed, "v1")
    platform = bed.open(bed.hands(Lines()))
    (live,) = platform.releases()
    lost = replace(live, number=7)
    with pytest.raises(DeploymentFailed, match="not kept any more"):
        platform.abandon(live, lost)
    assert bed.serving() == "v1"


def test_what_is_not_ours_does_not_go(bed: KubernetesBed) -> None:
    say(bed, "replicas: 2")
    deploy(bed, "v1")
    path = ("f:metadata", "f:labels", "f:app.kubernetes.io/managed-by")
    bed.cluster.drift("PodDisruptionBudget", "shop-web", path, "somebody")
    say(bed, "replicas: 1")
    deploy(bed, "v2")
    assert bed.cluster.names("PodDisruptionBudget") == ["shop-web"]


def test_a_scaler_takes_over_the_number_that_there_is(bed: KubernetesBed) -> None:
    say(bed, "replicas: 5")
    deploy(bed, "v1")
    say(bed, "replicas: {min: 2, max: 9}")
    seen: list[int] = []
    lines = Lines()
    pipeline = bed.pipeline(lambda line: (lines(line), seen.append(_replicas(bed)))[0])
    pipeline.deploy(bed.wanted("v2"))
    assert set(seen) == {5}
    assert bed.cluster.names("HorizontalPodAutoscaler") == ["shop-web"]


def test_a_number_that_is_fixed_again_has_no_scaler(bed: KubernetesBed) -> None:
    deploy(bed, "v1")
    assert bed.cluster.names("HorizontalPodAutoscaler") == ["shop-web"]
    say(bed, "replicas: 3", bed.rest)
    deploy(bed, "v2")
    assert bed.cluster.names("HorizontalPodAutoscaler") == []
    assert _replicas(bed) == 3
    bed.cluster.fates["v3"] = Fate.CRASH
    say(bed, "replicas: {min: 2, max: 4}", bed.rest)
    failing(bed, "v3")
    assert bed.cluster.names("HorizontalPodAutoscaler") == []


def test_a_number_that_was_not_fixed_for_long_is_kept(bed: KubernetesBed) -> None:
    deploy(bed, "v1")
    bed.cluster.object("Deployment", "shop-web")["spec"]["replicas"] = 4  # the scaler says
    say(bed, "replicas: 3", bed.rest)
    bed.cluster.fates["v2"] = Fate.CRASH
    failing(bed, "v2")
    assert bed.cluster.names("HorizontalPodAutoscaler") == ["shop-web"]
    assert _replicas(bed) == 3


def _replicas(bed: KubernetesBed) -> int:
    return int(bed.cluster.object("Deployment", "shop-web")["spec"]["replicas"])


def test_a_rollback_brings_the_configuration_back(bed: KubernetesBed) -> None:
    def mounted() -> str:
        pod = bed.cluster.object("Deployment", "shop-web")["spec"]["template"]["spec"]
        name = pod["volumes"][0]["configMap"]["name"]
        return bed.cluster.object("ConfigMap", name)["data"]["macaron.yaml"]

    deploy(bed, "v1")
    before = mounted()
    say(bed, "replicas: 2", f"{bed.rest}\n        config: {{limit: 5}}\n")
    deploy(bed, "v2")
    assert "limit: 5" in mounted()
    bed.pipeline(Lines()).roll_back()
    assert mounted() == before


def test_a_cluster_without_keda_is_told(tmp_path: Path) -> None:
    bed = KubernetesBed(tmp_path)
    bed.cluster = Cluster(custom=False)
    bed.cluster.add_secret("shop", "shop", "key")
    say(bed, "keda: true, pools: {mail: {replicas: {min: 0, max: 3}}}")
    with pytest.raises(
        DeploymentFailed, match="the cluster knows no ScaledObject: KEDA is not installed there"
    ):
        difference(bed, "v1")


def test_what_a_cluster_no_longer_knows_is_no_hindrance(bed: KubernetesBed) -> None:
    say(bed, "keda: true, pools: {mail: {replicas: {min: 0, max: 3}}}")
    deploy(bed, "v1")
    assert bed.cluster.names("ScaledObject") == ["shop-worker-mail"]
    bed.cluster.resources = BUILT_IN
    say(bed, "replicas: 1")
    deploy(bed, "v2")
    assert bed.serving() == "v2"


def test_an_answer_that_was_lost_costs_no_lock(bed: KubernetesBed) -> None:
    """The API server has replaced the Lease, and says so to nobody."""
    platform = bed.open(bed.hands(Lines()))
    with platform.lock("ann@box", 60) as hold:
        (lease,) = bed.cluster.store.select("Lease", "shop")
        bed.cluster.store.touch(lease)
        hold.confirm(60)
        hold.confirm(60)
    assert platform.status().deploying == ""


def test_who_lost_the_lock_does_not_give_away_that_of_another(bed: KubernetesBed) -> None:
    platform = bed.open(bed.hands(Lines()))
    with platform.lock("ann@box", 60) as hold:
        (lease,) = bed.cluster.store.select("Lease", "shop")
        lease["spec"]["holderIdentity"] = "bob@desk 1234"
        bed.cluster.store.touch(lease)
        with pytest.raises(LostLock, match="bob@desk"):
            hold.confirm(60)
    assert platform.status().deploying == "bob@desk"


def test_status_tells_how_each_workload_fares(bed: KubernetesBed) -> None:
    say(bed, "replicas: 2")
    deploy(bed, "v1")
    told = {each.name: each for each in bed.open(bed.hands(Lines())).status().workloads}
    assert set(told) == {"web", "worker-mail", "worker-news"}
    assert (told["web"].wanted, told["web"].ready, told["web"].version) == (2, 2, "v1")


def test_the_logs_of_one_workload(bed: KubernetesBed) -> None:
    say(bed, "replicas: 1")
    bed.cluster.api.logs["shop-worker-mail"] = "mail\n"
    deploy(bed, "v1")
    platform = bed.open(bed.hands(Lines()))
    assert list(platform.logs("worker-mail", follow=False, lines=5)) == ["mail"]
    assert len(list(platform.logs("", follow=False, lines=5))) > 1
