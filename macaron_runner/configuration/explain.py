"""Where the value of one key comes from: every layer that touched it, and what went into it.

Pure: what the environment holds is an argument. Not for values that other rooms work out (inspection.computed), nor for
the words of the command line (cli.explain).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.configuration.interpolate import Reference, Template, TemplateError, parse_template
from macaron_runner.configuration.keys import ANY_NAME, join_key
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import ABSENT, Merged, Touch, value_at
from macaron_runner.configuration.model import Secret, Variable
from macaron_runner.configuration.reference import default_of, type_of
from macaron_runner.configuration.section import Section
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.shape import annotations_at, descriptions, section_at
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.variables import PORT, text_of
from macaron_runner.configuration.written import flow, hidden, written
from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.display import printable
from macaron_runner.redaction import mark

_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What one layer does to a key: `says` in words of YAML; `counts` where any of it is left.

    `references` tell, one sentence each, what went into it through `${…}`.
    """

    place: Location
    says: str
    counts: bool
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """One key of a map: its value on one line (None where nothing says it and it has no default), and its origin."""

    key: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All there is to tell of one key.

    `value` is the one really used, ABSENT where there is none; `plain` the same as a file would say it, with secrets as
    Sensitive. `faulty` tells that the value has an error, and is shown as it stands.
    """

    path: Path
    value: Any
    plain: Any
    type: str
    documentation: str
    default: str
    steps: tuple[Step, ...]
    children: tuple[Child, ...] = ()
    faulty: bool = False

    @property
    def key(self) -> str:
        """The key as one writes it."""
        return join_key(self.path)

    @property
    def is_set(self) -> bool:
        """Whether a layer says it, and no higher one removed it."""
        return any(step.counts for step in self.steps)


def explain(
    configuration: Configuration,
    path: Path,
    *,
    environ: Mapping[str, str],
    problems: tuple[Diagnostic, ...] = (),
) -> Explanation:
    """Return what there is to tell of the key at a path (as keys.find_key gives it).

    `problems` are those of the configuration, for it may be the sound part of a faulty one.
    """
    merged = configuration.merged
    value = value_of(configuration.config, path)
    faulty = _is_faulty(merged, path, problems)
    annotation = next(iter(annotations_at(path, merged.value)), Any)
    if faulty:
        value = hidden(value_at(merged.value, path), annotation)
    return Explanation(
        path,
        value,
        ABSENT if value is ABSENT or value is None else written(value, annotation),
        type_of(annotation),
        _documentation(path, merged),
        _default(path, merged),
        tuple(_step(touch, path, configuration, environ) for touch in merged.history(path)),
        tuple(_children(configuration, path, value)),
        faulty,
    )


def value_of(config: Any, path: Path) -> Any:
    """Return the value at a path of the model, or ABSENT."""
    for step in path:
        if isinstance(config, Section):
            config = getattr(config, str(step), ABSENT) if str(step) in type(config).model_fields else ABSENT
        elif isinstance(config, Mapping):
            config = config.get(step, ABSENT)
        elif isinstance(config, tuple) and isinstance(step, int) and step < len(config):
            config = config[step]
        else:
            return ABSENT
    return config


def place_of(merged: Merged, path: Path) -> Location:
    """Return the place of the value that counts: of a map the highest layer's, for that one spoke last."""
    origins = merged.origins(path)
    return origins[-1].locate(path, False) if origins else merged.locate(path)  # noqa: FBT003


def shown_place(place: Location | str) -> str:
    """Return a place on one line; of a `--set` the key alone, for its value is told beside it."""
    name = str(place)
    if name.startswith("--set "):
        name = name.partition("=")[0]
    return printable(name)


def shown(value: Any) -> str:
    """Return a value on one line, shortened where it is long; a map by its keys."""
    if isinstance(value, dict) and value:
        return shortened(f"map of {', '.join(map(str, value))}")
    return shortened(flow(value))


