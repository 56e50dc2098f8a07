"""The configuration as it counts, written as YAML or JSON in which every value says where it came from.

What is written loads again, beside the same file and in the same environment, to the same configuration: references to
variables are followed, secrets stay references, and there is nothing left to extend or to lay over. (A secret that a
file has in clear is not shown, and what stands for it does not load.) `x-*` keys mean nothing and are left out. Pure.
Not for explaining one value (explain).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from macaron_runner.configuration.explain import masked, place_of, shortened, shown_place
from macaron_runner.configuration.keys import join_key
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import ABSENT, Merged, child
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.section import Section
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.shape import annotations_at, below, sections_of, whole
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.written import hidden, quoted, reference, scalar, text, written

_LONGEST_LINE: Final = 80
_LONGEST_KEY: Final = 500
"""Characters; YAML's implicit keys end at 1024 (YAML 1.2, section 7.4.2)."""


def render_yaml(configuration: Configuration, *, defaults: bool = False) -> str:
    """Return the configuration as YAML, the origin of each value as a comment; with `defaults`, those too."""
    tree = effective(configuration, defaults=defaults)
    origin = _origins(configuration)
    return "".join(f"{line}\n" for line in [*_heading(configuration), *_map(tree, (), origin)])


def render_json(configuration: Configuration, *, defaults: bool = False) -> str:
    """Return the configuration as JSON, the origins of its values under `x-origins`, which loading ignores.

    Numbers that JSON has not (infinity) become texts.
    """
    tree = effective(configuration, defaults=defaults)
    origin = _origins(configuration)
    origins = {join_key(path): origin(path) for path in _leaves(tree, ())}
    return json.dumps({**masked(tree), "x-origins": origins}, indent=2, ensure_ascii=False)


def effective(configuration: Configuration, *, defaults: bool = False) -> dict[str, Any]:
    """Return the tree that would have to be written: texts as in a file, with `$$` and `${secret:name}`."""
    tree = _completed(configuration.merged.value, [MacaronConfig], defaults=defaults)
    return {key: value if key == "vars" else _as_in_a_file(value) for key, value in tree.items()}


def _completed(value: Any, kinds: list[Any], *, defaults: bool) -> Any:
    """Return a value without what is ignored; its sections in the order of the model, with their defaults."""
    if isinstance(value, str):
        return next((found for kind in kinds if isinstance(found := hidden(value, kind), Sensitive)), value)
    if not isinstance(value, dict) or not kinds:
        return value
    section = next((each for kind in kinds for each in sections_of(kind, value)), None)

    def inner(key: str, item: Any) -> Any:
        return _completed(
            item, [each for kind in kinds for each in below(kind, key, value)], defaults=defaults
        )

    if section is None:
        return {key: inner(key, item) for key, item in value.items()}
    found = {key: inner(key, value[key]) for key in section.model_fields if value.get(key) is not None}
    more = {key: item for key, item in _defaults(section) if key not in found} if defaults else {}
    return {key: {**found, **more}[key] for key in section.model_fields if key in found or key in more}


def _defaults(section: type[Section]) -> Iterator[tuple[str, Any]]:
    for name, field in section.model_fields.items():
        if not field.is_required() and field.default is not None and name != "extends":
            yield name, written(field.default, whole(field))


def _as_in_a_file(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_in_a_file(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_in_a_file(item) for item in value]
    return reference(value)


def _origins(configuration: Configuration) -> Callable[[Path], str]:
    """Return what tells the origin of the value at a path: a place, or "default"."""

    def origin(path: Path) -> str:
        value: Any = configuration.merged.value
        for step in path:
            value = child(value, step)
            if value is ABSENT or value is None:
                return "default"
        return shown_place(place_of(configuration.merged, path)) + _template(
            configuration.merged, path, value
        )

    return origin


def _template(merged: Merged, path: Path, value: Any) -> str:
    """Return in words what a text was made of, where it was made of anything but secrets."""
    said = merged.history(path)[-1].value if path[0] != "vars" else None
    if not isinstance(said, str) or "${" not in said or said == reference(value):
        return ""
    annotation = next(iter(annotations_at(path, merged.value)), Any)
    return f", from {shortened(text(str(hidden(said, annotation))))}"


def _leaves(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path


def _heading(configuration: Configuration) -> Iterator[str]:
    layers = dict.fromkeys(shown_place(layer.name) for layer in configuration.merged.layers)
    environment = f", environment {configuration.environment}" if configuration.environment else ""
    yield f"# {shown_place(configuration.selection.file)}{environment}, as it counts"
    if len(layers) > 1:
        yield f"# lowest first: {', '.join(layers)}"


def _map(value: dict[str, Any], path: Path, origin: Callable[[Path], str]) -> Iterator[str]:
    for key, item in value.items():
        shown_key = text(key)
        head = f"{shown_key}:"
        if len(shown_key) > _LONGEST_KEY:
            yield f"? {quoted(key)}"
            head = ":"
        yield from _entry(head, item, (*path, key), origin)


def _entry(head: str, item: Any, path: Path, origin: Callable[[Path], str]) -> Iterator[str]:
    """Yield the lines of a value behind its key, or behind the dash of a list."""
    inline = _inline(item)
    if inline is not None:
        yield f"{head} {inline}  # {origin(path)}"
        return
    lines = _map(item, path, origin) if isinstance(item, dict) else _list(item, path, origin)
    if head == "-":
        yield f"- {next(lines)}"
    else:
        yield head
    yield from (f"  {line}" for line in lines)


def _list(value: list[Any], path: Path, origin: Callable[[Path], str]) -> Iterator[str]:
    for index, item in enumerate(value):
        yield from _entry("-", item, (*path, index), origin)


def _inline(item: Any) -> str | None:
    """Return a value on one line where it has no parts, or is a short list of scalars; else None."""
    if isinstance(item, dict):
        return None if item else "{}"
    if not isinstance(item, list):
        return scalar(item)
    if any(isinstance(each, dict | list) for each in item):
        return None
    line = f"[{', '.join(map(_in_flow, item))}]"
    return line if len(line) <= _LONGEST_LINE else None


def _in_flow(value: Any) -> str:
    """Return a scalar inside of a list on one line, where older readers are easily confused by a colon."""
    return quoted(value) if isinstance(value, str) and ":" in value else scalar(value)
