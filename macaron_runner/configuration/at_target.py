"""The configuration as one deploy target sees it: with its overlay, its variables, and no secret's value.

Nothing of the machine that looks decides what is seen: the environment is the target's `variables`, and placeholders
stand for secrets. So a deployment renders the same wherever it is made. Not for what the target lacks (targets).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from macaron_runner.configuration.deployment import AnyTarget
from macaron_runner.configuration.interpolate import failed_in
from macaron_runner.configuration.load import examine
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.selection import Selection
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.shape import is_ignored
from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import Diagnostic, Location

_MISSING_VARIABLE: Final = "MAC110"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one target sees: the `configuration` (None where nothing can be known), the `section` of the target in it.

    `problems` are all of the files, but for what only a secret's value could tell. `missing` are the variables that
    the files read and the target does not set (MAC241); they are not among the problems.
    """

    target: str
    configuration: Configuration | None
    section: AnyTarget | None
    problems: tuple[Diagnostic, ...] = ()
    missing: tuple[Diagnostic, ...] = ()


def see(selection: Selection, target: str, *, version: str = "") -> Seen:
    """Return the service of a selection as the target sees it; its own environment replaces that of the selection.

    `version` is the one that is deployed, where the file says none. Which overlay counts is read without one, and which
    variables count with that overlay: neither can change itself.
    """
    seen = _look(selection, target, "", {}, version)
    environment = seen.section.env if seen.section is not None else None
    if environment:
        seen = _look(selection, target, environment, {}, version)
    if seen.section is not None and seen.section.variables:
        seen = _look(selection, target, environment or "", seen.section.variables, version)
    return seen


def _look(
    selection: Selection, target: str, environment: str, variables: Mapping[str, str], version: str
) -> Seen:
    selected = replace(selection, environment=environment)
    environ = {**variables, "MACARON_VERSION": version}
    configuration, problems = examine(selected, environ=environ, placeholders=True)
    if configuration is None:
        return Seen(target, None, None, problems)
    unknowable = {configuration.locate(*path) for path in _secret_paths(configuration.merged.value)}
    told = [
        _of_target(each, configuration, target)
        for each in problems
        if each.code != _MISSING_VARIABLE and each.location not in unknowable
    ]
    missing = tuple(_missing(target, configuration))
    return Seen(target, configuration, _section(configuration, target), tuple(told), missing)


def _section(configuration: Configuration, target: str) -> AnyTarget | None:
    deploy = configuration.config.deploy
    return deploy.targets.get(target) if deploy is not None else None


def _of_target(problem: Diagnostic, configuration: Configuration, target: str) -> Diagnostic:
    """Return a problem; of a variable's value, with the place of the target, which sets it."""
    if problem.code != "MAC111":
        return problem
    place = configuration.locate("deploy", "targets", target, key=True)
    return replace(problem, related=(*problem.related, (place, f'the target "{target}" says so')))


def _secret_paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where secrets stand: what is wrong with such a value, only who has the secret could tell."""
    if isinstance(value, Sensitive) and value.names:
        yield path
    elif isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _secret_paths(item, (*path, step))


def _missing(target: str, configuration: Configuration) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each variable that is read and not set, with the first place that reads it."""
    read: dict[str, tuple[Location, str]] = {}
    for failed in failed_in(configuration.merged.value, is_ignored):
        for offset, fault in failed.faults:
            if fault.code == _MISSING_VARIABLE:
                read.setdefault(fault.name, (failed.place(offset), fault.message.partition(": ")[2]))
    where = "variables" if _says_variables(configuration, target) else "type"
    for name, (place, why) in read.items():
        message = f'the target "{target}" does not set the variable {name}' + (f": {why}" if why else "")
        hint = f"write variables: {{{name}: …}} at the target, or give a default: ${{{name}:-…}}"
        at = configuration.locate("deploy", "targets", target, where, key=where == "variables")
        yield Diagnostic("MAC241", message, at, help=hint, related=((place, "it is read here"),))


def _says_variables(configuration: Configuration, target: str) -> bool:
    return bool(configuration.merged.origins(("deploy", "targets", target, "variables")))
