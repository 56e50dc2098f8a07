"""The class that every generated model extends, and the words its source is written with.

Not for generating models (source) or finding them (build, apipool). Constraints are checked by the
JSON-Schema engine before a model is made: a model knows types only.
"""

# No `from __future__ import annotations`: pydantic evaluates Model's annotations again for every class that extends it.

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from operator import is_
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, get_args

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    model_serializer,
)
from pydantic_core import CoreSchema, core_schema

from macaron_runner.diagnostics import near_word
from macaron_runner.models.state import LEFT_OUT
from macaron_runner.models.values import AS_IT_IS

_NO_EXTENSIONS: Final[Mapping[str, Any]] = MappingProxyType({})


class Model(BaseModel):
    """An object of an API's document, as `apipool.shop.Order`.

    Made by keywords, `Order(id=1, shop_id="a")`: attributes or the document's own names; raises ValueError
    (pydantic's ValidationError) where a type does not fit and TypeError for a property the document does not
    know. A time without a zone is taken for UTC. Mutable; assignments are not checked, a response is. A property
    that is absent is None.
    """

    model_config = ConfigDict(
        extra="allow",
        defer_build=True,
        ser_json_inf_nan="constants",  # not null: what JSON cannot say is to be noticed when it is written
        validate_by_name=True,
        validate_by_alias=True,
        protected_namespaces=(),
    )

    __macaron_api__: ClassVar[str] = ""
    """The API whose document describes the model."""
    __macaron_name__: ClassVar[str] = ""
    """What the document calls it; `apipool.<api>.model.<name>`."""
    __macaron_extensions__: ClassVar[Mapping[str, Any]] = _NO_EXTENSIONS
    """The `x-…` keys of its schema, as x-persist."""
    __macaron_keywords__: ClassVar[frozenset[str] | None] = frozenset()
    """What the constructor takes; None where the document welcomes any property."""
    __macaron_loose__: ClassVar[bool] = False
    """Whether a value may fit the schema and a property not be of its type, as only some alternatives speak of it."""
    __macaron_absences__: ClassVar[frozenset[str]] = frozenset()
    """The attributes whose being None says that the property is absent."""
    __macaron_hierarchy__: ClassVar[TypeAdapter[Any] | None] = None
    """Where a discriminator tells sub-classes apart: what makes the right one."""

    def __init_subclass__(cls, *, open: bool = False, **config: Any) -> None:  # noqa: A002 - reads well in sources
        """Take the class keyword `open=True`: further properties are part of the document's promise."""

    @classmethod
    def __pydantic_init_subclass__(cls, *, open: bool = False, **config: Any) -> None:  # noqa: A002
        fields = cls.__pydantic_fields__.items()
        cls.__macaron_absences__ = frozenset(
            name for name, field in fields if field.exclude_if is _absent and field.default is None
        )
        if open or cls.__macaron_keywords__ is None:
            cls.__macaron_keywords__ = None
            return
        aliases = {field.alias for field in cls.__pydantic_fields__.values() if field.alias is not None}
        cls.__macaron_keywords__ = frozenset(aliases.union(cls.__pydantic_fields__))

    def __init__(self, /, **values: Any) -> None:
        known = self.__macaron_keywords__
        if known is not None and not known.issuperset(values):
            raise TypeError(_unknown_property(type(self), values.keys() - known))
        self.__pydantic_validator__.validate_python(values, self_instance=self)

    # pydantic then knows that validating need not go through __init__, which would be slow.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def from_json(cls, data: dict[str, Any] | str | bytes) -> Self:
        """Return the model for a JSON object (or its text). Raises ValueError where a type does not fit."""
        value = orjson.loads(data) if isinstance(data, str | bytes) else data
        hierarchy: TypeAdapter[Any] | None = cls.__dict__.get(
            "__macaron_hierarchy__"
        )  # its own, not its base's
        validator = cls.__pydantic_validator__ if hierarchy is None else hierarchy.validator
        made: Self = validator.validate_python(value, by_alias=True, by_name=False)
        return made

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object: plain values under the document's names, absent properties left out.

        Nothing is checked: an assigned value of a wrong type is written as it is.
        """
        data: dict[str, Any] = self.__pydantic_serializer__.to_python(
            self, mode="json", by_alias=True, warnings=False
        )
        return data

    def __macaron_values__(self) -> dict[str, Any]:
        """Return the same object with Python's values: dates, UUIDs, bytes."""
        data: dict[str, Any] = self.__pydantic_serializer__.to_python(self, by_alias=True, warnings=False)
        return data

    if not TYPE_CHECKING:  # or any attribute would be thought to exist

        def __getattr__(self, name: str) -> Any:
            find = LEFT_OUT.get(name)
            if find is None:
                return super().__getattr__(name)
            object.__setattr__(self, name, find(self))
            return object.__getattribute__(self, name)

        def __delattr__(self, name: str) -> None:
            self.__pydantic_fields_set__  # noqa: B018 - found while the property is still there
            super().__delattr__(name)

    def __repr_args__(self) -> Any:
        """Yield what `repr` shows: all but the absent."""
        for name, value in super().__repr_args__():
            if value is not None or name in self.__pydantic_fields_set__:
                yield name, value


def _unknown_property(model: type["Model"], unknown: set[str]) -> str:
    word = min(unknown)
    hint = near_word(word, model.__macaron_keywords__ or ())
    return f'{model.__name__} has no property "{word}"' + (f"; {hint}" if hint else "")


# What the generated source calls


_absent: Final = partial(is_, None)  # written in C: asked for every optional property of every answer


def optional(default: Any = None, alias: str | None = None, *, convert: bool = False) -> Any:
    """Return the field of a property that may be absent, but not null: None is left out of the JSON.

    `default` is copied for each object; `convert=True` where it is JSON and the type is not (a date, a
    model).
    """
    return Field(default=default, alias=alias, validate_default=convert or None, exclude_if=_absent)


def omit_absent(*names: str) -> Any:
    """Return the serializer of a class with properties that may be both absent and null, those called `names`.

    Null is written where it was given, and nothing where nothing was.
    """

    def serialize(self: Any, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        data = handler(self)
        if isinstance(self, Model):  # something else may have been assigned
            for name in names:
                if getattr(self, name) is None and name not in self.__pydantic_fields_set__:
                    alias = type(self).__pydantic_fields__[name].alias if info.by_alias else None
                    data.pop(name if alias is None else alias, None)
        return data

    return model_serializer(mode="wrap")(serialize)


@dataclass(frozen=True, slots=True, eq=False)  # by identity: typing wants it hashable
class Tagged:
    """Marks a union of models that a property tells apart (OpenAPI 3.1 section 4.8.25), said or implied.

    `models` maps the property's values to what the document calls the models. A value of none of them becomes
    the one that `otherwise` names, or the one that fits best.
    """

    property: str
    models: Mapping[str, str]
    otherwise: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices: dict[Any, CoreSchema] = {
            model.__macaron_name__: handler.generate_schema(model) for model in get_args(source)
        }
        choices[""] = handler.generate_schema(source)
        return core_schema.tagged_union_schema(
            choices,
            self._choose,
            serialization=AS_IT_IS,  # as the object's own class says
        )

    def _choose(self, value: Any) -> str:
        if isinstance(value, dict):
            tag = value.get(self.property)
            return self.models.get(tag, self.otherwise) if isinstance(tag, str) else self.otherwise
        name = getattr(value, "__macaron_name__", "")
        return name if name in self.models.values() else self.otherwise
