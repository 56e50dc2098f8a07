"""What a target keeps in its S3 bucket: bundles by their content, a record for each release, and the lock.

    macaron/<application>/bundles/<version>-<digest>.zip
    macaron/<application>/targets/<target>/releases/000012.json
    macaron/<application>/targets/<target>/lock

Not for what is in a bundle (render), nor for what a release goes through (platform).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from macaron_runner.deploy.beanstalk.aws import Aws, AwsRefusal
from macaron_runner.deploy.beanstalk.options import Option
from macaron_runner.deploy.release import Release, read_release

TAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
"""What S3 answers where the condition of a write does not hold (User Guide, "Conditional writes")."""
ABSENT: Final = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True, slots=True)
class Record:
    """A release, and what brings it back: its environment, the label of its version, the options of the environment.

    `previous` is the environment that had the traffic when the release began, "" where none had.
    """

    release: Release
    environment: str
    label: str = ""
    options: tuple[Option, ...] = ()
    previous: str = ""

    def of(self, release: Release) -> Record:
        """Return the record with another state of its release."""
        return replace(self, release=release)

    def to_json(self) -> bytes:
        """Return the record as `read_record` reads it."""
        told = {
            "release": json.loads(self.release.to_json()),
            "environment": self.environment,
            "label": self.label,
            "options": [list(option) for option in self.options],
            "previous": self.previous,
        }
        return (json.dumps(told, indent=1) + "\n").encode()


def read_record(content: bytes) -> Record:
    """Return the record that `to_json` wrote. Raises ValueError."""
    told: Any = json.loads(content)
    try:
        release = read_release(json.dumps(told["release"]))
        options = tuple(Option(*each) for each in told["options"])
        return Record(release, told["environment"], told["label"], options, told["previous"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is no record of a release: {content[:80]!r}") from error


class Store:
    """The part of a bucket that is a target's; `folder` is its beginning."""

    def __init__(self, aws: Aws, bucket: str, folder: str) -> None:
        self._aws, self._bucket, self._folder = aws, bucket, folder
        self._seen: dict[tuple[str, str], Record] = {}

    def records(self) -> tuple[Record, ...]:
        """Return every record, the oldest first; what has not changed since is not read again.

        Raises ValueError for what is none.
        """
        listed = sorted(self._listed(f"{self._folder}releases/"))
        self._seen = {each: self._seen.get(each) or read_record(self.read(each[0])[0]) for each in listed}
        return tuple(self._seen.values())

    def write(self, record: Record) -> None:
        """Keep a record; it takes the place of the one with its number."""
        self.put(self._record_key(record), record.to_json())

    def forget(self, record: Record) -> None:
        """Keep a record no longer."""
        self.remove(self._record_key(record))

    def keep_bundle(self, key: str, content: bytes) -> None:
        """Keep a bundle. Its key names its content: one that is there already is this one."""
        try:
            self.put(key, content, IfNoneMatch="*")
        except AwsRefusal as refusal:
            if refusal.reason not in TAKEN:
                raise

    def read(self, key: str) -> tuple[bytes, str]:
        """Return what is kept under a key, and its mark. Raises AwsRefusal (see ABSENT)."""
        answer = self._aws.ask("s3", "get_object", Bucket=self._bucket, Key=key)
        return answer["Body"].read(), answer["ETag"]

    def put(self, key: str, content: bytes, **condition: str) -> str:
        """Keep an object; return its mark, "" in a dry run. Raises AwsRefusal (see TAKEN)."""
        answer = self._aws.act("s3", "put_object", Bucket=self._bucket, Key=key, Body=content, **condition)
        mark: str = answer.get("ETag", "")
        return mark

    def remove(self, key: str) -> None:
        """Keep an object no longer; one that is not there is no error."""
        self._aws.act("s3", "delete_object", Bucket=self._bucket, Key=key)

    def take_away(self, key: str, mark: str) -> None:
        """Keep an object no longer, as long as it is the one that had this mark."""
        try:
            self._aws.act("s3", "delete_object", Bucket=self._bucket, Key=key, IfMatch=mark)
        except AwsRefusal as refusal:
            if refusal.reason not in TAKEN | ABSENT:
                raise

    @property
    def lock_key(self) -> str:
        """Where the lock is."""
        return f"{self._folder}lock"

    def _record_key(self, record: Record) -> str:
        return f"{self._folder}releases/{record.release.number:06}.json"

    def _listed(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield the keys of objects, and their marks."""
        more: dict[str, str] = {}
        while True:
            answer = self._aws.ask("s3", "list_objects_v2", Bucket=self._bucket, Prefix=prefix, **more)
            yield from ((each["Key"], each["ETag"]) for each in answer.get("Contents", ()))
            if "NextContinuationToken" not in answer:
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}
