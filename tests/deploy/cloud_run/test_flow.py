"""A deployment to the fake over HTTP, from the first request to the last; what all targets must do is in the suite."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from macaron_runner.deploy.failures import DeploymentFailed
from tests.deploy.cloud_run.setting import FILE, PARENT, SERVICE, WORKER, Setting

SMALL = "projects/example.com:acme-staging/locations/northamerica-northeast1/services/shop"


@pytest.fixture
def small(setting: Setting) -> Setting:
    """Return a setting whose service can be called from everywhere, by those that Google knows."""
    setting.target, setting.token = "small", "a-token"
    return setting


def identity(name: str) -> str:
    return name.rpartition("/")[2]


def test_a_release_is_asked_at_an_address_of_its_own_before_it_gets_traffic(small: Setting) -> None:
    small.deploy("1")
    small.fake.unready.add("2")
    with pytest.raises(DeploymentFailed, match=r"release 1 .* is live as before"):
        small.deploy("2")
    assert "/at/next---shop/health/ready: 503" in small.text
    assert small.fake.live("services", "shop") == {"1": 100}
    assert set(small.fake.tokens) == {"Bearer a-token"}
    assert "a-token" not in small.text


def test_workers_change_when_the_web_is_healthy_and_before_it_gets_traffic(setting: Setting) -> None:
    setting.deploy("1")
    setting.fake.asked.clear()
    setting.deploy("2")
    changes = [each for each in setting.fake.asked if each.startswith("PATCH") and "/jobs/" not in each]
    assert [identity(each) for each in changes] == [
        "shop-live", "shop-live-scheduler", "shop-live-worker-default",
        "shop-live-worker-mail-and-more-b146b20d", "shop-live", "shop-live",
    ]  # fmt: skip
    assert setting.fake.live("workerPools", "shop-live-worker-default") == {"2": 100}


def test_where_workers_do_not_start_the_web_never_gets_traffic(setting: Setting) -> None:
    setting.deploy("1")
    setting.fake.fails["worker 2"] = "Memory limit of 512 MiB exceeded with 530 MiB used."
    with pytest.raises(DeploymentFailed, match=r"release 1 .* is live as before"):
        setting.deploy("2")
    assert "raise `memory`" in setting.text
    assert setting.fake.live("services", "shop-live") == {"1": 100}
    for pool in ("scheduler", "worker-default", "worker-mail-and-more-b146b20d"):
        assert setting.fake.live("workerPools", f"shop-live-{pool}") == {"1": 100}


def test_a_revision_that_never_got_ready_does_not_stand_in_the_way(setting: Setting) -> None:
    setting.deploy("1")
    setting.fake.fails["2"] = "Permission denied on secret: projects/1/secrets/shop-jwt/versions/latest"
    with pytest.raises(DeploymentFailed):
        setting.deploy("2")
    assert "roles/secretmanager.secretAccessor" in setting.text
    setting.fake.fails.clear()
    setting.deploy("2")
    assert setting.fake.live("services", "shop-live") == {"2": 100}
    assert setting.fake.owners[SERVICE].latest_ready.endswith("-r3")
    assert setting.platform().difference(setting.files("2")) == ""


def test_a_service_that_somebody_made_is_taken_over_and_given_back(small: Setting) -> None:
    template = {
        "containers": [{"name": "web", "image": "hello", "env": [{"name": "MACARON_VERSION", "value": "0"}]}]
    }
    small.fake.answer(
        "POST",
        f"{SMALL.rpartition('/')[0]}",
        {"serviceId": "shop"},
        {"template": template, "labels": {"team": "a"}},
    )
    for _ in range(3):
        small.fake.answer("GET", SMALL, {}, {})
    assert small.fake.live("services", "shop") == {"0": 100}
    small.fake.unready.add("1")
    with pytest.raises(DeploymentFailed):
        small.deploy("1")
    assert small.fake.live("services", "shop") == {"0": 100}
    small.deploy("2")
    assert small.fake.live("services", "shop") == {"2": 100}
    assert small.fake.owners[SMALL].said["labels"] == {
        "team": "a", "managed-by": "macaron", "service": "shop", "target": "small",
    }  # fmt: skip


@pytest.mark.parametrize(
    "lost", ["POST .*/services", "PATCH .*/services/.*", "POST .*/workerPools", "PATCH .*/jobs/.*"]
)
def test_an_answer_that_is_lost_makes_nothing_twice(small: Setting, lost: str) -> None:
    small.fake.lost_answers = [lost]
    small.deploy("1")
    small.fake.lost_answers = [lost]
    small.deploy("2")
    assert small.fake.live("services", "shop") == {"2": 100}
    assert len(small.fake.owners[SMALL].revisions) == 2


def test_what_somebody_else_changes_meanwhile_is_kept(setting: Setting) -> None:
    setting.deploy("1")
    owner = setting.fake.owners[SERVICE]

    def meddle(name: str) -> None:
        if name == SERVICE:
            setting.fake.before_patch = None
            owner.said["labels"] = {**owner.said["labels"], "team": "web"}
            owner.generation += 1

    setting.fake.before_patch = meddle
    setting.deploy("2")
    assert owner.said["labels"]["team"] == "web"
    assert setting.fake.live("services", "shop-live") == {"2": 100}


def test_a_worker_pool_that_a_release_has_no_more_goes_and_comes_back_with_a_rollback(
    setting: Setting, tmp_path: Any
) -> None:
    setting.deploy("1")
    text = (
        FILE.read_text()
        .replace("default: {health_bind", "other: {health_bind")
        .replace("default: {cpu", "other: {cpu")
    )
    (tmp_path / "macaron.yaml").write_text(text)
    (tmp_path / "macaron.live.yaml").write_text("{}\n")
    setting.file = tmp_path / "macaron.yaml"
    setting.deploy("2")
    assert WORKER not in setting.fake.owners
    assert setting.fake.live("workerPools", "shop-live-worker-other") == {"2": 100}
    setting.pipeline().roll_back()
    assert setting.fake.live("workerPools", "shop-live-worker-default") == {"1": 100}
    assert f"{PARENT}/workerPools/shop-live-worker-other" not in setting.fake.owners


def test_who_may_call_follows_the_release(setting: Setting) -> None:
    setting.deploy("1")
    policy = setting.fake.owners[SERVICE].policy
    assert policy["bindings"] == [{"role": "roles/run.invoker", "members": ["allUsers"]}]
    setting.fake.owners[SERVICE].policy = {
        "etag": "x",
        "bindings": [{"role": "roles/run.invoker", "members": ["allUsers", "user:ann@example.com"]}],
    }
    setting.platform()._moves.open_to_everyone(public=False)
    assert setting.fake.owners[SERVICE].policy["bindings"] == [
        {"role": "roles/run.invoker", "members": ["user:ann@example.com"]}
    ]


def test_the_command_before_is_run_once_in_the_new_image_and_not_at_a_rollback(setting: Setting) -> None:
    setting.deploy("1")
    setting.deploy("2")
    assert len(setting.fake.executions) == 2
    [_, job] = setting.fake.executions[f"{PARENT}/jobs/shop-live-before/executions/shop-live-before-00001"]
    assert job["template"]["template"]["containers"][0]["command"] == ["python", "-m", "shop.migrate"]
    setting.pipeline().roll_back()
    assert len(setting.fake.executions) == 2
    assert f"{PARENT}/jobs/shop-live-before" not in setting.fake.owners


def test_where_the_command_before_fails_nothing_is_begun(setting: Setting) -> None:
    setting.deploy("1")
    before = copy.deepcopy(setting.fake.owners[SERVICE].said)
    setting.fake.fails["before 2"] = "Task shop-live-before-task0 failed with message: exit(1)."
    with pytest.raises(DeploymentFailed, match=r"release 1 .* is live as before"):
        setting.deploy("2")
    assert "Traceback: no such table" in setting.text
    assert setting.fake.owners[SERVICE].said == before


def test_a_dry_run_of_the_first_release_shows_all_that_would_be_sent(setting: Setting) -> None:
    setting.deploy("1", dry_run=True)
    assert setting.fake.owners == {}
    shown = [line for line in setting.told if line.endswith("(dry run: not done)")]
    for request in (
        "POST {}/v2/%s/jobs",
        "POST {}/v2/%s/services?serviceId=shop-live",
        "POST {}/v2/%s/workerPools?",
    ):
        wanted = "$ " + (request % PARENT).format(setting.address.rstrip("/"))
        assert any(line.startswith(wanted) for line in shown), wanted


def test_how_it_fares_is_told(setting: Setting) -> None:
    assert not setting.platform().status().is_well
    setting.deploy("1")
    status = setting.platform().status()
    assert [(each.name, each.wanted, each.ready, each.version) for each in status.workloads] == [
        ("web", 1, 1, "1"),
        ("scheduler", 1, 1, "1"),
        ("worker-default", 1, 1, "1"),
        ("worker-mail-and-more-b146b20d", 3, 3, "1"),
    ]
    owner = setting.fake.owners[WORKER]
    owner.revisions[owner.latest_ready] |= {"state": "CONDITION_FAILED", "message": "it died"}
    assert "worker-default" in setting.platform().status().trouble


def test_lines_are_those_of_a_workload_and_follow_as_they_come(setting: Setting) -> None:
    setting.deploy("1")
    fake, platform = setting.fake, setting.platform()
    assert list(platform.logs("", follow=False, lines=2)) == [
        "worker-default | worker 1 has started",
        "worker-mail-and-more-b146b20d | worker 1 has started",
    ]
    assert list(platform.logs("worker-mail_and_more", follow=False, lines=9)) == ["worker 1 has started"]
    lines = platform.logs("web", follow=True, lines=1)
    assert next(lines) == "web 1 has started"
    fake.log(fake.owners[SERVICE], "", "GET /orders")
    fake.log(fake.owners[WORKER], "", "not of the web")
    fake.log(fake.owners[SERVICE], "", "GET /orders again")
    assert [next(lines), next(lines)] == ["GET /orders", "GET /orders again"]
    with pytest.raises(DeploymentFailed, match='no workload "wep" there: web, scheduler'):
        list(platform.logs("wep", follow=False, lines=1))


@pytest.fixture
def by_steps(setting: Setting, tmp_path: Any) -> Setting:
    text = FILE.read_text().replace(
        "      public: true\n", "      public: true\n      steps: [10, 50]\n      step: 60s\n"
    )
    (tmp_path / "macaron.yaml").write_text(text)
    (tmp_path / "macaron.live.yaml").write_text("{}\n")
    setting.file = tmp_path / "macaron.yaml"
    setting.deploy("1")
    return setting


def test_traffic_is_given_step_by_step(by_steps: Setting) -> None:
    given: list[dict[str, int]] = []
    by_steps.fake.before_patch = lambda _: given.append(by_steps.fake.live("services", "shop-live"))
    before = by_steps.clock.seconds
    by_steps.deploy("2")
    given.append(by_steps.fake.live("services", "shop-live"))
    seen = [shares for index, shares in enumerate(given) if index == 0 or shares != given[index - 1]]
    assert seen == [{"1": 100}, {"1": 90, "2": 10}, {"1": 50, "2": 50}, {"2": 100}]
    assert by_steps.clock.seconds - before > 120
    assert "waiting: 10 % of the traffic goes to shop-live-2-" in by_steps.text
    given.clear()
    by_steps.pipeline().roll_back()
    assert {"2": 100} in given
    assert all(len(shares) == 1 for shares in given)


def test_a_release_that_answers_with_5xx_at_the_first_step_is_undone(by_steps: Setting) -> None:
    by_steps.fake.failing.add("2")
    with pytest.raises(DeploymentFailed, match=r"release 1 .* is live as before"):
        by_steps.deploy("2")
    assert "/orders 500" in by_steps.text
    assert by_steps.fake.live("services", "shop-live") == {"1": 100}
    assert by_steps.fake.live("workerPools", "shop-live-worker-default") == {"1": 100}
