"""The names of what a service becomes on Cloud Run, within its limits. Pure.

A worker pool or job has at most 49 characters; a revision 63, of which the first are those of its service or pool. Not
for the names that the author gives (configuration.cloud_run_rules).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from macaron_runner.deploy.naming import dns_label

TAG: Final = "next"
"""The tag of a revision that is being tried: it has an address of its own by that."""

_LONGEST: Final = 44  # of 49: revisions want some room after it
_LONGEST_REVISION: Final = 54  # of 63: `again` adds up to nine
_DIGITS: Final = 8


def beside(service: str, collection: str, name: str) -> str:
    """Return the full name of what belongs to a service, which is given by its own full name.

    "…/services/shop", "workerPools", "worker-mail" -> "…/workerPools/shop-worker-mail".
    """
    parent, _, short = service.partition("/services/")
    return f"{parent}/{collection}/{dns_label(short, name, longest=_LONGEST)}"


def revision_name(owner: str, version: str, template: Mapping[str, Any]) -> str:
    """Return the name of the revision that a template makes: what is the same has the same name.

    "shop", "20261128-421-3f2c9a1" -> "shop-20261128-421-3f2c9a1-5d41402a". Of a long version the last parts stay.
    """
    content = json.dumps(template, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
    return "-".join((owner, *_end(version, _LONGEST_REVISION - len(owner) - len(digest) - 1), digest))


def _end(version: str, room: int) -> list[str]:
    """Return the last parts of a version, as many as there is room for, each with a hyphen before it."""
    kept: list[str] = []
    for part in reversed(re.findall("[a-z0-9]+", version.lower())):
        room -= len(part) + 1
        if room < 0:
            break
        kept.insert(0, part)
    return kept


def again(revision: str, release: int) -> str:
    """Return another name for a revision whose own is taken by one that never got ready."""
    return f"{revision}-r{release}"


def label_value(text: str) -> str:
    """Return a text as the value of a label of Google Cloud: lower-case letters, digits, - and _, at most 63."""
    return re.sub("[^a-z0-9_-]+", "-", text.lower())[:63]


def last_part(name: str) -> str:
    """Return the last part of a full name: "projects/p/locations/r/services/shop" -> "shop"."""
    return name.rpartition("/")[2]
