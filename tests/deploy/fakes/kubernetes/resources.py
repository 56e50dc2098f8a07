"""The kinds of objects of the fake cluster, and the discovery documents that tell clients of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


BUILT_IN = (
    Resource("", "v1", "namespaces", "Namespace", namespaced=False),
    Resource("", "v1", "configmaps", "ConfigMap"),
    Resource("", "v1", "secrets", "Secret"),
    Resource("", "v1", "services", "Service"),
    Resource("", "v1", "serviceaccounts", "ServiceAccount"),
    Resource("", "v1", "pods", "Pod"),
    Resource("", "v1", "events", "Event"),
    Resource("apps", "v1", "deployments", "Deployment"),
    Resource("apps", "v1", "replicasets", "ReplicaSet"),
    Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    Resource("coordination.k8s.io", "v1", "leases", "Lease"),
    Resource("networking.k8s.io", "v1", "ingresses", "Ingress"),
    Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
    Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
)
CUSTOM = (
    Resource("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject"),
    Resource("keda.sh", "v1alpha1", "triggerauthentications", "TriggerAuthentication"),
    Resource("networking.gke.io", "v1", "managedcertificates", "ManagedCertificate"),
    Resource("networking.gke.io", "v1", "healthcheckpolicies", "HealthCheckPolicy"),
    Resource("networking.gke.io", "v1beta1", "frontendconfigs", "FrontendConfig"),
    Resource("cloud.google.com", "v1", "backendconfigs", "BackendConfig"),
    Resource("gateway.networking.k8s.io", "v1", "gateways", "Gateway"),
    Resource("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute"),
)

_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


def discovery(resources: tuple[Resource, ...], version: str) -> dict[str, dict | bytes]:
    """Return the documents that tell clients of the kinds, by path."""
    major, minor = version.split(".")
    roots = sorted({(each.root, each.api_version) for each in resources})
    paths = {root.lstrip("/"): {"serverRelativeURL": f"/openapi/v3{root}"} for root, _ in roots}
    return {
        "/version": {"major": major, "minor": minor, "gitVersion": f"v{version}.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(resources)},
        "/openapi/v2": _openapi_2(resources),
        "/openapi/v3": {"paths": paths},
        **{root: _list_of(resources, root, api_version) for root, api_version in roots},
        **{f"/openapi/v3{root}": _openapi(resources, root) for root, _ in roots},
    }


def _groups(resources: tuple[Resource, ...]) -> list[dict]:
    versions: dict[str, dict[str, str]] = {}
    for each in resources:
        if each.group:
            versions.setdefault(each.group, {})[each.version] = f"{each.group}/{each.version}"
    return [
        {"name": group, "versions": told, "preferredVersion": told[0]}
        for group, found in versions.items()
        for told in [[{"groupVersion": full, "version": short} for short, full in found.items()]]
    ]


def _list_of(resources: tuple[Resource, ...], root: str, api_version: str) -> dict:
    told = [
        {
            "name": each.plural,
            "singularName": each.kind.lower(),
            "namespaced": each.namespaced,
            "kind": each.kind,
            "verbs": _VERBS,
        }
        for each in resources
        if each.root == root
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": told}


def _openapi(resources: tuple[Resource, ...], root: str) -> dict:
    """Say that patches may be dry runs, and that the server validates them: all that kubectl looks for here."""
    parameters = [{"name": name, "in": "query"} for name in ("dryRun", "fieldValidation")]
    paths = {}
    for each in resources:
        if each.root == root:
            kind = {"group": each.group, "version": each.version, "kind": each.kind}
            patch = {"x-kubernetes-group-version-kind": kind, "x-kubernetes-action": "patch"}
            place = "/namespaces/{namespace}" if each.namespaced else ""
            paths[f"{root}{place}/{each.plural}/{{name}}"] = {"patch": patch | {"parameters": parameters}}
    return {"openapi": "3.0.0", "info": {"title": "fake", "version": "0"}, "paths": paths}


def _openapi_2(resources: tuple[Resource, ...]) -> bytes:
    """Say the same to clients older than OpenAPI 3: a gnostic.openapi.v2.Document, of which they take protobuf only."""
    paths = b"".join(
        _field(2, _field(1, each.plural.encode()) + _field(2, _patch(each))) for each in resources
    )
    return _field(1, b"2.0") + _field(8, paths)


def _patch(resource: Resource) -> bytes:
    """Return a PathItem whose Operation "patch" has the parameter dryRun, and tells of which kind it is."""
    parameter = _field(1, _field(2, _field(3, _field(4, b"dryRun"))))
    kind = f"{{group: '{resource.group}', version: {resource.version}, kind: {resource.kind}}}"
    told = _field(1, b"x-kubernetes-group-version-kind") + _field(2, _field(2, kind.encode()))
    return _field(8, _field(8, parameter) + _field(13, told))


def _field(number: int, content: bytes) -> bytes:
    """Return a length-delimited field (protobuf.dev, "Encoding")."""
    size, length = len(content), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content
