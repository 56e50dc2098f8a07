"""A planned deployment -> the files of a bundle for Beanstalk's Docker platform, and the options of its environment.

    bundle/docker-compose.yml               web, worker pools and scheduler: one service each, of one image
    bundle/.ebextensions/macaron.config     the option settings that a version needs wherever it runs
    bundle/files/app/macaron.yaml           the configuration, laid over that of the image
    bundle/.platform/hooks/predeploy/…      only where a secret is wanted as a file: writes it
    options.json                            the option settings of the environment, as create-environment takes them

There is no nginx of ours, and none of Beanstalk's: with a compose file its proxy is off, the load balancer asks the web
itself. Every machine of an environment runs all workloads; the schedulers' seat lets one of them work. Pure. Not for
packing a bundle (bundle).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import yaml

from macaron_runner.configuration.deployment import Beanstalk
from macaron_runner.deploy.beanstalk.options import (
    Option,
    by_namespace,
    environment_options,
    version_options,
)
from macaron_runner.deploy.compose_service import compose_service, escaped
from macaron_runner.deploy.files import File, Files, in_order, json_text, yaml_text
from macaron_runner.deploy.workloads import CONTAINER_STATE, Planned, SecretUse, Workload

BUNDLE: Final = "bundle/"
OPTIONS: Final = "options.json"
EXTENSION: Final = f"{BUNDLE}.ebextensions/macaron.config"
_SECRETS_FOLDER: Final = "/opt/macaron/secrets"
_HOOKS: Final = ("hooks", "confighooks")
"""When a version is deployed, and when an environment's options change."""


def render(planned: Planned) -> Files:
    """Return the files, sorted by path; the same for the same version and configuration."""
    return in_order(_files(planned))


def bundle_files(files: Files) -> Files:
    """Return those of the rendered files that are in the bundle, with their paths there."""
    return tuple(
        File(file.path.removeprefix(BUNDLE), file.content, file.mode)
        for file in files
        if file.path.startswith(BUNDLE)
    )


def options_of(files: Files) -> tuple[Option, ...]:
    """Return the options of the environment that rendered files tell."""
    told = next(json.loads(file.content) for file in files if file.path == OPTIONS)
    return tuple(Option(each["Namespace"], each["OptionName"], each["Value"]) for each in told)


def extension_options(content: bytes) -> tuple[Option, ...]:
    """Return the options that `extension_text` wrote."""
    told = yaml.safe_load(content)["option_settings"]
    return tuple(
        Option(space, name, value) for space, values in told.items() for name, value in values.items()
    )


def extension_text(options: Iterable[Option]) -> bytes:
    """Return options as a file of .ebextensions."""
    return yaml_text({"option_settings": by_namespace(options)}).encode()


def options_text(options: Iterable[Option]) -> bytes:
    """Return options as create-environment takes them: a list in JSON."""
    return json_text([option.as_setting() for option in options]).encode()


def _files(planned: Planned) -> Iterator[File]:
    section = planned.section
    assert isinstance(section, Beanstalk)
    web = next(workload for workload in planned.workloads if workload.process.role == "web")
    secrets = _secrets(planned.workloads)
    yield File(f"{BUNDLE}docker-compose.yml", yaml_text(_compose(planned)).encode())
    yield File(EXTENSION, extension_text(version_options(web, _sources(secrets))))
    yield File(OPTIONS, options_text(environment_options(section)))
    for file in planned.files:
        yield File(f"{BUNDLE}{_beside(file.path)}", file.content)
    if script := _fetching([secret for secret in secrets if secret.file]):
        for hooks in _HOOKS:
            yield File(f"{BUNDLE}.platform/{hooks}/predeploy/10_macaron_secrets.sh", script, 0o755)


def _compose(planned: Planned) -> dict[str, Any]:
    services = {workload.name: _service(planned, workload) for workload in planned.workloads}
    return {"services": escaped(services)}


def _service(planned: Planned, workload: Workload) -> dict[str, Any]:
    service = compose_service(workload, planned.image.reference)
    service["tmpfs"] = [*service["tmpfs"], f"{CONTAINER_STATE}:mode=1777"]
    service["volumes"] = [
        *(f"./{_beside(file.path)}:{file.path}:ro" for file in planned.files),
        *(f"{_SECRETS_FOLDER}/{secret.name}:{secret.file}:ro" for secret in workload.secrets if secret.file),
    ]
    if any(secret.env for secret in workload.secrets):
        service["env_file"] = [".env"]  # Beanstalk writes it, from the options of its environment
    if workload.port is not None:
        # Only the load balancer reaches the machine's port, and says for whom it asks.
        service["environment"] = {"FORWARDED_ALLOW_IPS": "*", **service["environment"]}
        service["ports"] = [f"80:{workload.port}"]
    return service


def _beside(place: str) -> str:
    """Return where in the bundle a file of the configuration is, by its place in the container."""
    return f"files{place}"


def _secrets(workloads: Iterable[Workload]) -> list[SecretUse]:
    """Return what secrets the workloads use, each once."""
    return list({secret.name: secret for workload in workloads for secret in workload.secrets}.values())


def _sources(secrets: Iterable[SecretUse]) -> dict[str, str]:
    """Return the ARNs of the secrets by the variables of the machines that get their values."""
    return {secret.env or _variable(secret): secret.source for secret in secrets}


def _variable(secret: SecretUse) -> str:
    """Return the variable in which a secret reaches the machine that is wanted as a file."""
    return "MACARON_FILE_" + re.sub(r"\W", "_", secret.name).upper()


def _fetching(secrets: Iterable[SecretUse]) -> bytes:
    """Return the hook that writes secrets into files on a machine, readable in containers whatever their user is."""
    lines = [
        f'printf %s "${_variable(secret)}" > {_SECRETS_FOLDER}/{secret.name}\n'
        f"chmod 444 {_SECRETS_FOLDER}/{secret.name}\n"
        for secret in secrets
    ]
    if not lines:
        return b""
    opening = (
        "#!/bin/sh\n"
        "# The secrets that the service wants as files: Beanstalk has fetched them into variables.\n"
        "set -eu\n"
        "umask 077\n"
        f"mkdir -p {_SECRETS_FOLDER}\n"
    )
    return (opening + "".join(lines)).encode()
