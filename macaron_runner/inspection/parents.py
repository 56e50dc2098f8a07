"""The classes that `x-parent` names in schemas, looked for in code that is only read.

Not for whether a class is fit to be a base of a model, which only importing tells (models.parents).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from macaron_runner.code.handlers import split_name
from macaron_runner.code.written import WrittenCode
from macaron_runner.diagnostics import Diagnostic, Location, near_word
from macaron_runner.inspection.inspection import InspectedApi


def check_parents(apis: Iterable[InspectedApi], code: WrittenCode) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each parent class that surely is not there (MAC351)."""
    for api in apis:
        for name, path in _parents(api):
            place = api.api.schema_locations.get(name)
            reason, advice = _look_up(path, place, code)
            if reason:
                message = f'the parent class "{path}" cannot be imported'
                yield Diagnostic("MAC351", message, place, reason, advice)


def parent_modules(apis: Iterable[InspectedApi]) -> Iterator[tuple[str, Location | None]]:
    """Yield the modules of the parent classes, and where each is named."""
    for api in apis:
        for name, path in _parents(api):
            yield split_name(path)[0], api.api.schema_locations.get(name)


def _parents(api: InspectedApi) -> Iterator[tuple[str, str]]:
    """Yield the names of the schemas that have a parent, and its path."""
    for name, schema in api.api.schemas.items():
        path = schema.get("x-parent") if isinstance(schema, Mapping) else None
        if isinstance(path, str):
            yield name, path


def _look_up(path: str, place: Location | None, code: WrittenCode) -> tuple[str, str]:
    """Return why a class is not there, and what may be meant; two empty texts where it is, or may be."""
    module_name, class_name = split_name(path)
    if not module_name or not class_name:
        return 'it has not the form "module.Class"', "x-parent names a class as module.Class"
    told = len(code.problems)
    module = code.module(module_name, place)
    problems, code.problems[told:] = code.problems[told:], []  # they are told as what they mean here
    if module is None:
        return (problems[0].message, problems[0].help) if problems else ("", "")
    if module.function(class_name) is not None:
        return "", ""
    return f'module "{module_name}" has no class "{class_name}"', near_word(class_name, module.functions())
