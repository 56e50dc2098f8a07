"""Deployments to Elastic Beanstalk from end to end, by boto3 and over HTTP; what is live stays live, whatever fails."""

import re

import pytest

from macaron_runner.deploy.failures import DeploymentFailed
from tests.deploy.beanstalk.bed import LIVE
from tests.deploy.beanstalk.stage import Stage
from tests.deploy.fakes.beanstalk import Fault, World, tail_of

pytestmark = pytest.mark.slow


def acting(told: list[str]) -> list[str]:
    return [line for line in told if re.match(r"\$ aws \S+ (create|swap|terminate|delete|put)-", line)]


def test_the_first_release_of_all_is_made_with_the_live_address(stage: Stage) -> None:
    release = stage.deploy("1")
    assert release is not None
    assert stage.serving() == "1"
    assert stage.cloud.standing() == ["acme-shop-1"]
    assert stage.statuses() == {1: "live"}
    assert not any("swap" in line for line in stage.told)
    assert stage.cloud.environments["acme-shop-1"].tags == {
        "macaron:service": "shop",
        "macaron:target": "live",
        "macaron:release": "1",
    }


def test_the_next_release_gets_the_address_by_a_swap_and_the_former_goes_on_running(stage: Stage) -> None:
    stage.deploy("1")
    stage.deploy("2")
    assert stage.serving() == "2"
    assert stage.cloud.standing() == ["acme-shop-1", "acme-shop-2"]
    stage.deploy("3")
    assert stage.serving() == "3"
    assert stage.cloud.standing() == ["acme-shop-2", "acme-shop-3"]
    assert stage.statuses() == {1: "superseded", 2: "superseded", 3: "live"}


def test_each_call_is_told_as_the_command_that_it_equals_before_it_is_made(stage: Stage) -> None:
    stage.deploy("1")
    stage.told.clear()
    stage.deploy("2")
    told = [re.sub(r"-[0-9a-f]{12}\b", "-D", line) for line in acting(stage.told) if "/lock " not in line]
    assert [line.split("--")[0].removeprefix("$ aws ").strip() for line in told] == [
        *["s3api put-object"] * 2,  # the bundle, the record
        "elasticbeanstalk create-application-version",
        "elasticbeanstalk create-environment",
        "elasticbeanstalk swap-environment-cnames",
        *["s3api put-object"] * 2,  # the records of what is live, and what was
    ]
    assert told[2].startswith(
        "$ aws elasticbeanstalk create-application-version --region eu-west-1 --application-name shop"
        " --version-label 2-D --source-bundle"
    )
    assert told[4] == (
        "$ aws elasticbeanstalk swap-environment-cnames --region eu-west-1 --source-environment-name acme-shop-1"
        " --destination-environment-name acme-shop-2"
    )


def test_an_option_changed_by_hand_is_a_difference(stage: Stage) -> None:
    stage.deploy("1")
    stage.cloud.environments["acme-shop-1"].options["aws:autoscaling:asg", "MaxSize"] = "40"
    stage.cloud.environments["acme-shop-1"].options[
        "aws:elasticbeanstalk:environment:process:default", "HealthCheckPath"
    ] = "/"
    changes = stage.open(stage.hands(stage.told.append)).difference(stage.wanted("1").files)
    assert '-    "Value": "40"' in changes
    assert "+    HealthCheckPath: /health/ready" in changes


def test_a_rollback_swaps_back_to_the_environment_that_still_runs(stage: Stage) -> None:
    stage.deploy("1")
    stage.deploy("2")
    made = len(stage.cloud.environments)
    assert stage.roll_back().of == 1
    assert stage.serving() == "1"
    assert len(stage.cloud.environments) == made
    assert stage.roll_back(2).of == 2
    assert stage.serving() == "2"
    assert stage.statuses() == {1: "superseded", 2: "superseded", 3: "superseded", 4: "live"}


def test_a_rollback_makes_anew_what_does_not_run_any_more(stage: Stage) -> None:
    stage.deploy("1")
    stage.cloud.environments["acme-shop-1"].options["aws:autoscaling:asg", "MaxSize"] = "changed by hand"
    stage.deploy("2")
    stage.deploy("3")
    stage.roll_back(1)
    assert stage.serving() == "1"
    assert "acme-shop-4" in stage.cloud.standing()
    assert stage.cloud.environments["acme-shop-4"].options["aws:autoscaling:asg", "MaxSize"] == "4"


