"""The objects of the fake cluster: versions, generations, selectors, who owns which field."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from tests.deploy.fakes.kubernetes import merging
from tests.deploy.fakes.kubernetes.resources import Resource

_BORN = "2026-11-28T00:00:00Z"

Key = tuple[str, str, str]
"""Kind, namespace ("" for none), name."""


class ApiError(Exception):
    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class Store:
    def __init__(self) -> None:
        self.objects: dict[Key, dict] = {}
        self.owned: dict[Key, dict[str, set[merging.Path]]] = {}
        """The fields of each object that each manager owns."""
        self.version = 100

    def get(self, key: Key) -> dict:
        if key not in self.objects:
            raise ApiError(404, "NotFound", f'{key[0].lower()}s "{key[2]}" not found')
        return self.objects[key]

    def select(self, kind: str, namespace: str, labels: str = "", fields: str = "") -> list[dict]:
        return [
            found
            for key, found in sorted(self.objects.items())
            if key[0] == kind and namespace in ("", key[1]) and _fits(found, labels, fields)
        ]

    def create(self, resource: Resource, namespace: str, given: dict, *, dry: bool = False) -> dict:
        name = given["metadata"].get("name") or given["metadata"]["generateName"] + uuid.uuid4().hex[:5]
        key = (resource.kind, namespace if resource.namespaced else "", name)
        if key in self.objects:
            raise ApiError(409, "AlreadyExists", f'{resource.plural} "{name}" already exists')
        return self._put(key, given, dry=dry)

    def replace(self, key: Key, given: dict, *, dry: bool = False) -> dict:
        wanted = given["metadata"].get("resourceVersion")
        if wanted and wanted != self.get(key)["metadata"]["resourceVersion"]:
            what = f'Operation cannot be fulfilled on "{key[2]}": the object has been modified'
            raise ApiError(409, "Conflict", what)
        return self._put(key, given, dry=dry)

    def apply(self, key: Key, given: dict, manager: str, *, force: bool, dry: bool) -> dict:
        """Apply as `manager`. Raises ApiError where another owns a field that has another value, unless forced."""
        live = self.objects.get(key, {})
        owned = self.owned.get(key, {})
        theirs = {path: other for other, paths in owned.items() if other != manager for path in paths}
        wanted = set(
            merging.leaves({part: given[part] for part in given if part not in ("apiVersion", "kind")})
        )
        disputed = {p for p in wanted & set(theirs) if merging.look(live, p) != merging.look(given, p)}
        if disputed and not force:
            told = [f'conflict with "{theirs[path]}": {".".join(path)}' for path in sorted(disputed)]
            raise ApiError(409, "Conflict", f"Apply failed with {len(told)} conflict: {'; '.join(told)}")
        owners = {other: paths - disputed for other, paths in owned.items()} | {manager: wanted}
        gone = owned.get(manager, set()) - wanted - set(theirs)
        return self._put(key, merging.merge(live, gone, given), dry=dry, owners=owners)

    def drift(self, key: Key, path: merging.Path, value: Any, manager: str = "kubectl-edit") -> None:
        """Change one field by another hand, which owns it from now on."""
        change: Any = value
        for step in reversed(path):
            change = {step.removeprefix("f:"): change}
        owners = {other: paths - {path} for other, paths in self.owned.get(key, {}).items()} | {
            manager: {path}
        }
        self._put(key, merging.merge(self.get(key), (), change), owners=owners)

    def delete(self, key: Key) -> dict:
        gone = self.get(key)
        del self.objects[key]
        self.owned.pop(key, None)
        for child_key, child in list(self.objects.items()):
            owners = child["metadata"].get("ownerReferences", ())
            if any(owner["uid"] == gone["metadata"]["uid"] for owner in owners):
                self.delete(child_key)
        return gone

    def touch(self, found: dict) -> None:
        """Give an object that was changed in place a new version."""
        self.version += 1
        found["metadata"]["resourceVersion"] = str(self.version)

    def _put(
        self,
        key: Key,
        given: dict,
        *,
        dry: bool = False,
        owners: dict[str, set[merging.Path]] | None = None,
    ) -> dict:
        live = self.objects.get(key)
        fresh = copy.deepcopy(given)
        before = live["metadata"] if live else {"uid": str(uuid.uuid4()), "creationTimestamp": _BORN}
        fresh["metadata"] |= {"name": key[2]} | ({"namespace": key[1]} if key[1] else {})
        fresh["metadata"] |= {name: before[name] for name in ("uid", "creationTimestamp")}
        if live and "status" in live:
            fresh.setdefault("status", copy.deepcopy(live["status"]))
        _set_defaults(fresh)
        changed = not live or live.get("spec") != fresh.get("spec")
        fresh["metadata"]["generation"] = before.get("generation", 0) + changed
        fresh["metadata"]["managedFields"] = _managed_fields(owners or self.owned.get(key, {}))
        fresh["metadata"]["resourceVersion"] = before.get("resourceVersion", "")
        if live == fresh:
            return fresh
        fresh["metadata"]["resourceVersion"] = str(self.version + 1)
        if not dry:
            self.version += 1
            self.objects[key] = fresh
            if owners is not None:
                self.owned[key] = owners
        return fresh


def _managed_fields(owners: dict[str, set[merging.Path]]) -> list[dict]:
    return [
        {"manager": manager, "operation": "Apply", "time": _BORN, "fieldsV1": merging.as_fields(paths)}
        for manager, paths in owners.items()
        if paths
    ]


def _set_defaults(found: dict) -> None:
    """Fill in what the API server fills in, as far as a diff could show it."""
    if found.get("kind") != "Deployment":
        return
    found["spec"].setdefault("replicas", 1)
    pod = found["spec"]["template"]["spec"]
    for name, value in {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst"}.items():
        pod.setdefault(name, value)
    for container in pod["containers"]:
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("imagePullPolicy", "IfNotPresent")


def _fits(found: dict, labels: str, fields: str) -> bool:
    own = found["metadata"].get("labels", {})
    return all(_label_fits(own, term) for term in labels.split(",") if term) and all(
        _field(found, term.partition("=")[0]) == term.partition("=")[2] for term in fields.split(",") if term
    )


def _label_fits(own: dict, term: str) -> bool:
    name, equals, value = term.replace("==", "=").partition("=")
    if name.endswith("!"):
        return own.get(name[:-1]) != value
    return name in own and (not equals or own[name] == value)


def _field(found: Any, path: str) -> Any:
    for step in path.split("."):
        found = found.get(step, "") if isinstance(found, dict) else ""
    return found
