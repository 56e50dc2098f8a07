"""The option settings of an environment: what of them is a version's own, in its bundle, and what is the environment's.

In the bundle (.ebextensions) is what a version needs wherever it runs: where its health is asked, which secrets it is
given, how long its requests are waited for; whoever puts a recorded version into an environment by hand has that too.
Beside the bundle is what the machines are: Beanstalk looks at some of it before it opens a bundle, and what is said
there wins over .ebextensions (Developer Guide, "Precedence"). Pure. Not for files (render).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from macaron_runner.configuration.deployment import Beanstalk
from macaron_runner.deploy.workloads import Workload

HEALTH_PATH: Final = "/health/ready"
SECRETS: Final = "aws:elasticbeanstalk:application:environmentsecrets"
_ARM: Final = re.compile(r"(a1|[a-z]+[0-9]+g[a-z]*)\.")
"""The types of instances with Arm processors: t4g.small, m7gd.large, a1.medium."""
_LONGEST_COMMAND: Final = 3600


class Option(NamedTuple):
    """One option setting; Beanstalk takes every value as a text."""

    namespace: str
    name: str
    value: str

    def as_setting(self) -> dict[str, str]:
        """Return it as the API and `aws … --option-settings file://…` take it."""
        return {"Namespace": self.namespace, "OptionName": self.name, "Value": self.value}


def version_options(web: Workload, secrets: Mapping[str, str]) -> tuple[Option, ...]:
    """Return what a version needs: `secrets` are the variables of its machines, with the ARNs of their values."""
    process = {
        "DeregistrationDelay": math.ceil(web.process.grace),
        "HealthCheckPath": HEALTH_PATH,
        "MatcherHTTPCode": 200,
        "Port": 80,
        "Protocol": "HTTP",
    }
    return _sorted({"aws:elasticbeanstalk:environment:process:default": process, SECRETS: dict(secrets)})


def environment_options(section: Beanstalk) -> tuple[Option, ...]:
    """Return what the machines of an environment are; `settings` of the target wins over what is made here."""
    options = _environment(section)
    for namespace, values in section.settings.items():
        options.setdefault(namespace, {}).update(values)
    return _sorted(options)


def _environment(section: Beanstalk) -> dict[str, dict[str, Any]]:
    scale = section.replicas
    return {
        "aws:autoscaling:asg": {"MinSize": scale.min, "MaxSize": scale.max},
        "aws:autoscaling:launchconfiguration": {
            "DisableIMDSv1": True,
            "IamInstanceProfile": section.instance_profile,
        },
        "aws:autoscaling:trigger": {
            "LowerBreachScaleIncrement": -1,
            "LowerThreshold": scale.cpu // 2,
            "MeasureName": "CPUUtilization",
            "Statistic": "Average",
            "Unit": "Percent",
            "UpperBreachScaleIncrement": 1,
            "UpperThreshold": scale.cpu,
        },
        "aws:autoscaling:updatepolicy:rollingupdate": {
            "RollingUpdateEnabled": True,
            "RollingUpdateType": "Health",
        },
        "aws:ec2:instances": {
            "InstanceTypes": section.instance_type,
            "SupportedArchitectures": "arm64" if _ARM.match(section.instance_type) else "x86_64",
        },
        "aws:elasticbeanstalk:cloudwatch:logs": {
            "DeleteOnTerminate": False,
            "RetentionInDays": 14,
            "StreamLogs": True,
        },
        "aws:elasticbeanstalk:command": {
            "DeploymentPolicy": "RollingWithAdditionalBatch",
            "IgnoreHealthCheck": False,
            "Timeout": min(_LONGEST_COMMAND, math.ceil(section.timeout)),
        },
        "aws:elasticbeanstalk:environment": {
            "EnvironmentType": "LoadBalanced",
            "LoadBalancerType": "application",
            "ServiceRole": section.service_role,
        },
        "aws:elasticbeanstalk:healthreporting:system": {"SystemType": "enhanced"},
        **_encrypted(section.certificate),
    }


def _encrypted(certificate: str | None) -> dict[str, dict[str, Any]]:
    """Return the listener for HTTPS where there is a certificate; the one for HTTP stays, for the acceptance tests."""
    if certificate is None:
        return {}
    listener = {"ListenerEnabled": True, "Protocol": "HTTPS", "SSLCertificateArns": certificate}
    return {"aws:elbv2:listener:443": listener}


def _sorted(options: Mapping[str, Mapping[str, Any]]) -> tuple[Option, ...]:
    return tuple(sorted(_flat(options)))


def _flat(options: Mapping[str, Mapping[str, Any]]) -> Iterator[Option]:
    for namespace, values in options.items():
        for name, value in values.items():
            yield Option(namespace, name, str(value).lower() if isinstance(value, bool) else str(value))


def by_namespace(options: Iterable[Option]) -> dict[str, dict[str, str]]:
    """Return options as a file of .ebextensions writes them: maps by namespace."""
    found: dict[str, dict[str, str]] = {}
    for option in options:
        found.setdefault(option.namespace, {})[option.name] = option.value
    return found
