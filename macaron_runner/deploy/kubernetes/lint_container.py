"""What is wrong with one container of a pod, though it fits its schema. Pure; see lint."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from macaron_runner.configuration.image import parse_image

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PORT_NAME: Final = re.compile(r"(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti)?")
_UNITS: Final = {
    None: Decimal(1), "m": Decimal("0.001"), "k": Decimal(10**3), "Ki": Decimal(2**10), "M": Decimal(10**6),
    "Mi": Decimal(2**20), "G": Decimal(10**9), "Gi": Decimal(2**30), "T": Decimal(10**12), "Ti": Decimal(2**40),
}  # fmt: skip
_PULLED: Final = ("Always", "IfNotPresent", "Never")
_HANDLERS: Final = ("exec", "grpc", "httpGet", "tcpSocket")

Part = Mapping[str, Any]


def container_faults(container: Part, pod: Part) -> Iterator[str]:
    """Yield what is wrong with a container of a pod, in words that follow its name."""
    for look in (_names, _image, _environment, _ports, _resources, _mounts):
        yield from look(container, pod)
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        if kind in container:
            yield from (f"whose {kind} {fault}" for fault in _probe(container[kind], container))
    yield from _ending(container, pod)


def _names(container: Part, pod: Part) -> Iterator[str]:
    if not _NAME.fullmatch(container["name"]):
        yield "whose name is none"
    if sum(each["name"] == container["name"] for each in pod["containers"]) > 1:
        yield "more than once"


def _image(container: Part, _: Part) -> Iterator[str]:
    try:
        parse_image(container.get("image", ""))
    except ValueError as error:
        yield f'without image: "{container.get("image", "")}": {error}'
    policy = container.get("imagePullPolicy", "Always")
    if policy not in _PULLED:
        yield f'whose imagePullPolicy "{policy}" is none of {", ".join(_PULLED)}'


def _environment(container: Part, _: Part) -> Iterator[str]:
    entries = container.get("env", ())
    names = Counter(entry["name"] for entry in entries)
    yield from (f"which gets the variable {name} {count} times" for name, count in names.items() if count > 1)
    for entry in entries:
        if "value" in entry and "valueFrom" in entry:
            yield f"which gets the variable {entry['name']} from two places"


def _ports(container: Part, _: Part) -> Iterator[str]:
    for port in container.get("ports", ()):
        if not 1 <= port["containerPort"] <= 65535:
            yield f"with the port {port['containerPort']}, which is none"
        if not _PORT_NAME.fullmatch(port.get("name", "a")):
            yield f'with the port "{port["name"]}", whose name is none'


def _resources(container: Part, _: Part) -> Iterator[str]:
    resources = container.get("resources", {})
    sizes: dict[tuple[str, str], Decimal] = {}
    for kind in ("requests", "limits"):
        for name, text in resources.get(kind, {}).items():
            found = _QUANTITY.fullmatch(str(text))
            if found is None:
                yield f'whose {kind} of {name} are no quantity: "{text}"'
            else:
                sizes[kind, name] = Decimal(found[1]) * _UNITS[found[2]]
    for (kind, name), size in sizes.items():
        if kind == "requests" and size > sizes.get(("limits", name), size):
            yield f"which asks for more {name} than it may use"


def _mounts(container: Part, pod: Part) -> Iterator[str]:
    volumes = {each["name"] for each in pod.get("volumes", ())}
    places = Counter(mount["mountPath"] for mount in container.get("volumeMounts", ()))
    for mount in container.get("volumeMounts", ()):
        if mount["name"] not in volumes:
            yield f'with a mount of "{mount["name"]}", which is no volume'
        if not mount["mountPath"].startswith("/") or ":" in mount["mountPath"]:
            yield f'with a mount at "{mount["mountPath"]}", which is no absolute path'
    yield from (f'with {count} mounts at "{path}"' for path, count in places.items() if count > 1)


def _probe(probe: Part, container: Part) -> Iterator[str]:
    handlers = [kind for kind in _HANDLERS if kind in probe]
    if len(handlers) != 1:
        yield f"asks in {len(handlers)} ways"
    if any(probe.get(f"{name}", 1) < 1 for name in ("periodSeconds", "timeoutSeconds", "failureThreshold")):
        yield "has a number below 1"
    port = probe.get("httpGet", {}).get("port")
    if isinstance(port, str) and port not in {each.get("name") for each in container.get("ports", ())}:
        yield f'asks the port "{port}", which it does not have'


def _ending(container: Part, pod: Part) -> Iterator[str]:
    command = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ())
    pause = int(command[1]) if command[:1] == ["sleep"] else 0
    if pause and pod.get("terminationGracePeriodSeconds", 30) <= pause:
        yield "which is killed before its pause before SIGTERM is over"