def shortened(text: str) -> str:
    """Return a text of at most 200 characters."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _is_faulty(merged: Merged, path: Path, problems: tuple[Diagnostic, ...]) -> bool:
    """Tell whether one of the errors is about the value at a path or about something in it."""
    if value_at(merged.value, path) in (ABSENT, None):
        return False
    places = {merged.locate(path), merged.locate(path, key=True)}
    return any(found.location in places and found.severity is Severity.ERROR for found in problems)


def _documentation(path: Path, merged: Merged) -> str:
    """Return what a key is for: its own words, else those of the section or key it belongs to."""
    section = section_at(path, merged.value)
    words = [] if section is None or not path else [(section.__doc__ or "").strip()]
    for length in range(len(path), 0, -1):
        around = section_at(path[: length - 1], merged.value)
        if around is not None and str(path[length - 1]) in around.model_fields:
            own = descriptions(around)[str(path[length - 1])]
            return _joined([*([own] if length == len(path) or not words else []), *words])
    return " ".join(words)


def _joined(sentences: list[str]) -> str:
    """Return sentences as one text, without those that another begins with."""
    return " ".join(
        each
        for number, each in enumerate(sentences)
        if not any(other.startswith(each.rstrip(".")) for other in sentences[number + 1 :])
    )


def _default(path: Path, merged: Merged) -> str:
    section = section_at(path[:-1], merged.value)
    if section is None or str(path[-1]) not in section.model_fields:
        return ""
    return default_of(section.model_fields[str(path[-1])])


def _children(configuration: Configuration, path: Path, value: Any) -> Iterator[Child]:
    merged = configuration.merged
    section = section_at(path, merged.value)
    tree = value_at(merged.value, path)
    said = list(tree) if isinstance(tree, dict) else []
    known: list[str] = []
    if section is not None and (isinstance(value, Section | dict) or ANY_NAME in path):
        known = [name for name in section.model_fields if name in said or not _is_later(section, name)]
    for name in [*known, *(key for key in said if key not in known)]:
        yield _child(configuration, (*path, name))


def _child(configuration: Configuration, path: Path) -> Child:
    merged, name = configuration.merged, str(path[-1])
    annotation = next(iter(annotations_at(path, merged.value)), Any)
    said, value = value_at(merged.value, path), value_of(configuration.config, path)
    if said not in (ABSENT, None):
        plain = hidden(said, annotation) if value is ABSENT or value is None else written(value, annotation)
        return Child(name, plain, shown_place(place_of(merged, path)))
    if value is not ABSENT and value is not None:
        return Child(name, written(value, annotation), "default")
    default = _default(path, merged)
    return Child(name, None, f"default {default}" if default and value is ABSENT else "not set")


def _is_later(section: type[Section], name: str) -> bool:
    return section.model_fields[name].annotation is type(None)


def _step(touch: Touch, path: Path, configuration: Configuration, environ: Mapping[str, str]) -> Step:
    place = touch.layer.locate(touch.path, False)  # noqa: FBT003
    where = "" if touch.path == path else f" at {join_key(touch.path)}"
    annotation = next(iter(annotations_at(touch.path, configuration.merged.value)), Any)
    said = hidden(touch.value, annotation)
    says = f"null{where}: removes it" if said is None else f"{shown(said)}{where}"
    if where and said is not None:
        says += ": replaces it"
    told = _Told(configuration, environ, hides=isinstance(said, Sensitive))
    counts = touch.counts and touch.value is not None
    references = told.about(touch.value) if touch.path == path and path[0] != "vars" else ()
    return Step(place, says, counts, tuple(references))


@dataclass(frozen=True, slots=True)
class _Told:
    """Tells where the references in a text lead."""

    configuration: Configuration
    environ: Mapping[str, str]
    hides: bool
    """Whether the text is secret as a whole."""

    def about(self, value: Any) -> list[str]:
        """Return a sentence for each reference in a text; none where it is no text, or a broken one."""
        if not isinstance(value, str) or "${" not in value:
            return []
        try:
            return list(dict.fromkeys(self._template(parse_template(value))))
        except TemplateError:
            return []

    def _template(self, template: Template) -> Iterator[str]:
        for part in template:
            if isinstance(part, Reference):
                yield from self._secret(part.name) if part.secret else self._variable(part)

    def _secret(self, name: str) -> Iterator[str]:
        secret = self.configuration.config.secrets.get(name)
        if secret is None:
            yield f"{mark(name)} is not declared"
        else:
            place = shown_place(place_of(self.configuration.merged, ("secrets", name)))
            yield f"{mark(name)} is {self._source(secret)} ({place})"

    def _source(self, secret: Secret) -> str:
        if secret.env is not None and self.environ.get(secret.env):
            return f"the environment variable {secret.env}"
        made = "made for development"
        if secret.env is not None:
            return (
                f"{made}: {secret.env} is not set" if secret.generate else f"missing: {secret.env} is not set"
            )
        if secret.file is not None:
            return f"in the file {secret.file}" + (f", or {made}" if secret.generate else "")
        return made

    def _variable(self, reference: Reference) -> Iterator[str]:
        name, text = reference.name, self.environ.get(reference.name)
        if text or (text is not None and reference.default is None and self._declared(name).default is None):
            yield self._given(name, text)
            return
        state = "is empty" if text is not None else "is not set"
        default = self._declared(name).default
        if default is not None:
            place = shown_place(place_of(self.configuration.merged, ("vars", name, "default")))
            yield f"{name} {state}, so the default {self._shown(text_of(default))} of vars ({place})"
        elif reference.default is not None:
            plain = "".join(part for part in reference.default if isinstance(part, str))
            nested = any(isinstance(part, Reference) for part in reference.default)
            yield f"{name} {state}, so " + ("its default" if nested else f"the default {self._shown(plain)}")
            yield from self._template(reference.default)
        else:
            yield f"{name} {state}, and there is no default"

    def _given(self, name: str, text: str) -> str:
        secret = secret_read_from(self.configuration.config.secrets, name)
        if secret or self.hides:
            return f"{name} is {mark(secret)} in the environment"
        return shortened(f"{name} is {flow(text)} in the environment")

    def _shown(self, text: str) -> str:
        return mark("") if self.hides else shortened(flow(text))

    def _declared(self, name: str) -> Variable:
        return self.configuration.config.vars.get(name) or (PORT if name == "PORT" else Variable())


def secret_read_from(secrets: Mapping[str, Secret | None], variable: str) -> str:
    """Return the name of the secret whose source is a variable of the environment, or ""."""
    return next((name for name, secret in secrets.items() if secret and secret.env == variable), "")


def masked(value: Any) -> Any:
    """Return plain data in which secrets are the texts `‹secret name›`, for JSON."""
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Sensitive):
        return str(value)
    return value if value is None or isinstance(value, str | int) else flow(value)