@pytest.mark.parametrize("fate", ["red", "never", "error", "other-version", "gone", "unprocessed"])
def test_a_release_that_does_not_become_well_leaves_what_is_live(stage: Stage, fate: str) -> None:
    stage.deploy("1")
    stage.cloud.fate = fate
    with pytest.raises(DeploymentFailed, match="is live as before"):
        stage.deploy("2")
    assert stage.serving() == "1"
    assert stage.cloud.standing() == ["acme-shop-1"]
    assert stage.statuses() == {1: "live", 2: "failed"}
    stage.cloud.fate = "good"
    stage.deploy("2")
    assert stage.serving() == "2"


def test_a_failure_shows_events_health_last_lines_and_the_likely_cause(stage: Stage) -> None:
    stage.deploy("1")
    stage.cloud.fate = "error"
    World.tail = tail_of(
        'web-1  | error[MAC113]: the secret "jwt" is absent', engine="2026 [ERROR] docker compose up failed"
    )
    with pytest.raises(DeploymentFailed):
        stage.deploy("2")
    told = "\n".join(stage.told)
    assert "acme-shop-2: INFO: createEnvironment is starting." in told
    assert "Command failed on instance" in told
    assert 'web-1  | error[MAC113]: the secret "jwt" is absent' in told
    assert "its probe: ELB health is failing or not available." in told
    assert "likely cause: the service refuses its configuration" in told
    assert "[ERROR] docker compose up failed" in told
    assert "very-secret" not in told


OPERATIONS = [
    "PUT bundles/",
    "PUT releases/000002.json",
    "CreateApplicationVersion",
    "CreateEnvironment",
    "DescribeEnvironments",
    "SwapEnvironmentCNAMEs",
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_that_is_refused_leaves_what_is_live(stage: Stage, operation: str) -> None:
    stage.deploy("1")
    stage.cloud.faults.append(Fault(operation, "InsufficientPrivilegesException"))
    with pytest.raises(DeploymentFailed):
        stage.deploy("2")
    assert stage.serving() == "1"
    assert stage.cloud.standing() == ["acme-shop-1"]
    stage.deploy("2")
    assert stage.serving() == "2"


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        ("PUT live/lock", True),
        ("PUT releases/000002.json", False),
        ("CreateApplicationVersion", True),
        ("CreateEnvironment", True),
        ("SwapEnvironmentCNAMEs", False),
        ("SwapEnvironmentCNAMEs", True),
    ],
)
def test_one_answer_500_changes_nothing_whether_it_was_done_or_not(
    stage: Stage, operation: str, after: bool
) -> None:
    stage.deploy("1")
    stage.cloud.faults.append(Fault(operation, "500", after=after))
    stage.deploy("2")
    assert stage.serving() == "2"
    assert stage.statuses() == {1: "superseded", 2: "live"}


def test_an_answer_that_was_lost_costs_no_lock(stage: Stage) -> None:
    platform = stage.open(stage.hands(stage.told.append))
    with platform.lock("ann@box", 60) as hold:
        stage.cloud.faults.append(Fault("PUT live/lock", "500", after=True))
        stage.pass_time(1)
        hold.confirm(60)
        hold.confirm(90)
    assert platform.status().deploying == ""


def test_a_quota_is_told(stage: Stage) -> None:
    stage.deploy("1")
    stage.cloud.quota = 1
    with pytest.raises(DeploymentFailed):
        stage.deploy("2")
    assert stage.serving() == "1"
    assert any("likely cause: a quota of the AWS account is reached" in line for line in stage.told)


def test_an_address_of_somebody_else_is_told(stage: Stage) -> None:
    stage.cloud.taken_prefixes.add(LIVE)
    with pytest.raises(DeploymentFailed):
        stage.deploy("1")
    assert any("choose another `cname`" in line for line in stage.told)
    assert stage.cloud.standing() == []


def test_status_and_logs(stage: Stage) -> None:
    stage.deploy("1")
    platform = stage.open(stage.hands(stage.told.append))
    status = platform.status()
    assert [(each.ready, each.wanted, each.version) for each in status.workloads] == [(1, 1, "1")]
    World.tail = tail_of("web-1  | one", "worker-mail-1  | two", "web-1  | three")
    assert list(platform.logs("", follow=False, lines=2)) == ["worker-mail-1  | two", "web-1  | three"]
    assert list(platform.logs("web", follow=False, lines=9)) == ["web-1  | one", "web-1  | three"]
    assert list(platform.logs("web", follow=False, lines=0)) == []
