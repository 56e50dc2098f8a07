"""The door to boto3: what is missing on this machine, and what stands between us and AWS."""

import http.server
import sys
import threading
import time
from itertools import islice
from pathlib import Path

import pytest

from macaron_runner.configuration.deployment import Beanstalk
from macaron_runner.deploy.beanstalk.aws import Aws, open_client
from macaron_runner.deploy.failures import Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.errors import DependencyMissing
from tests.deploy.beanstalk import bed
from tests.deploy.beanstalk.stage import Stage

SECTION = {"type": "beanstalk", "application": "shop", "region": "eu-west-1", "bucket": "acme-bundles"}


def door(**keys: str) -> Aws:
    section = Beanstalk.model_validate({**SECTION, **keys})
    return Aws(Hands(lambda _: None, {}), section, lambda service: open_client(section, service))


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(DependencyMissing, match=r'pip install "macaron-runner\[beanstalk\]"'):
        door().ask("elasticbeanstalk", "describe_environments")


def test_a_profile_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bed.lead_there(monkeypatch, tmp_path)
    with pytest.raises(DependencyMissing, match=r"AWS cannot be used: .*nobody"):
        door(profile="nobody").ask("elasticbeanstalk", "describe_environments")


def test_missing_credentials_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bed.lead_there(monkeypatch, tmp_path)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(DependencyMissing, match="AWS has no credentials for us"):
        door().ask("elasticbeanstalk", "describe_environments")


class Between(http.server.BaseHTTPRequestHandler):
    """A proxy of the house, which wants something else than to pass on."""

    def do_POST(self) -> None:
        self.send_response(403)
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b"<html>no</html>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so in the library
        """Say nothing."""


def test_an_answer_of_somebody_else_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bed.lead_there(monkeypatch, tmp_path)
    server = http.server.HTTPServer(("127.0.0.1", 0), Between)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        with pytest.raises(Failure, match="aws elasticbeanstalk describe-environments"):
            door().ask("elasticbeanstalk", "describe_environments")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.slow
def test_logs_are_followed_in_cloudwatch(stage: Stage) -> None:
    stage.deploy("1")
    group = "/aws/elasticbeanstalk/acme-shop-1/var/log/eb-docker/containers/eb-current-app/stdouterr.log"
    logs = bed.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="i-0aa")
    now = round(time.time() * 1000)  # CloudWatch takes nothing that is two weeks old
    told = [
        (now + 1000, "web-1  | one"),
        (now + 2000, "worker-mail-1  | two"),
        (now + 3000, "web-1  | three"),
    ]
    events = [{"timestamp": at, "message": message} for at, message in told]
    logs.put_log_events(logGroupName=group, logStreamName="i-0aa", logEvents=events)
    hands = Hands(stage.told.append, {}, sleep=lambda _: None)
    lines = stage.open(hands).logs("web", follow=True, lines=1)
    assert list(islice(lines, 3)) == ["web-1  | listening on 0.0.0.0:8080", "web-1  | one", "web-1  | three"]
    assert f"$ aws logs tail {group} --follow --region eu-west-1" in stage.told
