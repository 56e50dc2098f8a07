"""What `build`, `deploy` and `audit` can get wrong in themselves, whatever the environment and the machine.

Not for what a target needs of the rest of the service (targets).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from macaron_runner.codes import CODES
from macaron_runner.configuration.cloud_run_checks import check_cloud_run
from macaron_runner.configuration.cluster_checks import check_clusters
from macaron_runner.configuration.deployment import (
    AnyTarget,
    Beanstalk,
    CloudRun,
    Kubernetes,
    PoolScale,
    Scale,
)
from macaron_runner.configuration.image import parse_image
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.subject import Subject
from macaron_runner.diagnostics import Diagnostic, near_word, not_one_of

TOLD_BY_CHECK = frozenset({"MAC209", "MAC210"})
"""What `macaron check` warns of and `macaron audit` tells as well."""

SET_BY_MACARON: Final[Mapping[str, str]] = {
    "MACARON_CONFIG": "the file is where the image, or the unit, has it",
    "MACARON_ENV": "name the environment: env: …",
    "MACARON_OVERRIDES": "what --set would change stands in an overlay of the target",
    "MACARON_STATE_DIR": "it is where the target keeps state",
    "MACARON_VERSION": "it is the version that is deployed",
}
"""Variables that a deployment sets itself, and what to do instead."""


def auditable() -> list[str]:
    """Return the codes that `macaron audit` tells, and that may be ignored."""
    return [code for code in CODES if code.startswith("MAC7") or code in TOLD_BY_CHECK]


def check_deployment(subject: Subject) -> Iterator[Diagnostic]:
    """Yield what is wrong in `build`, `deploy` and `audit` (MAC225, 227-229, 235-237, 242-247)."""
    yield from _images(subject)
    yield from _order(subject)
    yield from _scales(subject)
    yield from _pools(subject)
    yield from _secrets(subject)
    yield from _variables(subject)
    yield from check_clusters(subject)
    yield from check_cloud_run(subject)
    yield from _ignored(subject)


def _images(subject: Subject) -> Iterator[Diagnostic]:
    build = subject.config.build
    if build is None:
        return
    for key, text in (("image", build.image), ("base", build.base)):
        if text is None or key not in build.model_fields_set:
            continue
        try:
            name = parse_image(text)
        except ValueError as error:
            yield subject.problem("MAC225", ("build", key), f'"{text}" is no name of an image: {error}')
            continue
        if key == "image" and (name.tag or name.digest):
            message = f'build.image must be a name without {"tag" if name.tag else "digest"}: "{text}"'
            bare = text.removesuffix(f"@{name.digest}").removesuffix(f":{name.tag}")
            hint = f"write image: {bare}; the tag is the service's version"
            yield subject.problem("MAC225", ("build", key), message, hint=hint)


def _order(subject: Subject) -> Iterator[Diagnostic]:
    targets = _targets(subject)
    known = subject.names("deploy", "targets")
    for name, target in targets.items():
        if target.after is not None and target.after not in known:
            message = f'unknown target "{target.after}": "{name}" would never be deployed'
            others = [other for other in known if other != name]
            yield subject.problem(
                "MAC228", _path(name, "after"), message, not_one_of(others), near_word(target.after, others)
            )
    yield from _circles(subject, {name: target.after for name, target in targets.items()})


def _circles(subject: Subject, after: dict[str, str | None]) -> Iterator[Diagnostic]:
    told: set[str] = set()
    for name in after:
        chain = [name]
        while (following := after.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        if following == name and name not in told:
            told.update(chain)
            words = " after ".join([*chain, name])
            message = (
                f"targets wait for each other: {words}" if len(chain) > 1 else f'"{name}" waits for itself'
            )
            hint = "take one `after` away: the first target has none"
            yield subject.problem("MAC229", _path(name, "after"), message, hint=hint)


def _scales(subject: Subject) -> Iterator[Diagnostic]:
    for path, scale in _every_scale(subject):
        if isinstance(scale, Scale) and scale.min > scale.max:
            message = f"the range is empty: from {scale.min} to {scale.max}"
            yield subject.problem(
                "MAC235", (*path, "min" if "min" in scale.model_fields_set else "max"), message
            )


def _every_scale(subject: Subject) -> Iterator[tuple[Path, int | Scale]]:
    for name, target in _targets(subject).items():
        if isinstance(target, Kubernetes | CloudRun | Beanstalk):
            yield _path(name, "replicas"), target.replicas
        for pool, scale in pools_of(target).items():
            yield _path(name, "pools", pool, "replicas"), scale.replicas


def _pools(subject: Subject) -> Iterator[Diagnostic]:
    known = subject.names("tasks", "pools") or (["default"] if subject.names("tasks") else [])
    for name, target in _targets(subject).items():
        for pool in pools_of(target):
            if pool not in known and target.env is None:  # an overlay may have more of them
                yield subject.problem(
                    "MAC236",
                    _path(name, "pools", pool),
                    f'unknown pool "{pool}" for the target "{name}"',
                    not_one_of(known),
                    near_word(pool, known) or ("" if known else "pools are declared under tasks"),
                    key=True,
                )


def _secrets(subject: Subject) -> Iterator[Diagnostic]:
    known = subject.names("secrets")
    for name, target in _targets(subject).items():
        for secret in target.secrets:
            if secret not in known and target.env is None:  # an overlay may declare more of them
                yield subject.problem(
                    "MAC242",
                    _path(name, "secrets", secret),
                    f'the target "{name}" has a source for "{secret}", which is no secret of the service',
                    not_one_of(known),
                    near_word(secret, known)
                    or f"declare it: secrets: {{{secret}: {{env: {secret.upper()}}}}}",
                    key=True,
                )


def _variables(subject: Subject) -> Iterator[Diagnostic]:
    holders = {secret.env: name for name, secret in subject.config.secrets.items() if secret.env is not None}
    for name, target in _targets(subject).items():
        for variable in target.variables:
            path = _path(name, "variables", variable)
            if variable in SET_BY_MACARON:
                message = f'{variable} is set by macaron, and cannot be set for the target "{name}"'
                yield subject.problem("MAC243", path, message, hint=SET_BY_MACARON[variable], key=True)
            elif variable in holders:
                secret = holders[variable]
                message = (
                    f'{variable} holds the secret "{secret}", and stands in clear at the target "{name}"'
                )
                hint = f"take it away; say where the target has it: secrets: {{{secret}: …}}"
                problem = subject.problem("MAC244", path, message, hint=hint, key=True)
                yield replace(problem, confidential=True)


def _ignored(subject: Subject) -> Iterator[Diagnostic]:
    for code in subject.config.audit.ignore:
        if code in auditable():
            continue
        what, hint = "is told by macaron check, and cannot be ignored", ""
        if code not in CODES:
            what = "is no code of macaron audit"
            hint = near_word(code.upper(), auditable()) or "macaron audit shows the code of each finding"
        yield subject.problem("MAC237", ("audit", "ignore", code), f'"{code}" {what}', hint=hint, key=True)


def pools_of(target: AnyTarget) -> dict[str, PoolScale]:
    """Return how many of each worker pool a target wants, by the pool's name; where its type has that."""
    return dict(target.pools) if isinstance(target, Kubernetes | CloudRun) else {}


def _targets(subject: Subject) -> dict[str, AnyTarget]:
    deploy = subject.config.deploy
    return dict(deploy.targets) if deploy is not None else {}


def _path(target: str, *keys: str) -> Path:
    return ("deploy", "targets", target, *keys)
