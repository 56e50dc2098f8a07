"""The single steps of a deployment: a service or worker pool is made, changed, or goes. Each may be done twice.

Every change carries the etag of what it was made from: where somebody else was faster, it is made again from what is
there now. Not for the order of the steps (platform).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from macaron_runner.deploy.cloud_run.api import Api, Conflict
from macaron_runner.deploy.cloud_run.comparison import means_the_same
from macaron_runner.deploy.cloud_run.live import Live
from macaron_runner.deploy.cloud_run.names import last_part
from macaron_runner.deploy.cloud_run.render import EVERYONE, INVOKER
from macaron_runner.deploy.cloud_run.shares import key_of
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.failures import DeploymentFailed

_TRIES: Final = 5
_PAUSE: Final = 1.0
_TIME_TO_GO: Final = 120.0
"""Seconds that Google may take to take something away."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Changes what `live` sees."""

    api: Api
    live: Live

    def create(self, owner: Json) -> None:
        """Make a service or worker pool that is not there. Raises DeploymentFailed where it is after all."""
        collection, _, short = owner["name"].rpartition("/")
        identity = "serviceId" if collection.endswith("/services") else "workerPoolId"
        body = {key: value for key, value in owner.items() if key != "name"}
        try:
            self.api.act("POST", collection, body, **{identity: short})
        except Conflict as error:
            if self.live.revision(owner["name"], owner["template"]["revision"]) is None:
                raise DeploymentFailed(f"somebody else made {short} a moment ago: {error}") from error
            # The answer to our own request was lost, and it was sent again.

    def change(self, name: str, made_of: Callable[[Json], Json]) -> None:
        """Give a service or worker pool other fields, made of what it is; none changes nothing.

        Raises DeploymentFailed where others change it again and again, or it is not there.
        """
        message = "it is not there"
        for _ in range(_TRIES):
            owner = self.api.read(name)
            if owner is None and self.api.hands.dry_run:
                owner = {"name": name, "etag": ""}  # it would have been made by now
            if owner is None:
                break
            fields = made_of(owner)
            if all(means_the_same(owner.get(key), value) for key, value in fields.items()):
                return
            try:
                self.api.act("PATCH", name, {**fields, "etag": owner["etag"]}, updateMask=",".join(fields))
            except Conflict as error:
                message = str(error)
                self.api.hands.sleep(_PAUSE)
            else:
                return
        raise DeploymentFailed(f"{last_part(name)} cannot be changed: {message}")

    def set(self, name: str, fields: Json) -> None:
        """Give a service or worker pool other fields, whatever they are now. Raises as `change`."""
        self.change(name, lambda _: fields)

    def bring(self, pool: Json) -> None:
        """Make, or change, a worker pool so that all of it is at the revision that it comes to."""
        name, key, revision = pool["name"], key_of(pool["name"]), pool["template"]["revision"]
        there = self.live.pool(name)
        if there is None:
            self.create(pool)
            return
        ready = self.live.has_ready(name, revision)
        fields = {key: pool[key], "scaling": pool["scaling"]}
        if not ready:
            fields["template"] = pool["template"]
        self.change(name, lambda owner: {**fields, "labels": owner.get("labels", {}) | pool["labels"]})

    def delete(self, name: str) -> None:
        """Take whatever has that full name away, if it is there, and wait until it has gone. Raises Failure."""
        hands = self.api.hands
        if self.api.read(name) is None:
            return
        self.api.act("DELETE", name)
        if not hands.dry_run:
            awaited = f"{last_part(name)} goes"
            hands.wait(lambda: awaited if self.api.read(name) else "", hands.clock() + _TIME_TO_GO)

    def open_to_everyone(self, *, public: bool) -> None:
        """Let everyone call the service, or only whom its policy names. Raises DeploymentFailed."""
        message = ""
        for _ in range(_TRIES):
            policy = self.live.policy()
            if self.live.is_public(policy) == public:
                return
            body = {"policy": _with_everyone(policy) if public else _without_everyone(policy)}
            try:
                self.api.act("POST", f"{self.live.name}:setIamPolicy", body)
            except Conflict as error:
                message = str(error)
                self.api.hands.sleep(_PAUSE)
            else:
                return
        raise DeploymentFailed(f"the policy of {last_part(self.live.name)} cannot be changed: {message}")


def _with_everyone(policy: Json) -> Json:
    return {**policy, "bindings": [*policy.get("bindings", ()), {"role": INVOKER, "members": [EVERYONE]}]}


def _without_everyone(policy: Json) -> Json:
    bindings = []
    for binding in policy.get("bindings", ()):
        members = binding.get("members", [])
        if binding["role"] == INVOKER:
            members = [member for member in members if member != EVERYONE]
        if members:
            bindings.append({**binding, "members": members})
    return {**policy, "bindings": bindings}
