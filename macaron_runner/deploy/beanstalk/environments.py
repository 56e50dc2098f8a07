"""The environments of an application: listed, made, swapped, terminated. Each is asked for anew: others change them.

Not for waiting until one is well (watch), nor for which release runs in which (platform).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from macaron_runner.deploy.beanstalk.aws import Aws
from macaron_runner.deploy.beanstalk.options import Option
from macaron_runner.deploy.failures import DeploymentFailed
from macaron_runner.errors import DependencyMissing

_SERVICE: Final = "elasticbeanstalk"
_STACK: Final = re.compile(r"64bit Amazon Linux 2023 v(\d+)\.(\d+)\.(\d+) running Docker")
_GONE: Final = ("Terminated",)
_GOING: Final = ("Terminating", "Terminated")


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment as Beanstalk describes it; `health` is its colour, `cname` its whole address."""

    name: str
    label: str
    cname: str
    status: str
    health: str

    @property
    def prefix(self) -> str:
        """The first label of its address."""
        return self.cname.partition(".")[0]

    @property
    def stands(self) -> bool:
        """Whether it is there, and going to be."""
        return self.status not in _GOING

    def runs_well(self, label: str) -> bool:
        """Tell whether a version runs in it, in good health; an exchange of its address may be under way."""
        return self.stands and (self.health, self.label) == ("Green", label)

    @property
    def is_well(self) -> bool:
        """Whether nothing is under way in it, and its health is green."""
        return self.is_ready and self.health == "Green"

    @property
    def is_ready(self) -> bool:
        """Whether nothing is under way in it. It says nothing of its health."""
        return self.status == "Ready"


@dataclass(frozen=True, slots=True)
class Event:
    """What Beanstalk tells of an environment."""

    at: datetime
    severity: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}"


class Environments:
    """Those of one application in one region."""

    def __init__(self, aws: Aws, application: str) -> None:
        self._aws, self._application = aws, application

    def all(self) -> tuple[Environment, ...]:
        """Return every environment that is not terminated."""
        return self._described()

    def named(self, name: str) -> Environment | None:
        """Return one of them, None where there is none (any more)."""
        return next(iter(self._described(EnvironmentNames=[name])), None)

    def standing(self, name: str) -> Environment:
        """Return one of them that is there to stay. Raises DeploymentFailed where it is not."""
        environment = self.named(name)
        if environment is None or not environment.stands:
            raise DeploymentFailed(f"the environment {name} is not there any more")
        return environment

    def with_prefix(self, prefix: str) -> Environment | None:
        """Return the one that has an address, None where none has."""
        return next((each for each in self.all() if each.prefix == prefix), None)

    def create(
        self, name: str, *, prefix: str, label: str, options: Iterable[Option], tags: Mapping[str, str]
    ) -> None:
        """Have an environment made, on the newest Docker platform; it takes minutes until it is there."""
        self._aws.act(
            _SERVICE,
            "create_environment",
            ApplicationName=self._application,
            EnvironmentName=name,
            CNAMEPrefix=prefix,
            VersionLabel=label,
            SolutionStackName=self._newest_stack(),
            OptionSettings=[option.as_setting() for option in options],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )

    def swap(self, one: str, other: str) -> None:
        """Have two environments exchange their addresses."""
        self._aws.act(
            _SERVICE, "swap_environment_cnames", SourceEnvironmentName=one, DestinationEnvironmentName=other
        )

    def terminate(self, name: str) -> None:
        """Have an environment taken away with all its machines."""
        self._aws.act(_SERVICE, "terminate_environment", EnvironmentName=name)

    def is_free(self, prefix: str) -> bool:
        """Tell whether nobody in the region has an address."""
        return bool(self._aws.ask(_SERVICE, "check_dns_availability", CNAMEPrefix=prefix).get("Available"))

    def events(self, name: str, since: str) -> tuple[Event, ...]:
        """Return what was told of an environment from a time on (RFC 3339), the oldest first."""
        answer = self._aws.ask(
            _SERVICE,
            "describe_events",
            ApplicationName=self._application,
            EnvironmentName=name,
            StartTime=since,
        )
        found = (Event(each["EventDate"], each["Severity"], each["Message"]) for each in answer["Events"])
        return tuple(sorted(found, key=lambda event: event.at))

    def options(self, name: str) -> tuple[Option, ...]:
        """Return the option settings that are in force in an environment, whoever set them."""
        answer = self._aws.ask(
            _SERVICE,
            "describe_configuration_settings",
            ApplicationName=self._application,
            EnvironmentName=name,
        )
        settings: list[Mapping[str, Any]] = answer["ConfigurationSettings"][0]["OptionSettings"]
        return tuple(
            Option(each["Namespace"], each["OptionName"], each.get("Value", "")) for each in settings
        )

    def _described(self, **parameters: Any) -> tuple[Environment, ...]:
        answer = self._aws.ask(
            _SERVICE,
            "describe_environments",
            ApplicationName=self._application,
            IncludeDeleted=False,
            **parameters,
        )
        return tuple(
            Environment(
                name=each["EnvironmentName"],
                label=each.get("VersionLabel", ""),
                cname=each.get("CNAME", ""),
                status=each["Status"],
                health=each.get("Health", ""),
            )
            for each in answer["Environments"]
            if each["Status"] not in _GONE
        )

    def _newest_stack(self) -> str:
        """Return the name of the newest Docker platform on Amazon Linux 2023."""
        names = self._aws.ask(_SERVICE, "list_available_solution_stacks")["SolutionStacks"]
        found = [
            (tuple(map(int, match.groups())), match[0]) for match in map(_STACK.fullmatch, names) if match
        ]
        if not found:
            raise DependencyMissing("Beanstalk has no Docker platform on Amazon Linux 2023 in this region")
        return max(found)[1]
