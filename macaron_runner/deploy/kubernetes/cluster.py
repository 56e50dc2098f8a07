"""The objects of one service in one namespace: read, applied, removed, with kubectl.

Not for when that is done (platform), nor for kubectl's words (kubectl).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import DeploymentFailed, Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.kubernetes.kubectl import Kubectl, is_transient, read, says, selector
from macaron_runner.deploy.kubernetes.needs import secret_keys, unknown_kind
from macaron_runner.deploy.kubernetes.objects import Object, Owner, identity, is_ours, of_kind

_ROLLOUT: Final = "deployments.apps,replicasets.apps,pods"
_HANDOVER: Final = "macaron-replicas"
"""Who owns the number of pods from when a Deployment is scaled until its scaler does."""


class UnknownKind(DeploymentFailed):
    """The cluster does not know the `kind` of an object."""

    def __init__(self, kind: str, why: str) -> None:
        self.kind = kind
        super().__init__(why)


class Cluster:
    """Where the objects of a service are."""

    def __init__(self, hands: Hands, kubectl: Kubectl, owner: Owner) -> None:
        self.hands, self.kubectl, self.owner = hands, kubectl, owner

    def read(self, command: Command) -> list[Object]:
        """Return the objects that a command reads. Raises UnknownKind, as `act`."""
        return read(self._run(command))

    def act(self, command: Command) -> None:
        """Run a command that may be run again."""
        self._run(command)

    def _run(self, command: Command) -> bytes:
        try:
            return self.hands.run(command, again=is_transient)
        except Failure as error:
            kind, why = unknown_kind(error.lines)
            if kind:
                raise UnknownKind(kind, why) from error
            raise

    def rollout(self) -> list[Object]:
        """Return all Deployments, ReplicaSets and pods of the service."""
        return self.read(self.kubectl.get(_ROLLOUT, selector(self.owner.service)))

    def leftovers(self, objects: Iterable[Object], wanted: Iterable[Object]) -> list[Object]:
        """Return which of the objects are in the cluster, ours, and not wanted."""
        named = {identity(each) for each in wanted}
        doubtful = [each for each in objects if identity(each) not in named]
        return [each for each in self._there(doubtful) if is_ours(each, self.owner.service)]

    def _there(self, objects: list[Object]) -> list[Object]:
        """Return which of the objects are in the cluster; those of a kind that has gone from it are not."""
        while objects:
            try:
                return self.read(self.kubectl.get_these(objects))
            except UnknownKind as unknown:
                objects = [each for each in objects if each["kind"] != unknown.kind]
        return []

    def remove(self, objects: list[Object]) -> None:
        """Remove objects."""
        if objects:
            self.act(self.kubectl.delete(objects))

    def hand_over(self, objects: Iterable[Object], before: Iterable[Object]) -> None:
        """Let a Deployment keep its number of pods when something else is to decide over it from now on.

        Otherwise it would fall to one: what a field manager no longer says gets its default (kubernetes.io,
        "Server-Side Apply", transferring ownership).
        """
        scaled = {identity(each) for each in of_kind(objects, "Deployment") if "replicas" not in each["spec"]}
        fixed = [
            each
            for each in of_kind(before, "Deployment")
            if identity(each) in scaled and "replicas" in each["spec"]
        ]
        if fixed and (there := self.read(self.kubectl.get_these(fixed))):
            self.act(self.kubectl.apply(map(_only_replicas, there), manager=_HANDOVER))

    def has_namespace(self) -> bool:
        """Tell whether the namespace is there; True where we may not know: who deploys into it need not see it."""
        try:
            return bool(self.read(self.kubectl.get_one("namespace", self.owner.namespace)))
        except Failure as error:
            if says(error, "Forbidden"):
                return True
            raise

    def make_namespace(self) -> None:
        """Make the namespace where it is not there; it is never removed: it may have become somebody else's."""
        if not self.has_namespace():
            self.hands.run(self.kubectl.create(self.owner.namespace_object()))

    def check_secrets(self, objects: Iterable[Object]) -> None:
        """Raise DeploymentFailed where a secret is not where pods look for it; pods tell where we may not look."""
        for secret, wanted in secret_keys(objects).items():
            try:
                output = self.hands.run(self.kubectl.keys(secret), again=is_transient)
            except Failure as error:
                if says(error, "Forbidden"):
                    continue
                raise
            there = set(output.decode().split())
            if missing := sorted(wanted - there):
                raise DeploymentFailed(_how_to_make(self.kubectl, secret, missing, there))


def _only_replicas(deployment: Object) -> Object:
    metadata = {key: deployment["metadata"][key] for key in ("name", "namespace")}
    spec = {"replicas": deployment["spec"]["replicas"]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def _how_to_make(kubectl: Kubectl, secret: str, missing: list[str], there: set[str]) -> str:
    if there:
        return f'the Secret "{secret}" lacks {", ".join(missing)}, and pods need it'
    options = " ".join(f"--from-file={key}=FILE" for key in missing)
    command = f"kubectl --context={kubectl.context} --namespace={kubectl.namespace} create secret generic"
    return f'the Secret "{secret}" is not there, and pods need it; make it: {command} {secret} {options}'
