"""From what was told to the likely cause."""

import pytest

from macaron_runner.deploy.beanstalk.causes import likely_cause
from macaron_runner.deploy.beanstalk.tails import container_lines, engine_errors, is_of

HEAD = "-" * 38


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("web-1  | error[MAC113]: the secret is absent", "refuses its configuration"),
        ("Error response from daemon: pull access denied for acme/shop", "may not pull the image"),
        ("Head ...: no basic auth credentials", "may not pull the image"),
        ("User: arn:aws:sts::1:assumed-role/x is not authorized to perform: ecr:BatchGetImage", "may not pull"),
        ("manifest for 1.dkr.ecr/shop@sha256:0 not found: manifest unknown", "does not have the image"),
        ("no matching manifest for linux/arm64/v8", "another processor"),
        ("exec /opt/venv/bin/macaron: exec format error", "another processor"),
        ("not authorized to perform: secretsmanager:GetSecretValue", "a secret could not be fetched"),
        ("The instance profile ec2-role of the environment does not exist.", "instance profile does not exist"),
        ("TooManyEnvironmentsException", "quota"),
        ("You have reached the maximum number of environments", "quota"),
        ("InsufficientPrivilegesException", "lack a permission"),
        ("ELB health is failing or not available for all instances.", "does not answer /health/ready"),
        ("all is well", ""),
    ],
)  # fmt: skip
def test_a_cause_is_found(line: str, words: str) -> None:
    cause = likely_cause(["something before", line, "something after"])
    assert words in cause
    assert bool(words) == bool(cause)


def test_the_lines_of_containers_are_told_from_others() -> None:
    text = (
        f"{HEAD}\n/var/log/eb-engine.log\n{HEAD}\n[INFO] fine\n[ERROR] not fine\n"
        f"{HEAD}\r\n/var/log/eb-docker/containers/eb-current-app/stdouterr.log\r\n{HEAD}\r\n"
        "web-1  | a line\r\n\r\n2026-11-28T22:00:00Z worker-mail_2 | another\r\n"
    )
    assert engine_errors(text) == ["[ERROR] not fine"]
    assert container_lines(text) == ["web-1  | a line", "2026-11-28T22:00:00Z worker-mail_2 | another"]
    assert container_lines(text, "web") == ["web-1  | a line"]
    assert is_of("worker-mail-1  | x", "worker-mail")
    assert not is_of("worker-mail-1  | x", "mail")
    assert container_lines("no heads at all") == []
