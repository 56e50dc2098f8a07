"""What the machines of an environment tell of themselves: their health, their containers' last lines, the likely cause.

Not for waiting until they are well (watch).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Final
from urllib.request import build_opener

from macaron_runner.deploy.beanstalk.aws import Aws
from macaron_runner.deploy.beanstalk.causes import likely_cause
from macaron_runner.deploy.beanstalk.tails import container_lines, engine_errors, is_of
from macaron_runner.deploy.failures import DeploymentFailed, Evidence, Failure
from macaron_runner.deploy.hands import Hands

_SERVICE: Final = "elasticbeanstalk"
_LAST_LINES: Final = 30
_LARGEST: Final = 4 * 2**20
_PATIENCE: Final = 60.0
"""Seconds that machines may take to send their last lines: they do when they next look for orders."""
_PAUSE: Final = 2.0
_DEADLINE: Final = 20.0
_LOG_GROUP: Final = (
    "/aws/elasticbeanstalk/{environment}/var/log/eb-docker/containers/eb-current-app/stdouterr.log"
)
"""Where StreamLogs puts what containers say (Developer Guide, "Using Elastic Beanstalk with CloudWatch Logs")."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of an environment: its id, the colour and the causes of its health."""

    name: str
    color: str
    causes: tuple[str, ...] = ()


class Machines:
    """Asks the machines of environments."""

    def __init__(self, aws: Aws, hands: Hands) -> None:
        self._aws, self._hands = aws, hands

    def health(self, environment: str) -> tuple[Machine, ...]:
        """Return how the machines of an environment fare."""
        answer = self._aws.ask(
            _SERVICE, "describe_instances_health", EnvironmentName=environment, AttributeNames=["All"]
        )
        return tuple(
            Machine(each["InstanceId"], each.get("Color", ""), tuple(each.get("Causes", ())))
            for each in answer["InstanceHealthList"]
        )

    def tails(self, environment: str) -> dict[str, str]:
        """Return the last lines of every log, by machine: what those that sent them within a minute have."""
        sent_before = set(self._sent(environment))
        self._aws.ask(_SERVICE, "request_environment_info", EnvironmentName=environment, InfoType="tail")
        found: dict[str, str] = {}

        def look() -> str:
            sent = self._sent(environment)
            found.update(
                {machine: url for (machine, at), url in sent.items() if (machine, at) not in sent_before}
            )
            return "" if found else f"the last lines of the machines of {environment}"

        self._hands.wait(look, self._hands.clock() + _PATIENCE, every=_PAUSE)
        return {machine: self._fetched(url) for machine, url in sorted(found.items())}

    def _sent(self, environment: str) -> dict[tuple[str, datetime], str]:
        """Return where the last lines are that machines have sent: by machine and time."""
        answer = self._aws.ask(
            _SERVICE, "retrieve_environment_info", EnvironmentName=environment, InfoType="tail"
        )
        return {
            (each["Ec2InstanceId"], each["SampleTimestamp"]): each["Message"]
            for each in answer["EnvironmentInfo"]
        }

    def lines(self, environment: str, workload: str, count: int) -> list[str]:
        """Return the last lines of a workload's containers ("" for all), machine by machine."""
        tails = self.tails(environment)
        return [
            f"{machine} {line}" if len(tails) > 1 else line
            for machine, text in tails.items()
            for line in (container_lines(text, workload)[-count:] if count else ())
        ]

    def follow(self, environment: str, workload: str) -> Iterator[str]:
        """Yield what a workload's containers ("" for all) say from now on, as CloudWatch gets it; without end."""
        group = _LOG_GROUP.format(environment=environment)
        since = round(datetime.fromisoformat(self._hands.now()).timestamp() * 1000)
        while True:
            events = self._aws.tail_logs(group, since)
            for event in events:
                if not workload or is_of(event["message"], workload):
                    yield event["message"].rstrip("\n")
            since = max((event["timestamp"] + 1 for event in events), default=since)
            self._hands.sleep(_PAUSE)

    def evidence(self, environment: str, told: Sequence[str]) -> Iterator[Evidence]:
        """Yield why an environment is not well: with the events `told` of it, then machine by machine that is sick."""
        yield Evidence(f"environment {environment}", tuple(told[-_LAST_LINES:]), cause=likely_cause(told))
        tails = self._tails_if_any(environment)
        for machine in self._health_if_any(environment):
            text = tails.pop(machine.name, "")
            if machine.color != "Green":
                yield _of_machine(machine, text, told)
        for name, text in tails.items():
            yield _of_machine(Machine(name, ""), text, told)

    def _tails_if_any(self, environment: str) -> dict[str, str]:
        try:
            return self.tails(environment)
        except DeploymentFailed as error:
            self._hands.tell(
                f"  there are no last lines of the machines: {str(error).splitlines()[-1].strip()}"
            )
            return {}

    def _health_if_any(self, environment: str) -> tuple[Machine, ...]:
        try:
            return self.health(environment)
        except DeploymentFailed:  # an environment that never got as far as machines
            return ()

    def _fetched(self, url: str) -> str:
        """Return the text behind an address that is a credential as well: only its beginning is shown."""
        shown = shlex.join(("curl", url.partition("?")[0]))

        def fetch() -> str:
            if not url.startswith(("https://", "http://")):
                raise Failure(shown, None, ["this is no address of a log"])
            try:
                with build_opener().open(url, timeout=_DEADLINE) as answer:
                    content: bytes = answer.read(_LARGEST)
            except OSError as error:
                raise Failure(shown, None, [str(error)]) from error
            except (HTTPException, ValueError):  # their texts have the address in them
                raise Failure(shown, None, ["what came is not HTTP, or was cut short"]) from None
            return content.decode("utf-8", "replace")

        return self._hands.call(shown, fetch, acts=False)


def _of_machine(machine: Machine, text: str, told: Sequence[str]) -> Evidence:
    lines = [*engine_errors(text), *container_lines(text)]
    return Evidence(
        f"machine {machine.name}",
        tuple(lines[-_LAST_LINES:]),
        probe="; ".join(machine.causes),
        cause=likely_cause([*lines, *machine.causes, *told]),
    )
