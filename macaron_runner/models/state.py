"""What pydantic keeps in an object beside its properties: put there, or found where it was left out.

    __pydantic_fields_set__   which properties were given
    __pydantic_extra__        those that the class does not know
    __pydantic_private__      private attributes, of which a model has none

Most are never asked for, and leaving them out makes an object in half the time. Not for making objects (making).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

if TYPE_CHECKING:
    from macaron_runner.models.model import Model

put_dict: Final = BaseModel.__dict__["__dict__"].__set__
put_extra: Final = BaseModel.__dict__["__pydantic_extra__"].__set__
put_fields_set: Final = BaseModel.__dict__["__pydantic_fields_set__"].__set__
"""They set what an object holds, past the ways that pydantic's models have of setting attributes."""


def _fields_set(model: Model) -> set[str]:
    """Return the properties that were given: all but those whose being None says that they were not."""
    absences = type(model).__macaron_absences__
    values = model.__dict__
    return {
        name
        for name in type(model).__pydantic_fields__
        if name not in absences or values.get(name) is not None
    }


def _extra(model: Model) -> dict[str, Any] | None:
    return {} if type(model).model_config.get("extra") == "allow" else None


LEFT_OUT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "__pydantic_fields_set__": _fields_set,
    "__pydantic_extra__": _extra,
    "__pydantic_private__": lambda _: None,
}
"""What each of them is where it was left out."""
