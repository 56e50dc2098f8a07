"""What deploy targets need of the rest of the service, each with the environment that it is deployed with.

`macaron check` asks; `macaron run` does not, for a service runs where nothing can be deployed from. Not for what is
wrong in `deploy:` itself (deployment_checks), nor for deploying.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from macaron_runner.configuration.address import is_loopback
from macaron_runner.configuration.at_target import Seen, see
from macaron_runner.configuration.deployment import AnyTarget, Beanstalk, CloudRun, Compose, Kubernetes
from macaron_runner.configuration.image import parse_image
from macaron_runner.configuration.interpolate import Failed
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import child
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.diagnostics import Diagnostic, Location, Severity

_MANY_MACHINES: Final = (Kubernetes, CloudRun, Beanstalk)
_CONTAINERS: Final = (*_MANY_MACHINES, Compose)
_LOCAL_CLUSTERS: Final = (
    "kind-",
    "k3d-",
    "minikube",
    "docker-desktop",
    "rancher-desktop",
    "orbstack",
    "colima",
)
_ARN: Final = re.compile(r"arn:aws[a-z-]*:(secretsmanager|ssm):[a-z0-9-]+:[0-9]{12}:\S+")
"""What Elastic Beanstalk fetches a secret by: a secret of Secrets Manager, or a parameter of Systems Manager."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one target lacks: `message` has {target} in it; `path` leads to the key at fault, if the file has it."""

    code: str
    message: str
    path: tuple[str, ...] = ()
    hint: str = ""
    severity: Severity = Severity.ERROR


def check_targets(configuration: Configuration) -> tuple[Diagnostic, ...]:
    """Return what is missing for the targets of a service to be deployed (MAC226, 227, 230-234, 241, 248, 249, 633).

    Each is looked at as it is deployed: with its overlay, and no other variables than its own; what is wrong with the
    files then is told as well, the configuration's own problems among it.
    """
    deploy = configuration.config.deploy
    targets = deploy.targets if deploy is not None else {}
    views = [see(configuration.selection, name) for name in targets]
    problems = dict.fromkeys(
        problem for seen in views for problem in seen.problems if problem.code != "MAC115"
    )
    return (*problems, *check_views(configuration, views))


def check_views(configuration: Configuration, views: Sequence[Seen]) -> tuple[Diagnostic, ...]:
    """Return what targets lack (as `check_targets`), of those that were looked at; nothing else that is wrong."""
    missing: list[Diagnostic] = []
    found: dict[tuple[Need, Location], list[str]] = {}
    for seen in views:
        missing += (*_without_overlay(configuration, seen), *seen.missing)
        if seen.configuration is None or seen.section is None:
            continue
        for need in _needs(seen.configuration, seen.section):
            place = _place(configuration, seen.configuration, need, seen.target)
            found.setdefault((need, place), []).append(seen.target)
    return (*missing, *(_diagnostic(need, place, names) for (need, place), names in found.items()))


def _without_overlay(configuration: Configuration, seen: Seen) -> Iterator[Diagnostic]:
    for problem in seen.problems:
        if problem.code == "MAC115":
            message = f'the target "{seen.target}" is deployed with an overlay that is not there'
            place = configuration.locate("deploy", "targets", seen.target, "env")
            yield Diagnostic("MAC232", message, place, problem.label, problem.help)


def _needs(configuration: Configuration, target: AnyTarget) -> Iterator[Need]:
    for look in _NEEDS:
        yield from look(configuration, target)


def _image(configuration: Configuration, target: AnyTarget) -> Iterator[Need]:
    build = configuration.config.build
    if not isinstance(target, _CONTAINERS) or not _is_known(configuration, "build", "image"):
        return
    if build is None or build.image is None:
        if _said(configuration, "build", "image") is None:
            hint = "write build: {image: registry/path/name}"
            yield Need("MAC226", "build.image names no image for {target}", ("build",), hint)
        return
    if isinstance(target, _MANY_MACHINES) and not _is_local(target) and _has_no_registry(build.image):
        message = f'{{target}} would ask Docker Hub for the image "{build.image}": its name has no registry'
        hint = f"write image: registry.example.com/{build.image}"
        yield Need("MAC227", message, ("build", "image"), hint, Severity.WARNING)


def _has_no_registry(image: str) -> bool:
    try:
        name = parse_image(image)
    except ValueError:
        return False  # told by deployment_checks
    return not name.registry and "/" not in name.path


def _is_local(target: AnyTarget) -> bool:
    """Tell whether a cluster is one of those that run on a developer's machine and need no registry."""
    return isinstance(target, Kubernetes) and target.context.startswith(_LOCAL_CLUSTERS)


def _broker(configuration: Configuration, target: AnyTarget) -> Iterator[Need]:
    said = _said(configuration, "tasks", "broker")
    if configuration.config.tasks is None or not isinstance(target, _MANY_MACHINES):
        return
    if said is None or str(said) == "embedded":
        hint = "name a broker that all of them reach: redis://…, rediss://…, amqp://… or amqps://…"
        message = "the embedded broker cannot serve {target}: web and workers are not on one machine"
        yield Need("MAC230", message, ("tasks", "broker"), hint)


