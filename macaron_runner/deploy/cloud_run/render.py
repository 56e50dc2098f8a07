"""The files of a Cloud Run target: a resource of the Admin API v2 each, as YAML; and back. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import yaml

from macaron_runner.configuration.deployment import CloudRun
from macaron_runner.deploy.cloud_run.names import last_part
from macaron_runner.deploy.cloud_run.resources import Resources, resources_of
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.files import File, Files, in_order, yaml_text
from macaron_runner.deploy.workloads import Planned

INVOKER: Final = "roles/run.invoker"
EVERYONE: Final = "allUsers"
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SERVICE: Final = "service.yaml"
_POLICY: Final = "iam-policy.yaml"
_BEFORE: Final = "before.yaml"
_POOLS: Final = "worker-pools/"


def render(planned: Planned) -> Files:
    """Return service.yaml, worker-pools/<name>.yaml; before.yaml and iam-policy.yaml where they are asked for."""
    assert isinstance(planned.section, CloudRun)
    return files_of(resources_of(planned, planned.section))


def files_of(resources: Resources) -> Files:
    """Return resources as files: those that are wanted or, for a difference, those that are live."""
    return in_order(_files(resources))


def resources_in(files: Files) -> Resources:
    """Return the resources that files of `render` tell."""
    read = {file.path: yaml.load(file.content, _Loader) for file in files}  # noqa: S506 - a safe one
    pools = tuple(document for path, document in read.items() if path.startswith(_POOLS))
    return Resources(read[_SERVICE], pools, _POLICY in read, read.get(_BEFORE))


def _files(resources: Resources) -> Iterator[File]:
    yield _file(_SERVICE, resources.service)
    if resources.public:
        yield _file(_POLICY, {"bindings": [{"role": INVOKER, "members": [EVERYONE]}]})
    if resources.before is not None:
        yield _file(_BEFORE, resources.before)
    for pool in resources.pools:
        yield _file(f"{_POOLS}{last_part(pool['name'])}.yaml", pool)


def _file(path: str, document: Json) -> File:
    return File(path, yaml_text(document).encode())
