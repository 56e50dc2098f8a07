"""The shape of macaron.yaml, read off the model: which section stands where, and what its keys are for.

For messages, the JSON Schema and the reference. Not for values.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from macaron_runner.configuration.model import MacaronConfig, Section
from macaron_runner.configuration.source import Path


def section_at(path: Path) -> type[Section] | None:
    """Return the class of the section at a path, or None where none stands: ("apis", "shop") -> Api."""
    annotations: list[Any] = [MacaronConfig]
    for step in path:
        annotations = [inner for annotation in annotations for inner in _below(annotation, step)]
    return next((kind for annotation in annotations for kind in sections_in(annotation)), None)


def is_ignored(path: Path) -> bool:
    """Tell whether a path ends in an `x-*` key of a section; elsewhere (config, names) these are keys like others."""
    return str(path[-1]).startswith("x-") and section_at(path[:-1]) is not None


def sections_in(annotation: Any) -> Iterator[type[Section]]:
    """Yield the section classes that an annotation names itself, not those in its maps and lists."""
    for bare in _arms(annotation):
        if isinstance(bare, type) and issubclass(bare, Section):
            yield bare


def every_section(section: type[Section] = MacaronConfig) -> Iterator[type[Section]]:
    """Yield the class of every section from `section` down, itself first."""
    yield section
    for field in section.model_fields.values():
        below = field.annotation
        inner = get_args(below)[1] if get_origin(below) is dict else below
        for kind in sections_in(inner):
            yield from every_section(kind)


@cache
def descriptions(section: type[Section]) -> Mapping[str, str]:
    """Return the docstring of each key of a section."""
    body = ast.parse(textwrap.dedent(inspect.getsource(section))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
        ):
            assert isinstance(text.value, ast.Constant)
            found[field.target.id] = inspect.cleandoc(str(text.value.value))
    return found


def _below(annotation: Any, step: str | int) -> Iterator[Any]:
    for bare in _arms(annotation):
        if isinstance(bare, type) and issubclass(bare, Section):
            if step in bare.model_fields:
                yield bare.model_fields[str(step)].annotation
        elif get_origin(bare) is dict:
            yield get_args(bare)[1]
        elif get_origin(bare) is tuple:
            yield get_args(bare)[0]


def _arms(annotation: Any) -> Iterator[Any]:
    """Yield the arms of a union, and what is annotated without its annotations."""
    if get_origin(annotation) is Annotated:
        yield from _arms(get_args(annotation)[0])
    elif get_origin(annotation) in (dict, tuple) or not get_args(annotation):
        yield annotation
    else:
        for arm in get_args(annotation):
            yield from _arms(arm)
