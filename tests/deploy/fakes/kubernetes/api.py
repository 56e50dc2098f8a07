"""What the fake API server answers: paths to objects, as kubectl asks for them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.deploy.fakes.kubernetes.resources import Resource, discovery
from tests.deploy.fakes.kubernetes.rollouts import Controllers
from tests.deploy.fakes.kubernetes.store import ApiError, Store

_PATH = re.compile(
    r"(?P<root>/api/v1|/apis/[^/]+/[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[a-z]+)"
    r"(?:/(?P<name>[^/]+))?(?:/(?P<sub>.+))?"
)
_MOVED_BY_LOOKING = ("deployments", "replicasets", "pods")


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    """The media type of the body."""
    body: bytes = b""

    @property
    def is_dry(self) -> bool:
        return "dryRun" in self.query

    @property
    def acts(self) -> bool:
        return self.method not in ("GET", "HEAD") and not self.is_dry


class Api:
    """Answers requests. `logs` are what pods print, by their Deployment's name; what is not there prints nothing."""

    def __init__(
        self, resources: tuple[Resource, ...], version: str, store: Store, controllers: Controllers
    ) -> None:
        self._store = store
        self._controllers = controllers
        self._discovery = discovery(resources, version)
        self._resources = {(each.root, each.plural): each for each in resources}
        self.logs: dict[str, str] = {}

    def answer(self, request: Request) -> Any:
        """Return the document, or text, of the answer. Raises ApiError."""
        if (found := self._discovery.get(request.path)) is not None:
            return found
        parts = _PATH.fullmatch(request.path)
        resource = self._resources.get((parts["root"], parts["plural"])) if parts else None
        if parts is None or resource is None:
            raise ApiError(
                404, "NotFound", f"the server could not find the requested resource: {request.path}"
            )
        if resource.plural in _MOVED_BY_LOOKING and request.method == "GET":
            self._controllers.step()
        if parts["sub"] == "log":
            return self._log(parts["name"])
        namespace = (parts["namespace"] or "") if resource.namespaced else ""
        do = {
            "GET": self._get,
            "POST": self._create,
            "PUT": self._replace,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }
        return do[request.method](request, resource, namespace, parts["name"])

    def _get(self, request: Request, resource: Resource, namespace: str, name: str | None) -> dict:
        if name:
            return self._store.get((resource.kind, namespace, name))
        chosen = self._store.select(
            resource.kind,
            namespace,
            request.query.get("labelSelector", ""),
            request.query.get("fieldSelector", ""),
        )
        version = {"resourceVersion": str(self._store.version)}
        return {
            "apiVersion": resource.api_version,
            "kind": f"{resource.kind}List",
            "metadata": version,
            "items": chosen,
        }

    def _create(self, request: Request, resource: Resource, namespace: str, _: str | None) -> dict:
        self._must_be_there(resource, namespace)
        return self._store.create(resource, namespace, json.loads(request.body), dry=request.is_dry)

    def _replace(self, request: Request, resource: Resource, namespace: str, name: str) -> dict:
        return self._store.replace(
            (resource.kind, namespace, name), json.loads(request.body), dry=request.is_dry
        )

    def _patch(self, request: Request, resource: Resource, namespace: str, name: str) -> dict:
        self._must_be_there(resource, namespace)
        if not request.kind.startswith("application/apply-patch"):
            raise ApiError(
                415, "UnsupportedMediaType", f"this server only applies, and does not take {request.kind}"
            )
        manager, force = request.query["fieldManager"], request.query.get("force") == "true"
        key, given = (resource.kind, namespace, name), json.loads(request.body)  # as kubectl sends it
        return self._store.apply(key, given, manager, force=force, dry=request.is_dry)

    def _delete(self, request: Request, resource: Resource, namespace: str, name: str) -> dict:
        self._store.delete((resource.kind, namespace, name))
        return {"kind": "Status", "apiVersion": "v1", "status": "Success"}

    def _must_be_there(self, resource: Resource, namespace: str) -> None:
        if resource.namespaced and ("Namespace", "", namespace) not in self._store.objects:
            raise ApiError(404, "NotFound", f'namespaces "{namespace}" not found')

    def _log(self, pod: str) -> str:
        return next((text for name, text in self.logs.items() if pod.startswith(name)), "")
