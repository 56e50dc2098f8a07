"""What is wrong with objects that fit their schemas: the API server takes them, or refuses them late. Pure.

Structure alone lets pass: a selector that matches no pods, quantities and ports that are none, two handlers in a probe,
a variable that stands twice, a reference to what is not there. They are looked for before a cluster is touched. Not for
the schemas (the API server has them), nor for one container alone (lint_container).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from macaron_runner.deploy.kubernetes.lint_container import container_faults
from macaron_runner.deploy.kubernetes.objects import Object, identity, of_kind

_SUBDOMAIN: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)
_LABEL: Final = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_DATA_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_LARGEST: Final = 1024 * 1024
"""What a ConfigMap may have in it (kubernetes.io, "ConfigMaps")."""


def faults(objects: Iterable[Object]) -> list[str]:
    """Return what is wrong with the objects of one service, a sentence each; none where all is well."""
    found = list(objects)
    told = [
        f"{_who(each)} {fault}"
        for each in found
        for rule in _RULES.get(each["kind"], ())
        for fault in rule(each, found)
    ]
    told += [f"{_who(each)} {fault}" for each in found for fault in _metadata(each)]
    counted = Counter(identity(each) for each in found)
    return told + [
        f'{kind} "{name}" stands {count} times' for (kind, _, name), count in counted.items() if count > 1
    ]


def _who(found: Object) -> str:
    return f'{found["kind"]} "{found["metadata"]["name"]}"'


def _metadata(found: Object) -> Iterator[str]:
    name, labels = found["metadata"]["name"], found["metadata"].get("labels", {})
    form = _LABEL if found["kind"] in ("Service", "Deployment") else _SUBDOMAIN
    if not form.fullmatch(name):
        yield "has a name that Kubernetes does not take"
    for key, value in labels.items():
        if not _LABEL_VALUE.fullmatch(value):
            yield f'has the label {key}, whose value "{value}" is none'


def _deployment(found: Object, objects: list[Object]) -> Iterator[str]:
    spec = found["spec"]
    template, pod = spec["template"], spec["template"]["spec"]
    if not _matches(spec["selector"]["matchLabels"], template):
        yield "selects pods with other labels than its own have"
    if spec.get("progressDeadlineSeconds", 600) <= spec.get("minReadySeconds", 0):
        yield "must be ready for longer than it may take"
    yield from _repeated("volume", (each["name"] for each in pod.get("volumes", ())))
    for container in pod["containers"]:
        for fault in container_faults(container, pod):
            yield f'has a container "{container["name"]}" {fault}'
    yield from _missing_files(pod, objects)


def _missing_files(pod: Mapping[str, Any], objects: list[Object]) -> Iterator[str]:
    maps = {each["metadata"]["name"]: each.get("data", {}) for each in of_kind(objects, "ConfigMap")}
    names = {
        each["name"]: each["configMap"]["name"] for each in pod.get("volumes", ()) if "configMap" in each
    }
    yield from (
        f'mounts the ConfigMap "{name}", which is not there' for name in names.values() if name not in maps
    )
    for container in pod["containers"]:
        for mount in container.get("volumeMounts", ()):
            data = maps.get(names.get(mount["name"], ""))
            if data is not None and mount.get("subPath", "") not in {"", *data}:
                yield f'mounts "{mount["subPath"]}" of a ConfigMap that has no such key'


def _service(found: Object, objects: list[Object]) -> Iterator[str]:
    spec = found["spec"]
    pods = [each["spec"]["template"] for each in of_kind(objects, "Deployment")]
    chosen = [pod for pod in pods if _matches(spec["selector"], pod)]
    if not chosen:
        yield "selects no pods"
    ports = {
        port["name"] for pod in chosen for each in pod["spec"]["containers"] for port in each.get("ports", ())
    }
    for port in spec["ports"]:
        if chosen and isinstance(port["targetPort"], str) and port["targetPort"] not in ports:
            yield f'leads to the port "{port["targetPort"]}", which its pods do not have'
        if not 1 <= port["port"] <= 65535:
            yield f"has the port {port['port']}, which is none"


def _scaler(found: Object, objects: list[Object]) -> Iterator[str]:
    spec = found["spec"]
    name = spec["scaleTargetRef"]["name"]
    target = next((each for each in of_kind(objects, "Deployment") if each["metadata"]["name"] == name), None)
    if target is None:
        yield f'scales the Deployment "{name}", which is not there'
    elif "replicas" in target["spec"]:
        yield f'scales the Deployment "{name}", which says itself how many pods it has'
    least, most = (spec.get(f"{end}Replicas", spec.get(f"{end}ReplicaCount", 1)) for end in ("min", "max"))
    if least > most:
        yield f"scales from {least} to {most}"
    if found["kind"] == "HorizontalPodAutoscaler" and least < 1:
        yield "scales to no pods at all, from which CPU never leads back"


def _selecting(found: Object, objects: list[Object]) -> Iterator[str]:
    selector = found["spec"].get("selector", found["spec"].get("podSelector", {})).get("matchLabels", {})
    if not any(_matches(selector, each["spec"]["template"]) for each in of_kind(objects, "Deployment")):
        yield "selects no pods"


def _routes(found: Object, objects: list[Object]) -> Iterator[str]:
    services = {each["metadata"]["name"]: each["spec"]["ports"] for each in of_kind(objects, "Service")}
    for name, port in _backends(found["spec"]):
        if name not in services:
            yield f'leads to the Service "{name}", which is not there'
        elif port not in {value for each in services[name] for value in (each["name"], each["port"])}:
            yield f'leads to the port "{port}" of the Service "{name}", which does not have it'


def _backends(spec: Mapping[str, Any]) -> Iterator[tuple[str, str | int]]:
    for rule in spec["rules"]:
        yield from ((each["name"], each["port"]) for each in rule.get("backendRefs", ()))
        for path in rule.get("http", {}).get("paths", ()):
            port = path["backend"]["service"]["port"]
            yield path["backend"]["service"]["name"], port.get("name", port.get("number"))


def _config_map(found: Object, _: list[Object]) -> Iterator[str]:
    yield from (
        f'has the key "{key}", which is none' for key in found["data"] if not _DATA_KEY.fullmatch(key)
    )
    size = sum(len(text.encode()) for text in found["data"].values())
    if size > _LARGEST:
        yield f"has {size} bytes in it, more than {_LARGEST}"


_Rule = Callable[[Object, list[Object]], Iterator[str]]
_RULES: Final[Mapping[str, tuple[_Rule, ...]]] = {
    "ConfigMap": (_config_map,),
    "Deployment": (_deployment,),
    "HTTPRoute": (_routes,),
    "HorizontalPodAutoscaler": (_scaler,),
    "Ingress": (_routes,),
    "NetworkPolicy": (_selecting,),
    "PodDisruptionBudget": (_selecting,),
    "ScaledObject": (_scaler,),
    "Service": (_service,),
}


def _matches(selector: Mapping[str, str], template: Mapping[str, Any]) -> bool:
    labels: Mapping[str, str] = template["metadata"]["labels"]
    return selector.items() <= labels.items()


def _repeated(what: str, names: Iterable[str]) -> Iterator[str]:
    yield from (
        f'has the {what} "{name}" {count} times' for name, count in Counter(names).items() if count > 1
    )
