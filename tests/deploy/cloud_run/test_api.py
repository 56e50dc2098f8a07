from __future__ import annotations

from typing import Any

import pytest

from macaron_runner.deploy.cloud_run.api import Api, Conflict, NoAnswer, credentials_of, sender
from macaron_runner.deploy.cloud_run.causes import likely_cause
from macaron_runner.deploy.cloud_run.identity import identity_token
from macaron_runner.deploy.failures import Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.target import open_platform
from macaron_runner.errors import DependencyMissing
from tests.deploy.cloud_run.setting import Clock, Setting
from tests.support.service import free_port

ANSWER = tuple[int, Any]


class Answers:
    """What is answered, one after the other; a text is raised as a broken connection."""

    def __init__(self, *answers: ANSWER | str) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, Any]] = []

    def __call__(self, method: str, url: str, body: Any) -> ANSWER:
        self.sent.append((method, url, body))
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            raise NoAnswer(answer)
        return answer


def error(status: int, code: str, message: str = "no") -> ANSWER:
    return status, {"error": {"code": status, "status": code, "message": message}}


def api_of(answers: Answers, told: list[str] | None = None) -> Api:
    clock = Clock()
    hands = Hands(
        (told if told is not None else []).append, {}, clock=clock, sleep=clock.sleep, now=clock.now
    )
    return Api(hands, answers)


def test_a_request_is_printed_before_it_is_sent_and_what_is_read_only_once() -> None:
    told: list[str] = []
    api = api_of(Answers((200, {"name": "a"}), (200, {"name": "a"}), (200, {"done": True})), told)
    assert api.read("projects/p/services/a") == api.read("projects/p/services/a") == {"name": "a"}
    api.act("PATCH", "projects/p/services/a", {"x": 1}, updateMask="x,y")
    assert told == [
        "$ GET https://run.googleapis.com/v2/projects/p/services/a",
        "$ PATCH https://run.googleapis.com/v2/projects/p/services/a?updateMask=x,y",
    ]


@pytest.mark.parametrize(
    "momentary", [error(500, "INTERNAL"), error(429, "RESOURCE_EXHAUSTED"), (503, "busy"), "reset"]
)
def test_what_is_momentary_is_asked_again(momentary: ANSWER | str) -> None:
    answers = Answers(momentary, momentary, (200, {"name": "a"}))
    assert api_of(answers).read("a") == {"name": "a"}
    assert len(answers.sent) == 3


def test_what_stays_wrong_ends_with_its_likely_cause() -> None:
    quota = error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for total allowable CPU per project per region.")
    with pytest.raises(Failure, match="likely cause: a quota of the project is used up"):
        api_of(Answers(*[quota] * 4)).act("POST", "a", {})
    with pytest.raises(Failure, match="connection refused"):
        api_of(Answers(*["connection refused"] * 4)).read("a")
    with pytest.raises(Failure, match=r"502 .*<html>"):
        api_of(Answers(*[(502, "<html>")] * 4)).read("a")


def test_what_is_not_there_is_none_and_what_others_changed_is_a_conflict() -> None:
    assert api_of(Answers(error(404, "NOT_FOUND"))).read("a") is None
    with pytest.raises(Conflict, match="etag"):
        api_of(Answers(error(409, "ABORTED", "etag"))).act("PATCH", "a", {})


def test_all_pages_of_a_list_are_read() -> None:
    answers = Answers(
        (200, {"jobs": [{"name": "a"}], "nextPageToken": "more"}), (200, {"jobs": [{"name": "b"}]})
    )
    assert [each["name"] for each in api_of(answers).listed("projects/p/jobs")] == ["a", "b"]
    assert answers.sent[1][1].endswith("/jobs?pageToken=more")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("403 PERMISSION_DENIED: Permission 'run.services.create' denied on resource", "roles/run.admin"),
        ("Permission 'iam.serviceaccounts.actAs' denied on service account shop@x", "roles/iam.serviceAccountUser"),
        ("Cloud Run Admin API has not been used in project 1 before or it is disabled", "gcloud services enable"),
        ("SECRETS_ACCESS_CHECK_FAILED: Permission denied on secret: projects/1/secrets/jwt", "secretAccessor"),
        ("SECRETS_ACCESS_CHECK_FAILED: Secret projects/1/secrets/jwt/versions/latest was not found", "gcloud secrets"),
        ("Image 'eu.gcr.io/acme/shop:1' not found.", "was it pushed"),
        ("Google Cloud Run Service Agent must have permission to read the image", "artifactregistry.reader"),
        ("failed to start and listen on the port defined provided by the PORT=8080", "listens on 0.0.0.0"),
        ("failed to load /opt/venv/bin/macaron: exec format error", "linux/amd64"),
        ("Memory limit of 512 MiB exceeded with 530 MiB used", "raise `memory`"),
        ("VPC_NETWORK_NOT_FOUND: no network", "network of `vpc`"),
        ("401 UNAUTHENTICATED: Request had invalid authentication credentials", "application-default login"),
        ("something that nobody has seen", ""),
    ],
)  # fmt: skip
def test_a_failure_has_a_likely_cause(said: str, cause: str) -> None:
    found = likely_cause(said)
    assert cause in found
    assert bool(found) == bool(cause)


def test_nobody_in_particular_asks_where_credentials_are_disabled() -> None:
    credentials = credentials_of({"CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true"})
    assert identity_token(credentials, "https://shop.example.com") == ""


def test_without_credentials_it_is_said_where_they_come_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(DependencyMissing, match="gcloud auth application-default login"):
        credentials_of({})


def test_where_nobody_answers_it_is_no_traceback() -> None:
    credentials = credentials_of({"CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "1"})
    with pytest.raises(NoAnswer):
        sender(credentials)("GET", f"http://127.0.0.1:{free_port()}/v2/a", None)


def test_a_platform_is_opened_at_the_addresses_that_gcloud_would_use(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting.deploy("1")
    monkeypatch.setenv("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true")
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN", setting.address)
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING", setting.address.rstrip("/"))
    platform = open_platform(setting.site, setting.hands())
    assert [release.version for release in platform.releases()] == ["1"]
    assert list(platform.logs("web", follow=False, lines=1)) == ["web 1 has started"]
