"""The record of one release: what was brought to a target, when, by whom, and how it went. Pure.

It is kept at the target, as one line of JSON, so that everybody who deploys sees the same. Not for the release's files
(each platform keeps them as suits it).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, TypeAlias, get_args

State: TypeAlias = Literal["deploying", "live", "failed", "superseded"]
_STATES: Final = get_args(State)


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """One release of a service at a target.

    `number` counts up from 1, and is never used again; `version` is that of the service; `image` the image's reference
    ("" where there is none); `digest` that of its rendered files; `at` when it began (RFC 3339, UTC); `by` who
    deployed; `environment` that of the overlay; `status` how it went, "deploying" as long as nobody knows; `of` the
    number of the release that it brings back, where it is a rollback.
    """

    number: int
    version: str
    image: str
    digest: str
    at: str
    by: str
    target: str
    environment: str = ""
    status: State = "deploying"
    of: int | None = None

    def __str__(self) -> str:
        back = f", which brings back release {self.of}" if self.of is not None else ""
        return f"release {self.number} ({self.version}{back})"

    def to_json(self) -> str:
        """Return the record as one line of JSON, from which `read_release` makes an equal one."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def read_release(text: str | bytes) -> Release:
    """Return the release that `to_json` wrote. Raises ValueError; keys that another macaron added are left alone."""
    try:
        value: Any = json.loads(text)
        known = {field.name: value[field.name] for field in fields(Release) if field.name in value}
        release = Release(**known)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"this is no record of a release: {str(text)[:80]!r}") from error
    if type(release.number) is not int or release.status not in _STATES:
        raise ValueError(f"this is no record of a release: {str(text)[:80]!r}")
    return release


def live_one(releases: Iterable[Release]) -> Release | None:
    """Return the release that has the traffic, as far as records tell: the newest that is live."""
    return max((each for each in releases if each.status == "live"), default=None)


def unfinished(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Return releases that were begun and neither finished nor abandoned, the newest first."""
    return tuple(sorted((each for each in releases if each.status == "deploying"), reverse=True))


def next_number(releases: Iterable[Release]) -> int:
    """Return the number of the next release."""
    return max((each.number for each in releases), default=0) + 1


def one_to_bring_back(releases: Iterable[Release], number: int | None = None) -> Release:
    """Return the release that a rollback brings back: the one of a number, else the newest that was live before.

    What is live is not brought back, nor what never was. Raises ValueError with the reason.
    """
    known = tuple(releases)
    live = live_one(known)
    candidates = [each for each in known if each.status == "superseded"]
    if number is not None:
        chosen = next((each for each in known if each.number == number), None)
        if chosen is None:
            raise ValueError(f"there is no release {number} (any more)")
        if chosen == live:
            raise ValueError(f"{chosen} is live")
        if chosen.status != "superseded":
            raise ValueError(f"{chosen} never was live: it is {chosen.status}")
        return chosen
    older = [each for each in candidates if live is None or each.number < live.number]
    if not older:
        raise ValueError("no release was live before")
    return max(older)
