"""A compose file for one host, and the configuration beside it, from what is planned. Pure.

    compose.yaml    the service's workloads, what runs beside them, volumes, secrets by the files that hold them
    config/app/…    macaron.yaml and its layers, mounted over those in the image: what is rendered is what counts

A second web, `next`, stands beside the first while it is tried: it listens on loopback only, at a port of the host's
choice. It has a profile, so that nothing starts it unasked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from macaron_runner.configuration.deployment import Compose
from macaron_runner.deploy.compose.beside import SECRETS, beside
from macaron_runner.deploy.compose_service import compose_service, escaped
from macaron_runner.deploy.files import File, Files, in_order, yaml_text
from macaron_runner.deploy.host.manifest import manifest_of, secret_files
from macaron_runner.deploy.host.places import NEXT
from macaron_runner.deploy.naming import dns_label
from macaron_runner.deploy.workloads import CONTAINER_STATE, Planned, Workload

COMPOSE_FILE: Final = "compose.yaml"
_HEAD: Final = "# Written by macaron, for Docker Compose 2.22 and newer; the next deployment overwrites it.\n"


def project(service: str, target: str) -> str:
    """Return the name of the compose project: of both, for a host may have several targets of a service."""
    return dns_label(service, target)


def render(planned: Planned) -> Files:
    """Return what a release's folder on the host holds."""
    text = _HEAD + yaml_text(escaped(_compose(planned)))
    config = (File(_config_path(file), file.content) for file in planned.files)
    section = _section(planned)
    manifest = manifest_of(planned, beside=section.beside, port=section.port)
    return in_order([manifest.to_file(), File(COMPOSE_FILE, text.encode()), *config])


def _compose(planned: Planned) -> dict[str, Any]:
    section = _section(planned)
    services: dict[str, Any] = {kind: beside(kind, planned.configuration) for kind in section.beside}
    services |= dict(_services(planned))
    volumes: dict[str, Any] = {name: {} for name in ("state", *section.beside)}
    name = project(planned.service, planned.target)
    document: dict[str, Any] = {"name": name, "services": services, "volumes": volumes}
    if files := secret_files(planned):
        document["secrets"] = {secret: {"file": file} for secret, file in files.items()}
    return document


def _services(planned: Planned) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the service's own containers, in the order in which they start."""
    after = [
        *_section(planned).beside,
        *(each.name for each in planned.workloads if each.process.role == "broker"),
    ]
    for workload in planned.workloads:
        name = workload.name
        others = [other for other in after if other != name]
        service = _service(planned, workload, others)
        if workload.port is None:
            yield name, service
        else:
            yield name, {**service, "ports": [_port(workload.port, published=_section(planned).port)]}
            yield (
                NEXT,
                {
                    **service,
                    "profiles": [NEXT],
                    "restart": "no",
                    "ports": [_port(workload.port, loopback=True)],
                },
            )


def _service(planned: Planned, workload: Workload, after: list[str]) -> dict[str, Any]:
    service = compose_service(workload, planned.image.reference)
    if workload.secrets:
        service["environment"] = {"CREDENTIALS_DIRECTORY": SECRETS, **service["environment"]}
        service["secrets"] = [secret.name for secret in workload.secrets]
    service["volumes"] = [{"type": "volume", "source": "state", "target": CONTAINER_STATE}, *_mounts(planned)]
    if after:
        service["depends_on"] = {name: {"condition": "service_healthy"} for name in after}
    service["labels"] = _labels(planned)
    return service


def _mounts(planned: Planned) -> Iterator[dict[str, Any]]:
    for file in planned.files:
        # A host that lacks the file must say so, and not make a folder of that name.
        bind = {"create_host_path": False}
        yield {
            "type": "bind",
            "source": f"./{_config_path(file)}",
            "target": file.path,
            "read_only": True,
            "bind": bind,
        }


def _config_path(file: File) -> str:
    return f"config/{file.path.lstrip('/')}"


def _port(container: int, *, published: int | None = None, loopback: bool = False) -> dict[str, Any]:
    if loopback:  # without a port of its own: the host chooses one that is free
        return {"target": container, "host_ip": "127.0.0.1", "protocol": "tcp"}
    return {"target": container, "published": str(published or container), "protocol": "tcp"}


def _labels(planned: Planned) -> dict[str, str]:
    return {
        "io.macaron.service": planned.service,
        "io.macaron.target": planned.target,
        "io.macaron.version": planned.version,
    }


def _section(planned: Planned) -> Compose:
    section = planned.section
    assert isinstance(section, Compose)  # its table has this renderer for no other
    return section
