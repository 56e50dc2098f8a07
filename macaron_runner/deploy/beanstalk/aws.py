"""The one door to boto3: a call of an AWS service, shown as the command that it equals before it is made.

Credentials, proxies and endpoints are found by the library in its own ways (AWS_PROFILE, AWS_ENDPOINT_URL, roles of the
machine…); nothing of them is read here. Not for what the calls mean (store, versions, environments).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from macaron_runner.configuration.deployment import Beanstalk
from macaron_runner.deploy.beanstalk.causes import likely_cause
from macaron_runner.deploy.beanstalk.words import aws_words
from macaron_runner.deploy.failures import Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.errors import DependencyMissing

_CONNECT: Final = 5
_READ: Final = 20
_LONGEST: Final = 500
_TRIES: Final = 4
"""How often a call is made whose answer is 5xx, or which is one too many at a time: the library waits in between."""
_SECONDS: Final = _TRIES * (_CONNECT + _READ) + 20.0
"""How long a call may take with all its tries."""


class AwsRefusal(Failure):
    """AWS refused a call; `reason` is its own word: NoSuchKey, PreconditionFailed, TooManyEnvironmentsException."""

    def __init__(self, shown: str, reason: str, message: str) -> None:
        cause = likely_cause((reason, message))
        lines = [f"{reason}: {message}", *([f"likely cause: {cause}"] if cause else [])]
        super().__init__(shown, None, lines)
        self.reason, self.message = reason, message


class Aws:
    """The services of AWS in the region of a target; `client` opens the client of one, when it is first needed."""

    def __init__(self, hands: Hands, section: Beanstalk, client: Callable[[str], Any]) -> None:
        self._hands, self._section, self._client = hands, section, cache(client)

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Return the answer of a call that changes nothing. Raises AwsRefusal, Failure, DependencyMissing."""
        return self._call(service, operation, parameters, acts=False)

    def act(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Return the answer of a call that changes something; it is {} where nothing is to be changed (dry run)."""
        return self._call(service, operation, parameters, acts=True)

    def tail_logs(self, group: str, since: int) -> list[dict[str, Any]]:
        """Return the events of a log group since a time in milliseconds, as `aws logs tail --follow` asks for them."""
        words = ("aws", "logs", "tail", group, "--follow", "--region", self._section.region)
        parameters = {"logGroupName": group, "startTime": since}
        events: list[dict[str, Any]] = self._made(
            shlex.join(words), "logs", "filter_log_events", parameters, acts=False
        ).get("events", [])
        return events

    def _call(
        self, service: str, operation: str, parameters: dict[str, Any], *, acts: bool
    ) -> dict[str, Any]:
        shown = shlex.join(
            aws_words(service, operation, parameters, self._section.region, self._section.profile)
        )
        return self._made(shown, service, operation, parameters, acts=acts)

    def _made(
        self, shown: str, service: str, operation: str, parameters: dict[str, Any], *, acts: bool
    ) -> dict[str, Any]:
        def answer() -> dict[str, Any]:
            function: Callable[..., dict[str, Any]] = getattr(self._client(service), operation)
            return _translated(shown, function, parameters)

        if acts:
            return self._hands.call(shown, answer, seconds=_SECONDS) or {}
        return self._hands.call(shown, answer, acts=False, seconds=_SECONDS)


def open_client(section: Beanstalk, service: str) -> Any:
    """Return boto3's client of a service, for a target. Raises DependencyMissing."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise DependencyMissing(
            'deploying to Elastic Beanstalk needs boto3: pip install "macaron-runner[beanstalk]"'
        ) from error
    settings = Config(
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        user_agent_extra="macaron",
    )
    try:
        session = boto3.Session(profile_name=section.profile, region_name=section.region)
        return session.client(service, config=settings)
    except BotoCoreError as error:
        raise DependencyMissing(f"AWS cannot be used: {error}") from error


def _translated(
    shown: str, function: Callable[..., dict[str, Any]], parameters: dict[str, Any]
) -> dict[str, Any]:
    """Return what a function of boto3 answers, its errors as ours."""
    from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoCredentialsError
    from botocore.parsers import ResponseParserError

    try:
        return function(**parameters)
    except ClientError as error:
        told = error.response.get("Error", {})
        raise AwsRefusal(shown, str(told.get("Code", "")), str(told.get("Message", ""))) from error
    except (NoCredentialsError, CredentialRetrievalError) as error:
        how = "`aws configure`, AWS_PROFILE or the target's `profile` give them"
        raise DependencyMissing(f"AWS has no credentials for us: {error}; {how}") from error
    except (
        BotoCoreError,
        ResponseParserError,
    ) as error:  # the latter where somebody between us and AWS answers
        raise Failure(shown, None, (str(error)[:_LONGEST],)) from error
