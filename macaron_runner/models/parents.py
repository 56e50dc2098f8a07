"""The classes that `x-parent` names: imported, and proved fit to be a base of a model.

Not for writing the models that extend them (source).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from inspect import getattr_static
from types import new_class
from typing import Final, TypeAlias, cast

from pydantic import BaseModel

from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.models.model import Model
from macaron_runner.models.names import attribute_names
from macaron_runner.models.shape import Schemas, core_of
from macaron_runner.models.words import Foreign
from macaron_runner.openapi.operation import Api

ImportName: TypeAlias = Callable[[str], object]
"""A dotted name -> the object; `pkgutil.resolve_name`."""

_DOTTED: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


def find_parents(api: Api, import_name: ImportName) -> dict[str, Foreign]:
    """Return the class named by the `x-parent` of each schema that has one; those a base class brings are left out.

    Raises BadConfiguration with MAC351 where one cannot be imported, MAC352 where it cannot be combined with
    a model.
    """
    search = _Search(api, import_name)
    for name in api.schemas:
        search.visit(name)
    if search.problems:
        raise BadConfiguration(search.problems)
    return search.found


def named_parents(api: Api) -> dict[str, Foreign]:
    """Return the class that each `x-parent` names, as `find_parents` does, but unproven: nothing is imported."""
    schemas = Schemas(api.schemas)
    said = {
        name: core_of(api.schemas[name]).get("x-parent") for name in api.schemas if schemas.is_class(name)
    }
    found: dict[str, Foreign] = {}
    for name, path in said.items():
        inherited = {said.get(base) for base in schemas.bases_of(name)}
        if isinstance(path, str) and _DOTTED.fullmatch(path) and path not in inherited:
            module, _, word = path.rpartition(".")
            found[name] = Foreign(module, word, object)
    return found


class _Search:
    """One walk over an API's schemas, bases first."""

    def __init__(self, api: Api, import_name: ImportName) -> None:
        self._api = api
        self._import_name = import_name
        self._schemas = Schemas(api.schemas)
        self._trials: dict[str, type[Model]] = {}
        self.found: dict[str, Foreign] = {}
        self.problems: list[Diagnostic] = []

    def visit(self, name: str) -> type[Model]:
        """Return a class of the ancestry that a schema's model will have."""
        if name not in self._trials:
            base = self._schemas.shape(name).base if self._schemas.is_class(name) else None
            self._trials[name] = self._extended(name, Model if base is None else self.visit(base))
        return self._trials[name]

    def _extended(self, name: str, base: type[Model]) -> type[Model]:
        path = core_of(self._api.schemas[name]).get("x-parent")
        if path is None:
            return base
        try:
            parent = self._load(path)
        except Exception as error:  # importing runs the service's code, which may raise anything
            self._report("MAC351", name, f'the parent class "{path}" cannot be imported', _said(error))
            return base
        return self._tried(name, path, parent, base)

    def _load(self, path: object) -> object:
        if not isinstance(path, str) or not _DOTTED.fullmatch(path):
            raise ImportError('it has not the form "module.Class"')
        return self._import_name(path)

    def _tried(self, name: str, path: str, parent: object, base: type[Model]) -> type[Model]:
        """Return the two classes combined, and keep the parent; report why where they cannot be."""
        if isinstance(parent, type) and issubclass(base, parent):
            return base  # the base class has brought it
        try:
            reason = next(self._reasons(name, parent), "")
            trial = base if reason else cast("type[Model]", new_class("Trial", (parent, base)))
            reason = reason or self._flaw(name, trial)
        except Exception as error:  # creating a sub-class runs __init_subclass__ and metaclasses
            reason = _said(error)
        if reason:
            self._report("MAC352", name, f'"{path}" cannot be the parent class of the model "{name}"', reason)
            return base
        module, _, word = path.rpartition(".")
        assert isinstance(parent, type)
        self.found[name] = Foreign(module, word, parent)
        return trial

    def _reasons(self, name: str, parent: object) -> Iterator[str]:
        """Yield why a parent is refused before it is tried."""
        if not self._schemas.is_class(name):
            yield "the schema does not describe an object"
        if not isinstance(parent, type):
            yield f"it is not a class but of type {type(parent).__name__}"
            return
        if issubclass(parent, BaseModel):
            yield "it is a pydantic model itself; a parent is a plain class with methods"
        if any(vars(kind).keys() & {"__init__", "__new__"} for kind in parent.__mro__[:-1]):
            yield "it has a constructor; models have their own"
        for attribute in self._attributes(name):
            if hasattr(type(getattr_static(parent, attribute, None)), "__get__"):
                yield f'its method or property "{attribute}" has the name of a property of the schema'

    def _flaw(self, name: str, trial: type[Model]) -> str:
        """Return why a class that could be made is no use, or ""."""
        if abstract := getattr(trial, "__abstractmethods__", None):
            return f'its method "{min(abstract)}" is abstract'
        stray = trial.__pydantic_fields__.keys() - self._attributes(name)
        return f'it annotates "{min(stray)}", which is no property: annotate it as ClassVar' if stray else ""

    def _attributes(self, name: str) -> set[str]:
        return set(attribute_names(self._schemas.shape(name).properties, {}).values())

    def _report(self, code: str, name: str, message: str, label: str) -> None:
        location = self._api.schema_locations.get(name)
        mend = "x-parent names a class as module.Class"
        if code == "MAC352":
            mend = "a parent is a plain class with methods; the schema says what its values are"
        self.problems.append(Diagnostic(code, message, location, label, mend))


def _said(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0]
