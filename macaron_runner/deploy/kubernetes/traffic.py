"""What leads requests to the web's pods: Service, Ingress or HTTPRoute, and what Google's load balancer wants beside.

Pure. Not for which pods there are (pods).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from macaron_runner.configuration.deployment import Kubernetes
from macaron_runner.deploy.kubernetes.objects import Object, Owner

PORT: Final = 80
_READY: Final = "/health/ready"
_GATEWAY: Final = "gateway.networking.k8s.io/v1"


def service(owner: Owner, target: Kubernetes) -> Object:
    """Return the Service of the web's pods."""
    by_google = target.host is not None and target.ingress == "ingress" and target.is_google
    annotations = {
        "cloud.google.com/backend-config": _compact({"default": owner.name()}),
        "cloud.google.com/neg": _compact({"ingress": True}),
    }
    found = owner.object(("v1", "Service"), owner.name(), "web", annotations if by_google else None)
    found["spec"] = {
        "type": "ClusterIP",
        "selector": owner.selector("web"),
        "ports": [{"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP"}],
    }
    return found


def routes(owner: Owner, target: Kubernetes, port: int, drain: int) -> Iterator[Object]:
    """Yield what leads from the target's host to the Service: nothing where it has none.

    `port` is that of the pods, `drain` the seconds that requests under way may take when one of them goes.
    """
    if target.host is None:
        return
    if target.ingress == "gateway":
        if target.gateway is None:
            yield _own_gateway(owner, target)
        yield _http_route(owner, target)
        if target.is_google:
            yield _health_check_policy(owner)
        return
    yield _ingress(owner, target)
    if target.is_google:
        yield from _google(owner, target, port, drain)


def allowed(owner: Owner, ports: dict[str, int]) -> Iterator[Object]:
    """Yield what lets requests into pods at the ports of `ports` (by component) only; other pods get none at all."""
    everyone = owner.object(("networking.k8s.io/v1", "NetworkPolicy"), owner.name("nothing"))
    everyone["spec"] = {"podSelector": {"matchLabels": owner.selector()}, "policyTypes": ["Ingress"]}
    yield everyone
    for component, port in ports.items():
        found = owner.object(("networking.k8s.io/v1", "NetworkPolicy"), owner.name(component), component)
        found["spec"] = {
            "podSelector": {"matchLabels": owner.selector(component)},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": port, "protocol": "TCP"}]}],
        }
        yield found


def _ingress(owner: Owner, target: Kubernetes) -> Object:
    annotations = {**_google_annotations(owner, target), **target.annotations}
    found = owner.object(("networking.k8s.io/v1", "Ingress"), owner.name(), "web", annotations)
    backend = {"service": {"name": owner.name(), "port": {"name": "http"}}}
    named = target.certificate not in ("managed", "none")
    by_field = target.ingress_class is not None and not target.is_google
    found["spec"] = {
        **({"ingressClassName": target.ingress_class} if by_field else {}),
        **({"tls": [{"hosts": [target.host], "secretName": target.certificate}]} if named else {}),
        "rules": [
            {
                "host": target.host,
                "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
            }
        ],
    }
    return found


def _google_annotations(owner: Owner, target: Kubernetes) -> dict[str, str]:
    if not target.is_google:
        return {}
    managed = {"networking.gke.io/managed-certificates": owner.name()}
    return {
        "kubernetes.io/ingress.class": target.ingress_class or "gce",  # GKE does not look at ingressClassName
        **({"networking.gke.io/v1beta1.FrontendConfig": owner.name()} if _redirects(target) else {}),
        **(managed if target.certificate == "managed" else {}),
    }


def _google(owner: Owner, target: Kubernetes, port: int, drain: int) -> Iterator[Object]:
    if target.certificate == "managed":
        certificate = owner.object(("networking.gke.io/v1", "ManagedCertificate"), owner.name(), "web")
        certificate["spec"] = {"domains": [target.host]}
        yield certificate
    if _redirects(target):
        frontend = owner.object(("networking.gke.io/v1beta1", "FrontendConfig"), owner.name(), "web")
        frontend["spec"] = {"redirectToHttps": {"enabled": True, "responseCodeName": "PERMANENT_REDIRECT"}}
        yield frontend
    backend = owner.object(("cloud.google.com/v1", "BackendConfig"), owner.name(), "web")
    backend["spec"] = {
        "healthCheck": {
            "type": "HTTP",
            "requestPath": _READY,
            "port": port,
            "checkIntervalSec": 5,
            "timeoutSec": 5,
        },
        "connectionDraining": {"drainingTimeoutSec": drain},
    }
    yield backend


def _redirects(target: Kubernetes) -> bool:
    """Tell whether Google leads HTTP to HTTPS, which its internal load balancer cannot."""
    return target.certificate != "none" and target.ingress_class != "gce-internal"


def _own_gateway(owner: Owner, target: Kubernetes) -> Object:
    found = owner.object((_GATEWAY, "Gateway"), owner.name(), "web", target.annotations)
    listeners: list[dict[str, Any]] = [{"name": "http", "protocol": "HTTP", "port": 80}]
    if target.certificate != "none":
        tls = {"mode": "Terminate", "certificateRefs": [{"name": target.certificate}]}
        listeners = [{"name": "https", "protocol": "HTTPS", "port": 443, "tls": tls}]
    only_here = {"allowedRoutes": {"namespaces": {"from": "Same"}}}
    found["spec"] = {
        "gatewayClassName": target.ingress_class,
        "listeners": [each | {"hostname": target.host} | only_here for each in listeners],
    }
    return found


def _http_route(owner: Owner, target: Kubernetes) -> Object:
    found = owner.object((_GATEWAY, "HTTPRoute"), owner.name(), "web", target.annotations)
    namespace, _, name = (target.gateway or owner.name()).rpartition("/")
    found["spec"] = {
        "parentRefs": [{"name": name, **({"namespace": namespace} if namespace else {})}],
        "hostnames": [target.host],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": [{"name": owner.name(), "port": PORT}],
            }
        ],
    }
    return found


def _health_check_policy(owner: Owner) -> Object:
    """Return what GKE's Gateway asks pods, where they serve: it does not look at probes, and would ask for `/`."""
    found = owner.object(("networking.gke.io/v1", "HealthCheckPolicy"), owner.name(), "web")
    check = {"type": "HTTP", "httpHealthCheck": {"requestPath": _READY}}
    found["spec"] = {
        "default": {"config": check},
        "targetRef": {"group": "", "kind": "Service", "name": owner.name()},
    }
    return found


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
