"""The models of an API as classes: its generated source, executed; and what turns checked JSON into them.

Not for writing the source (source) or for how handlers reach the classes (apipool).
"""

from __future__ import annotations

import itertools
import linecache
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeAlias

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import CoreSchema

from macaron_runner.models.alternatives import Fits
from macaron_runner.models.core import Make, described
from macaron_runner.models.making import UNMADE, Made, Makers
from macaron_runner.models.model import Model
from macaron_runner.models.order import ClassPiece
from macaron_runner.models.parents import ImportName, find_parents
from macaron_runner.models.source import ModelSource
from macaron_runner.models.words import Foreign
from macaron_runner.openapi.operation import Api, Schema
from macaron_runner.validation.branching import may_explode
from macaron_runner.validation.identifiers import identifier
from macaron_runner.validation.problems import Finding, Unusable, pointer_of
from macaron_runner.validation.schema import Definitions, compile_schema

Adapt: TypeAlias = Callable[[Any], Any]

_PACKAGE: Final = "macaron_runner.apipool"
"""Where pickle and editors find the classes: `macaron_runner.apipool.shop.Order`."""


def _same(value: Any) -> Any:
    return value


_UNCHANGED: Final[Mapping[str, Adapt]] = {
    "Any": _same,
    "bool": _same,
    "str": _same,
    "str | None": _same,
    "Number": _same,
    "list[Any]": _same,
    "list[str]": _same,
    "dict[str, Any]": _same,
    "int": int,  # JSON Schema's integer may be written 12.0
    "float": float,
}
"""Annotations whose values need no look: JSON has them already."""


class Conversion:
    """Makes the Python value of a JSON value that was checked, and takes that over. Raises Unusable.

    `prepare()` it before workers are forked: it is written when it is first needed. `build` returns what makes a value,
    `validator` pydantic's own, which is asked where that cannot.
    """

    def __init__(self, build: Callable[[], Made], validator: Callable[[], Any]) -> None:
        self._build = build
        self._validator = validator

    @cached_property
    def _made(self) -> Made:
        return self._build()

    @cached_property
    def _make(self) -> Make:
        return self._made.make

    def prepare(self) -> None:
        """Write it now."""
        self._make  # noqa: B018 - found once

    def __call__(self, value: Any) -> Any:
        """Return what is made of a value."""
        try:
            return self._make(value)
        except UNMADE:
            return self._validated(value)

    def _validated(self, value: Any) -> Any:
        """Return what pydantic makes of a value; JSON has the document's names, never Python's."""
        if may_explode(self._made.ways, value):
            raise Unusable([_TOO_DEEP])
        try:
            return self._validator().validate_python(value, by_alias=True, by_name=False)
        except ValidationError as error:
            raise _unusable(error, value) from None


class Models(Mapping[str, Any]):
    """What the schemas of one API became, by the names the document gives them.

    Classes for objects (nested ones by their Python name), aliases (`Literal['new', 'paid']`) for the rest.
    `has_foreign_classes` tells whether any of them are, or extend, classes from elsewhere.
    """

    def __init__(self, api: str, schemas: Mapping[str, Schema], source: ModelSource) -> None:
        self._api = api
        self._source = source
        self._definitions = Definitions(schemas)
        self._module = _new_module(api)
        self._module.__dict__.update({word: foreign.value for word, foreign in source.imported.items()})
        self._classes: list[type[Model]] = []
        self._parts = itertools.chain([""], (f" part {number}" for number in itertools.count(2)))
        self._adapters: list[TypeAdapter[Any]] = []
        self._makers = Makers(self._fits)
        self.has_foreign_classes = bool(source.imported)
        self.source, classes = source.write()
        self._execute(self.source, classes)
        self._found = self._named()
        for name, alias in source.hierarchies.items():
            union = self._module.__dict__[alias]
            adapter: TypeAdapter[Any] = TypeAdapter(union, config=ConfigDict(defer_build=True))
            self._adapters.append(adapter)
            if self._found[name] in self._classes:  # a shared class keeps what its own API says
                self._found[name].__macaron_hierarchy__ = adapter

    def __getitem__(self, name: str) -> Any:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def adapt(self, schema: Schema) -> Adapt:
        """Return what makes the Python value of a JSON value that was checked against `schema`.

        A model, datetime, UUID, bytes, or the value itself. It raises Unusable where Python has no such value:
        a leap second, a year 0, base64 that is none.
        """
        annotation = self.annotation(schema)
        if annotation in _UNCHANGED:
            return _UNCHANGED[annotation]
        return self._adapter(eval(annotation, self._module.__dict__))  # noqa: S307 - it holds no text of the document

    def annotation(self, schema: Schema) -> str:
        """Return what a value of a schema is in Python, as source: "Order", "list[int]"."""
        annotation, text, classes = self._source.annotate(schema)
        if text:
            self._execute(text, classes)
            self._found = self._named() | self._found
        return annotation

    def prepare(self) -> None:
        """Build what pydantic defers to the first use, so that forked workers share it."""
        for made in self._classes:
            made.model_rebuild()
        for adapter in self._adapters:
            adapter.rebuild()

    def _adapter(self, kind: Any) -> Adapt:
        """Return what makes values of a kind."""
        if isinstance(kind, type) and issubclass(kind, Model):
            return Conversion(lambda: self._makers.make(described(kind)), lambda: kind.__pydantic_validator__)
        adapter: TypeAdapter[Any] = TypeAdapter(kind, config=ConfigDict(defer_build=True))
        self._adapters.append(adapter)
        return Conversion(lambda: self._makers.make(_core_schema(adapter)), lambda: adapter.validator)

    def _fits(self, kind: type[Model]) -> Fits | None:
        """Return what tells whether a value fits the schema of a class; the formats of a service's own do not count."""
        schema = self._source.schema_of(kind.__macaron_name__)
        if schema is None:
            return None
        check = compile_schema(schema, self._definitions, "request")
        check.prepare()
        return check.valid

    def _execute(self, text: str, classes: tuple[ClassPiece, ...]) -> None:
        """Run source in the module of this API, and tell its classes where they come from."""
        file = f"<{self._module.__name__}{next(self._parts)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # tracebacks show it
        with warnings.catch_warnings():
            # A property may have the name of a deprecated method of pydantic 1: `copy`, `json`, `schema`.
            warnings.filterwarnings("ignore", "Field name .* shadows an attribute", UserWarning)
            exec(compile(text, file, "exec", dont_inherit=True), self._module.__dict__)  # noqa: S102 - text of ours
        for part in classes:
            made = self._module.__dict__[part.name]
            made.__macaron_api__, made.__macaron_name__ = self._api, part.called
            made.__macaron_extensions__ = MappingProxyType(part.extensions)
            made.__macaron_loose__ = part.loose
            self._classes.append(made)

    def _named(self) -> dict[str, Any]:
        names = self._module.__dict__
        nested = {made.__name__: made for made in self._classes}
        return nested | {called: names[word] for called, word in self._source.names.items()}


