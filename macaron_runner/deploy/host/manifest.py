"""What must be known of a release to run it, told by a file among its own: going back needs no other source. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from macaron_runner.deploy.files import File, Files, json_text
from macaron_runner.deploy.host.places import secret_file
from macaron_runner.deploy.workloads import Planned

NAME: Final = "release.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A release of `version`: what runs (`workloads`, in start order, the broker beside the service among them).

    `web` is the workload that can be tried before it is live, "" where there is none; `port` where it listens on the
    host once it is live, and `next_port` while it is tried, 0 where that is left to the host; `secrets` are the files
    on the host that it reads. Without containers, `probes` are the words that ask workloads whether they get their work
    done, and `install` those after `pip install` that give it its packages. `grace` are the seconds that the slowest
    workload may take to stop.
    """

    version: str
    workloads: tuple[str, ...]
    web: str = ""
    port: int = 0
    secrets: tuple[str, ...] = ()
    next_port: int = 0
    probes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    install: tuple[str, ...] = ()
    grace: float = 0.0

    def to_file(self) -> File:
        """Return the file that tells it."""
        return File(NAME, json_text(asdict(self)).encode())


def manifest_of(planned: Planned, *, beside: tuple[str, ...] = (), port: int | None = None) -> Manifest:
    """Return what must be known of what is planned."""
    web = planned.workload(web_of(planned))
    return Manifest(
        version=planned.version,
        workloads=(*beside, *(each.name for each in planned.workloads)),
        web=web.name if web is not None else "",
        port=(port or web.port or 0) if web is not None else 0,
        secrets=tuple(secret_files(planned).values()),
        grace=max((each.process.grace for each in planned.workloads), default=0.0),
    )


def web_of(planned: Planned) -> str:
    """Return the workload that listens on a port, and can be tried at another one; "" where there is none."""
    return next((each.name for each in planned.workloads if each.port is not None), "")


def secret_files(planned: Planned) -> dict[str, str]:
    """Return the file on the host that holds each secret, by the secret's name."""
    directory: str = planned.section.directory  # type: ignore[union-attr]  # of the two kinds that have a host
    uses = {use.name: use.source for each in planned.workloads for use in each.secrets}
    return {name: secret_file(directory, name, uses[name]) for name in sorted(uses)}


def read_manifest(files: Files) -> Manifest:
    """Return what a release's own file tells. Raises ValueError where it is not there, or says something else."""
    file = next((each for each in files if each.path == NAME), None)
    try:
        told: Any = json.loads(file.content if file is not None else b"null")
        known = {each.name: told[each.name] for each in fields(Manifest)}
        return Manifest(**{name: _frozen(value) for name, value in known.items()})
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{NAME} of the release does not tell what runs") from error


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
