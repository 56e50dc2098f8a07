"""The versions of an application: a label, with the bundle that it stands for.

Not for what is in a bundle (render), nor for where it runs (environments).
"""

from __future__ import annotations

from typing import Final

from macaron_runner.deploy.beanstalk.aws import Aws, AwsRefusal
from macaron_runner.deploy.failures import Evidence, Unhealthy
from macaron_runner.deploy.hands import Hands

_SERVICE: Final = "elasticbeanstalk"
_PATIENCE: Final = 300.0
_PAUSE: Final = 2.0


class Versions:
    """Those of one application, whose bundles are in one bucket."""

    def __init__(self, aws: Aws, hands: Hands, application: str, bucket: str) -> None:
        self._aws, self._hands, self._application, self._bucket = aws, hands, application, bucket

    def provide(self, label: str, key: str) -> None:
        """See to it that a version is there and processed, made of the bundle under a key.

        One that could not be processed is made again. Raises Unhealthy where Beanstalk does not take the bundle.
        """
        status = self._status(label)
        if status == "Failed":
            self.remove(label)
        if status in ("", "Failed"):
            self._make(label, key)
        if not self._hands.dry_run:
            self._hands.wait(lambda: self._awaited(label), self._hands.clock() + _PATIENCE, every=_PAUSE)

    def remove(self, label: str) -> None:
        """Have a version taken away, if it is there; its bundle stays. Raises AwsRefusal where it is in use."""
        if not self._status(label):
            return
        self._aws.act(
            _SERVICE,
            "delete_application_version",
            ApplicationName=self._application,
            VersionLabel=label,
            DeleteSourceBundle=False,
        )

    def _make(self, label: str, key: str) -> None:
        try:
            self._create(label, key)
        except AwsRefusal:
            if not self._status(label):  # else made at a try whose answer was lost
                raise

    def _create(self, label: str, key: str) -> None:
        self._aws.act(
            _SERVICE,
            "create_application_version",
            ApplicationName=self._application,
            VersionLabel=label,
            SourceBundle={"S3Bucket": self._bucket, "S3Key": key},
            AutoCreateApplication=True,
            Process=True,
        )

    def _awaited(self, label: str) -> str:
        status = self._status(label)
        if status == "Failed":
            what = f"version {label}"
            cause = "its bundle, or a file of .ebextensions in it, is not valid"
            raise Unhealthy("Beanstalk does not take the version", [Evidence(what, cause=cause)])
        return (
            "" if status == "Processed" else f"version {label} to be processed ({status or 'not there yet'})"
        )

    def _status(self, label: str) -> str:
        answer = self._aws.ask(
            _SERVICE,
            "describe_application_versions",
            ApplicationName=self._application,
            VersionLabels=[label],
        )
        return next((str(each["Status"]) for each in answer["ApplicationVersions"]), "")