def build_models(
    api: Api,
    *,
    shared: Mapping[str, Any] = MappingProxyType({}),
    import_name: ImportName = pkgutil.resolve_name,
) -> Models:
    """Return the models of an API.

    `shared` are models of other APIs: where one of its classes has the name of a schema here, it is used in place of
    a new one (`schema_difference` tells whether it may be). `import_name` finds the classes that `x-parent` names.
    Raises BadConfiguration (MAC351, MAC352).
    """
    foreign = {
        name: Foreign(kind.__module__, kind.__name__, kind)
        for name, kind in shared.items()
        if name in api.schemas and isinstance(kind, type) and issubclass(kind, Model)
    }
    parents = find_parents(api, import_name)
    own = {name: parent for name, parent in parents.items() if name not in foreign}
    return Models(api.name, api.schemas, ModelSource(api, foreign, own))


def schema_difference(name: str, first: Schema, second: Schema) -> str:
    """Return the first place where two schemas of one name differ, with both values; "" where they are equal.

    `schema_difference("Order", …) == 'Order: /properties/qty/minimum is 1 in one and 2 in the other'`
    """
    found = next(_differences(first, second, ()), None)
    if found is None:
        return ""
    path, one, other = found
    where = pointer_of(path) or "the schema"
    return f"{name}: {where} is {_shown(one)} in one and {_shown(other)} in the other"


_MISSING: Final = object()


def _differences(first: Any, second: Any, path: tuple[str | int, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys([*first, *second]):
            yield from _differences(first.get(key, _MISSING), second.get(key, _MISSING), (*path, key))
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from _differences(one, other, (*path, index))
    elif type(first) is not type(second) or first != second:
        yield path, first, second


def _shown(value: Any) -> str:
    return "absent" if value is _MISSING else orjson.dumps(value, default=str).decode()


def _core_schema(adapter: TypeAdapter[Any]) -> CoreSchema:
    adapter.rebuild()
    return adapter.core_schema


def _unusable(error: ValidationError, value: Any) -> Unusable:
    """Return what cannot be made of a value, and where in it."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return Unusable(
        Finding(_path_in(value, one["loc"]), one["type"], _MESSAGES.get(one["type"], one["msg"]))
        for one in found
    )


def _path_in(value: Any, steps: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return a path without the steps that lead not into the value but into one of several types."""
    path = []
    for step in steps:
        inside = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if step in inside:
            value = value[step]
            path.append(step)
    return tuple(path)


_TOO_DEEP: Final = Finding((), "", "holds what cannot be read, and is nested too deeply to say where")
_MESSAGES: Final[Mapping[str, str]] = {
    "decimal_parsing": "is not a decimal number",
    "finite_number": "is not a decimal number",
    "int_from_float": "is an integer too large to be written with a fraction or an exponent",
    "int_parsing_size": "is an integer too large to be written with a fraction or an exponent",
    "recursion_depth_exceeded": "is nested too deeply",
    "recursion_loop": "is nested too deeply",
}
"""What a client is told, where pydantic's own words are not ours."""


def _new_module(api: str) -> ModuleType:
    """Return an empty module that pickle, pydantic and editors find; a second one of its name gets a number.

    (A process serves one service; tests and scripts may load several that have an API of one name.)
    """
    plain = f"{_PACKAGE}.{identifier(api)}"
    names = itertools.chain([plain], (f"{plain}_{number}" for number in itertools.count(2)))
    module = ModuleType(
        next(name for name in names if name not in sys.modules), f"The models of the API {api}."
    )
    module.__file__ = f"<{module.__name__}>"
    sys.modules[module.__name__] = module
    return module
