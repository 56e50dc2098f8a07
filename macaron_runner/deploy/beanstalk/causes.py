"""What people, containers and Beanstalk say when something failed -> the likely cause, in a sentence.

Pure. Not for gathering it (evidence).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_CAUSES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), cause)
    for pattern, cause in (
        (
            r"\bMAC\d{3}\b|exited with code 78",
            "the service refuses its configuration; `macaron explain CODE` tells what a code means",
        ),
        (
            r"no basic auth credentials|pull access denied|not authorized to perform: ecr:",
            "the machines may not pull the image: their instance profile lacks AmazonEC2ContainerRegistryReadOnly, or"
            " its registry is a private one that is not ECR",
        ),
        (
            r"manifest.{0,20}unknown|repository .{0,200}not found",
            "the registry does not have the image (any longer)",
        ),
        (
            r"no matching manifest|exec format error",
            "the image is built for another processor than the machines have: see build.platforms and instance_type",
        ),
        (
            r"secretsmanager|ssm:GetParameter|environment ?secret",
            "a secret could not be fetched: its ARN is wrong, or the instance profile may not read it",
        ),
        (
            r"instance profile .{0,120}(does not exist|not found)|Invalid IamInstanceProfile",
            "the instance profile does not exist: the target's instance_profile names it",
        ),
        (
            r"limit ?exceeded|maximum number of|quota|TooMany\w+Exception|VcpuLimit",
            "a quota of the AWS account is reached",
        ),
        (
            r"InsufficientPrivileges|AccessDenied|not authorized to perform",
            "the credentials, or a role, lack a permission",
        ),
        (
            r"InsufficientInstanceCapacity|Unsupported.{0,40}instance type|not supported in your requested",
            "AWS has no such machines there at present: another instance_type may help",
        ),
        (r"no space left on device", "the disk of the machines is full"),
        (
            r"out of memory|oom-?kill|exited with code 137",
            "the machines have too little memory: see instance_type",
        ),
        (
            r"ELB health|failing health check|target.{0,20}health|Request timed out",
            "the service does not answer /health/ready: its containers' last lines tell why",
        ),
    )
)


def likely_cause(lines: Iterable[str]) -> str:
    """Return what most likely went wrong: the first of our sentences that a line gives reason for, else ""."""
    text = "\n".join(lines)
    return next((cause for pattern, cause in _CAUSES if pattern.search(text)), "")
