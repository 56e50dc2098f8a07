"""Calls of the library as the commands that they equal."""

import shlex
from typing import Any

import pytest

from macaron_runner.deploy.beanstalk.words import aws_words


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "command"),
    [
        (
            "elasticbeanstalk",
            "create_environment",
            {"EnvironmentName": "shop-2", "CNAMEPrefix": "shop-2", "OptionSettings": [{"Namespace": "a"}]},
            "aws elasticbeanstalk create-environment --region eu-west-1 --environment-name shop-2 --cname-prefix shop-2"
            " --option-settings file://options.json",
        ),
        (
            "elasticbeanstalk",
            "create_application_version",
            {"VersionLabel": "1", "SourceBundle": {"S3Bucket": "b"}, "Process": True, "AutoCreateApplication": False},
            "aws elasticbeanstalk create-application-version --region eu-west-1 --version-label 1"
            """ --source-bundle '{"S3Bucket":"b"}' --process --no-auto-create-application""",
        ),
        (
            "elasticbeanstalk",
            "swap_environment_cnames",
            {"SourceEnvironmentName": "a", "DestinationEnvironmentName": "b"},
            "aws elasticbeanstalk swap-environment-cnames --region eu-west-1 --source-environment-name a"
            " --destination-environment-name b",
        ),
        (
            "s3",
            "put_object",
            {"Bucket": "b", "Key": "macaron/1.zip", "Body": b"secret bytes", "IfNoneMatch": "*"},
            "aws s3api put-object --region eu-west-1 --bucket b --key macaron/1.zip --body 1.zip --if-none-match '*'",
        ),
        (
            "elasticbeanstalk",
            "describe_application_versions",
            {"VersionLabels": ["1", "2"]},
            "aws elasticbeanstalk describe-application-versions --region eu-west-1 --version-labels 1 2",
        ),
    ],
)  # fmt: skip
def test_a_call_is_shown_as_its_command(
    service: str, operation: str, parameters: dict[str, Any], command: str
) -> None:
    assert shlex.join(aws_words(service, operation, parameters, "eu-west-1")) == command


def test_a_profile_is_shown() -> None:
    words = aws_words("s3", "get_object", {"Key": "a/k"}, "eu-west-1", "live")
    assert shlex.join(words) == "aws s3api get-object --region eu-west-1 --profile live --key a/k k"


def test_the_words_are_those_of_the_library() -> None:
    """The AWS CLI makes its options of the same names: botocore has the function."""
    xform_name = pytest.importorskip("botocore").xform_name
    for name in (
        "CNAMEPrefix",
        "EnvironmentName",
        "IfNoneMatch",
        "S3Bucket",
        "VersionLabels",
        "IncludeDeleted",
    ):
        words = aws_words("s3", "x", {name: "v"}, "r")
        assert words[-2] == "--" + xform_name(name, "-")