def _kept_calls(configuration: Configuration, target: AnyTarget) -> Iterator[Need]:
    tasks = configuration.config.tasks
    if tasks is not None and tasks.when_broker_is_away == "keep" and isinstance(target, _MANY_MACHINES):
        hint = (
            "write when_broker_is_away: refuse, in the overlay of the target perhaps; callers then try again"
        )
        message = "what {target} keeps while the broker is away is lost with its container"
        yield Need("MAC633", message, ("tasks", "when_broker_is_away"), hint)


def _generated(configuration: Configuration, _: AnyTarget) -> Iterator[Need]:
    for name, secret in configuration.config.secrets.items():
        if secret.generate and secret.env is None and secret.file is None:
            hint = f"give it a source: {name}: {{env: {name.upper().replace('-', '_')}}} or {{file: …}}"
            message = f'the secret "{name}" has no source, and {{target}} would make one up'
            yield Need("MAC231", message, ("secrets", name), hint)


def _stored_secrets(configuration: Configuration, target: AnyTarget) -> Iterator[Need]:
    if not isinstance(target, Beanstalk):
        return
    for name, secret in configuration.config.secrets.items():
        source = target.secrets.get(name)
        if (source is None or not _ARN.fullmatch(source)) and (secret.env or secret.file):
            message = f'the secret "{name}" has no ARN at {{target}}'
            hint = f"write secrets: {{{name}: arn:aws:secretsmanager:…}} at the target, or an ARN of Systems Manager"
            yield Need("MAC248", message, ("secrets", name), hint)


def _requirements(configuration: Configuration, _: AnyTarget) -> Iterator[Need]:
    build = configuration.config.build
    file = build.requirements if build is not None else None
    if file is not None and not os.path.isfile(configuration.resolve(file)):  # noqa: PTH113 - as in checks
        hint = "the path is relative to the file that names it"
        yield Need("MAC233", f'the file "{file}" is not there', ("build", "requirements"), hint)


def _bind(configuration: Configuration, target: AnyTarget) -> Iterator[Need]:
    if not isinstance(target, _CONTAINERS) or not _is_known(configuration, "server", "bind"):
        return
    bind = configuration.config.server.bind
    if all(map(is_loopback, (bind,) if isinstance(bind, str) else bind)):
        hint = "write server: {bind: 0.0.0.0:${PORT:-8080}}, in the overlay of the target perhaps"
        message = "the server of {target} listens inside its container only, and nothing reaches it"
        yield Need("MAC234", message, ("server", "bind"), hint, Severity.WARNING)


_ADDRESSES: Final = {
    "redis": "redis://:${secret:…}@redis:6379/0",
    "rabbitmq": "amqp://shop:${secret:…}@rabbitmq:5672/",
}


def _beside(configuration: Configuration, target: AnyTarget) -> Iterator[Need]:
    tasks = configuration.config.tasks
    if not isinstance(target, Compose) or not _is_known(configuration, "tasks"):
        return
    asked = [each for each in (tasks.broker, tasks.store) if each is not None] if tasks is not None else []
    if any(not each.literal for each in asked):
        return  # a secret as a whole: whom it names is nobody's business
    hosts = {urlsplit(each.literal).hostname for each in asked}
    for kind in target.beside:
        if kind not in hosts:
            hint = f"write tasks: {{broker: {_ADDRESSES[kind]}}}, in the overlay of the target perhaps"
            message = f"nothing ever asks the {kind} that runs beside {{target}}"
            yield Need("MAC249", message, ("tasks", "broker"), hint, Severity.WARNING)


_NEEDS: Final[tuple[Callable[[Configuration, AnyTarget], Iterator[Need]], ...]] = (
    _image, _broker, _kept_calls, _generated, _stored_secrets, _requirements, _bind, _beside,
)  # fmt: skip


def _said(configuration: Configuration, *path: str) -> Any:
    """Return what the files say at a path, good or not; None where they say nothing."""
    value: Any = configuration.merged.value
    for step in path:
        value = child(value, step) if isinstance(value, dict) else None
        if not isinstance(value, dict | list | str | int | float) and not _is_odd(value):
            return None
    return value


def _is_odd(value: Any) -> bool:
    """Tell whether a value has a secret in it, or could not be interpolated: there is something, whatever it is."""
    return isinstance(value, Failed | Sensitive)


def _is_known(configuration: Configuration, *path: str) -> bool:
    return not isinstance(_said(configuration, *path), Failed)


def _place(configuration: Configuration, seen: Configuration, need: Need, target: str) -> Location:
    """Return where the key at fault is written; where it is not, the place of the target."""
    place = seen.locate(*need.path)
    if _said(seen, *need.path) is None or not place.line:
        return configuration.locate("deploy", "targets", target, "type")
    return place


def _diagnostic(need: Need, place: Location, names: list[str]) -> Diagnostic:
    *others, last = [f'"{name}"' for name in names]
    target = f"the targets {', '.join(others)} and {last}" if others else f"the target {last}"
    message = need.message.format(target=target)
    return Diagnostic(need.code, message, place, help=need.hint, severity=need.severity)
