"""What all Kubernetes objects of a service have in common: names, labels, the namespace. Pure.

    shop             Service, ServiceAccount, Ingress, NetworkPolicy
    shop-web         Deployment, HorizontalPodAutoscaler, PodDisruptionBudget
    shop-config-…    ConfigMap, by what is in it

Not for what is in them (pods, traffic, scaling).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from macaron_runner.deploy.naming import dns_label, label_value

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object as plain data."""

MANAGER: Final = "macaron"
"""Who we are for server-side apply and for app.kubernetes.io/managed-by."""

NAME_LABEL: Final = "app.kubernetes.io/name"
COMPONENT_LABEL: Final = "app.kubernetes.io/component"
VERSION_LABEL: Final = "app.kubernetes.io/version"
MANAGER_LABEL: Final = "app.kubernetes.io/managed-by"


@dataclass(frozen=True, slots=True)
class Owner:
    """The service whose objects they are, and where they are."""

    service: str
    namespace: str
    version: str = ""

    def name(self, *parts: str) -> str:
        """Return the name of one of its objects, made of the service's and these parts."""
        return dns_label(self.service, *parts)

    def object(
        self,
        kind: tuple[str, str],
        name: str,
        component: str = "",
        annotations: Mapping[str, str] | None = None,
    ) -> Object:
        """Return the beginning of an object of a kind ("apps/v1", "Deployment"): what says which object it is."""
        metadata: Object = {"name": name, "namespace": self.namespace, "labels": self.labels(component)}
        if annotations:
            metadata["annotations"] = dict(annotations)
        return {"apiVersion": kind[0], "kind": kind[1], "metadata": metadata}

    def namespace_object(self) -> Object:
        """Return the namespace itself."""
        metadata = {"name": self.namespace, "labels": {MANAGER_LABEL: MANAGER}}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

    def labels(self, component: str = "") -> dict[str, str]:
        """Return the recommended labels (kubernetes.io, "Recommended Labels")."""
        return {
            **self.selector(component),
            **({VERSION_LABEL: label_value(self.version)} if self.version else {}),
            MANAGER_LABEL: MANAGER,
        }

    def selector(self, component: str = "") -> dict[str, str]:
        """Return the labels that tell pods of a component, "" for all: they must never change, a selector cannot."""
        own = {COMPONENT_LABEL: label_value(component)} if component else {}
        return {NAME_LABEL: self.service, **own}


Identity: TypeAlias = tuple[str, str, str]
"""Kind, group and name of an object; the namespace is one for all."""


def identity(found: Object) -> Identity:
    """Return which object this is, whatever version of its kind it is written in."""
    group, slash, _ = str(found["apiVersion"]).partition("/")
    return str(found["kind"]), group if slash else "", str(found["metadata"]["name"])


def is_ours(found: Object, service: str) -> bool:
    """Tell whether an object at the target is one that a deployment of the service made."""
    labels = found["metadata"].get("labels", {})
    return bool(labels.get(MANAGER_LABEL) == MANAGER and labels.get(NAME_LABEL) == service)


def bare(found: Object) -> Object:
    """Return just enough of an object to name it to kubectl."""
    metadata = {key: found["metadata"][key] for key in ("name", "namespace") if key in found["metadata"]}
    return {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": metadata}


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    """Return the objects of these kinds."""
    return [each for each in objects if each["kind"] in kinds]
