"""The shape of macaron.yaml, read off the model: which section stands where, and what its keys are for.

For messages, the JSON Schema and the reference. Not for values.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from macaron_runner.configuration.merge import child
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.section import Section
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.values import Relative


def section_at(path: Path, tree: Any = None) -> type[Section] | None:
    """Return the class of the section at a path, or None where none stands: ("apis", "shop") -> Api.

    Where several may stand, `type` in `tree` (the whole file) tells which; without it, one of them.
    """
    annotations = annotations_at(path, tree)
    for step in path:
        tree = child(tree, step)
    return next((kind for each in annotations for kind in _of_its_type(sections_in(each), tree)), None)


def annotations_at(path: Path, tree: Any = None) -> list[Any]:
    """Return the types that a value at a path may have; none where the model knows no such path."""
    annotations: list[Any] = [MacaronConfig]
    for step in path:
        annotations = [inner for annotation in annotations for inner in below(annotation, step, tree)]
        tree = child(tree, step)
    return annotations


def words_at(path: Path, tree: Any = None) -> list[str]:
    """Return the words that a value at a path may be, where its types list any: ("server", "workers") -> "auto"."""
    arms = (arm for annotation in annotations_at(path, tree) for arm in _arms(annotation))
    return [word for word in arms if isinstance(word, str)]


def whole(field: FieldInfo) -> Any:
    """Return a field's annotation with what pydantic took off its outside."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def is_path(annotation: Any) -> bool:
    """Tell whether a text of this type is the path of a file or folder."""
    if get_origin(annotation) is Annotated:
        kind, *notes = get_args(annotation)
        return any(isinstance(note, Relative) for note in notes) or is_path(kind)
    return get_origin(annotation) in (Union, UnionType) and any(map(is_path, get_args(annotation)))


def is_ignored(path: Path) -> bool:
    """Tell whether a path ends in an `x-*` key of a section; elsewhere (config, names) these are keys like others."""
    return str(path[-1]).startswith("x-") and section_at(path[:-1]) is not None


def sections_in(annotation: Any) -> Iterator[type[Section]]:
    """Yield the section classes that an annotation names itself, not those in its maps and lists."""
    for bare in _arms(annotation):
        if isinstance(bare, type) and issubclass(bare, Section):
            yield bare


def sections_of(annotation: Any, value: Any) -> list[type[Section]]:
    """Return the section classes of an annotation that a value may be of; where it has a `type`, that of its type."""
    return _of_its_type(sections_in(annotation), value)


def every_section(section: type[Section] = MacaronConfig) -> Iterator[type[Section]]:
    """Yield the class of every section from `section` down, itself first."""
    yield section
    for field in section.model_fields.values():
        kind_of_value = field.annotation
        inner = get_args(kind_of_value)[1] if get_origin(kind_of_value) is dict else kind_of_value
        for kind in sections_in(inner):
            yield from every_section(kind)


@cache
def descriptions(section: type[Section]) -> Mapping[str, str]:
    """Return the docstring of each key of a section, those of the section it is a kind of last."""
    found: dict[str, str] = {}
    for kind in section.__mro__:
        if issubclass(kind, Section) and kind is not Section:
            found = {**found, **_own_descriptions(kind)}
    return found


def _own_descriptions(section: type[Section]) -> dict[str, str]:
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


def below(annotation: Any, step: str | int, value: Any) -> Iterator[Any]:
    """Yield the types that what stands under a key, or at a list position, of `value` may have."""
    for kind in _of_its_type(sections_in(annotation), value):
        if step in kind.model_fields:
            yield whole(kind.model_fields[str(step)])
    for bare in _arms(annotation):
        if get_origin(bare) is dict:
            yield get_args(bare)[1]
        elif get_origin(bare) is tuple:
            yield get_args(bare)[0]


def _of_its_type(sections: Iterable[type[Section]], value: Any) -> list[type[Section]]:
    """Return of several sections the one whose `type` a value has; all of them where it has none of theirs."""
    several = list(sections)
    named = child(value, "type")
    return [
        kind
        for kind in several
        if len(several) > 1 and named in get_args(kind.model_fields["type"].annotation)
    ] or several


def _arms(annotation: Any) -> Iterator[Any]:
    """Yield the arms of a union, and what is annotated without its annotations; of a Literal its values."""
    if get_origin(annotation) is Annotated:
        yield from _arms(get_args(annotation)[0])
    elif get_origin(annotation) in (dict, tuple) or not get_args(annotation):
        yield annotation
    else:
        for arm in get_args(annotation):
            yield from _arms(arm)
