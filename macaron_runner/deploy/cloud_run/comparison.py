"""What is live, in the shape of what is wanted, so that the two can be compared. Pure.

The API answers with more than it was told: what it counted, what it fills in, and nothing where a value is 0, false or
empty. Shown is what the wanted resource says, and beside it what changes the service if anybody else has set it; so a
default of the server is no change, and a variable added by hand is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from macaron_runner.deploy.cloud_run.names import again, last_part
from macaron_runner.deploy.cloud_run.resources import Resources
from macaron_runner.deploy.cloud_run.shares import key_of, settled
from macaron_runner.deploy.cloud_run.template import Json

Part: TypeAlias = tuple[Json, Json | None]
"""A live service or worker pool, and the revision that has most of it."""

_SET_BY_HAND: Final = frozenset(
    {
        "command", "dependsOn", "encryptionKey", "invokerIamDisabled", "livenessProbe", "nodeSelector",
        "serviceAccount", "sessionAffinity", "startupProbe", "volumeMounts", "volumes", "vpcAccess", "workingDir",
    }
)  # fmt: skip
"""What a wanted resource may leave out, and what matters where it is live nevertheless."""
_OWN_ACCOUNT: Final = re.compile(r"\d+-compute@developer\.gserviceaccount\.com")
_TRY: Final = re.compile(re.escape(again("", 0)).replace("0", r"\d+"))


def live_resources(parts: Iterable[Part], wanted: Resources, *, public: bool) -> Resources:
    """Return what is live as resources; the first of the parts is the service, the others are worker pools.

    The job that is run before is nowhere between two runs: it makes no difference.
    """
    service, *pools = parts
    by_name = {pool["name"]: pool for pool in wanted.pools}
    shown = (_as_wanted(pool, by_name.get(pool[0]["name"])) for pool in pools)
    return Resources(_as_wanted(service, wanted.service), tuple(shown), public, wanted.before)


def means_the_same(live: Any, wanted: Any) -> bool:
    """Tell whether a live field is as wanted: nothing, 0, false and what is empty are one."""
    return bool(_told(live) == _told(wanted))


def _told(value: Any) -> Any:
    """Return JSON as protocol buffers tell it: without 0, false, "" and what is empty (proto3 JSON mapping)."""
    if isinstance(value, dict):
        return {key: told for key, item in value.items() if (told := _told(item))}
    if isinstance(value, list):
        return [_told(item) for item in value]
    return value or None


def _as_wanted(part: Part, wanted: Json | None) -> Json:
    """Return a live resource as its wanted one would say it, by its name alone where that is None: it is to go.

    The template is told from the revision that works, not from the owner's: that may be of one that was abandoned.
    """
    owner, revision = part
    if wanted is None:
        return {"name": owner["name"]}
    template = {**revision, "revision": last_part(revision["name"])} if revision is not None else {}
    live = {**owner, "template": template, key_of(owner["name"]): settled(owner)}
    shown: Json = _shown(live, wanted)
    return shown


def _shown(live: Any, wanted: Any) -> Any:
    """Return a live value in the shape of the wanted one; as the wanted one where they mean the same."""
    if not _told(live) and not _told(wanted):
        return wanted
    if isinstance(wanted, dict) and isinstance(live, dict):
        pairs = ((key, live.get(key), value) for key, value in wanted.items())
        told = {key: _shown(item, value) for key, item, value in pairs if _told(item) or not _told(value)}
        return told | _by_hand(live, wanted)
    if isinstance(wanted, list) and isinstance(live, list):
        return _shown_list(live, wanted)
    if isinstance(live, str) and isinstance(wanted, str) and _TRY.fullmatch(live.removeprefix(wanted)):
        return wanted  # the same revision, whose first try did not get ready
    return live


def _shown_list(live: list[Any], wanted: list[Any]) -> list[Any]:
    if not all(isinstance(item, dict) and "name" in item for item in (*live, *wanted)):
        return [_shown(item, other) for item, other in zip(live, wanted, strict=False)] + live[len(wanted) :]
    named = {item["name"]: item for item in live}
    known = [_shown(named.pop(item["name"]), item) for item in wanted if item["name"] in named]
    return known + [named[name] for name in sorted(named)]


def _by_hand(live: Json, wanted: Json) -> Json:
    found = {key: live[key] for key in sorted(_SET_BY_HAND & live.keys() - wanted.keys()) if live[key]}
    if _OWN_ACCOUNT.fullmatch(str(found.get("serviceAccount", ""))):
        del found["serviceAccount"]  # filled in where nothing is said
    return found
