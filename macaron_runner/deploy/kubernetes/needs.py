"""What objects need of the cluster that we do not bring: Secrets, and kinds that somebody else installs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from macaron_runner.deploy.kubernetes.objects import Object, of_kind

_WHO_BRINGS: Final = {
    "keda.sh": "KEDA is not installed there: take `keda: true` away, or see https://keda.sh/docs/latest/deploy/",
    "gateway.networking.k8s.io": "this cluster has no Gateway API: write `ingress: ingress`, or install it",
    "networking.gke.io": "this is no cluster of Google's: say which `ingress_class` leads requests to it",
    "cloud.google.com": "this is no cluster of Google's: say which `ingress_class` leads requests to it",
}


def secret_keys(objects: Iterable[Object]) -> dict[str, set[str]]:
    """Return the Secrets that pods refer to, each with the keys that they need."""
    found: dict[str, set[str]] = {}
    for deployment in of_kind(objects, "Deployment"):
        for name, key in _references(deployment["spec"]["template"]["spec"]):
            found.setdefault(name, set()).add(key)
    return found


def _references(pod: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for container in pod["containers"]:
        for entry in container.get("env", ()):
            reference = entry.get("valueFrom", {}).get("secretKeyRef")
            if reference is not None:
                yield reference["name"], reference["key"]
    for volume in pod.get("volumes", ()):
        for source in volume.get("projected", {}).get("sources", ()):
            yield from ((source["secret"]["name"], item["key"]) for item in source["secret"]["items"])


def unknown_kind(lines: Iterable[str]) -> tuple[str, str]:
    """Return, of what kubectl said, the kind that a cluster does not know, and who would bring it; "" for none."""
    found = re.search(r'no matches for kind "(\w+)" in version "([\w.]+)/\w+"', "\n".join(lines))
    if found is None:
        return "", ""
    kind, group = found.groups()
    return kind, f"the cluster knows no {kind}: {_WHO_BRINGS.get(group, group)}"
