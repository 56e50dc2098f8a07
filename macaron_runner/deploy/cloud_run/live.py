"""What is at a target at the moment: the service, its worker pools, their revisions, who may call. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from macaron_runner.deploy.cloud_run.api import Api
from macaron_runner.deploy.cloud_run.causes import is_ready
from macaron_runner.deploy.cloud_run.render import EVERYONE, INVOKER
from macaron_runner.deploy.cloud_run.shares import main_revision
from macaron_runner.deploy.cloud_run.template import Json


@dataclass(frozen=True, slots=True)
class Live:
    """One Cloud Run service by its full name, and the worker pools that have all of its labels."""

    api: Api
    name: str
    labels: dict[str, str]

    def service(self) -> Json | None:
        """Return the service, None where there is none."""
        return self.api.read(self.name)

    def pools(self) -> list[Json]:
        """Return its worker pools, sorted by name."""
        parent = self.name.partition("/services/")[0]
        found = (each for each in self.api.listed(f"{parent}/workerPools") if self.is_ours(each))
        return sorted(found, key=lambda pool: str(pool["name"]))

    def pool(self, name: str) -> Json | None:
        """Return a worker pool by its full name, None where there is none."""
        return self.api.read(name)

    def revision(self, owner: str, revision: str) -> Json | None:
        """Return a revision of the service or worker pool of a full name, None where there is none."""
        return self.api.read(f"{owner}/revisions/{revision}") if revision else None

    def revisions(self, owner: str) -> Iterator[Json]:
        """Yield all revisions of a service or worker pool."""
        yield from self.api.listed(f"{owner}/revisions")

    def working(self, owner: Json) -> Json | None:
        """Return the revision that has most of a service or worker pool, None where none has anything."""
        return self.revision(owner["name"], main_revision(owner))

    def has_ready(self, owner: str, revision: str) -> bool:
        """Tell whether there is a revision of that name that got ready."""
        found = self.revision(owner, revision)
        return found is not None and is_ready(found)

    def policy(self) -> Json:
        """Return who may do what with the service, conditions included (version 3 of IAM's policies)."""
        return self.api.read(f"{self.name}:getIamPolicy", **{"options.requestedPolicyVersion": "3"}) or {}

    def is_public(self, policy: Json | None = None) -> bool:
        """Tell whether everyone may call it."""
        bindings = (policy if policy is not None else self.policy()).get("bindings", ())
        return any(each["role"] == INVOKER and EVERYONE in each.get("members", ()) for each in bindings)

    def is_ours(self, owner: Json) -> bool:
        """Tell whether a worker pool or a revision has the labels of what belongs to the service at this target."""
        return all(owner.get("labels", {}).get(key) == value for key, value in self.labels.items())
