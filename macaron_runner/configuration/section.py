"""What every map of macaron.yaml is made of: the class of its models, and the kinds of maps and lists in them.

Not for the keys themselves (model, deployment).
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from macaron_runner.configuration.frozen import FrozenMap
from macaron_runner.configuration.values import Name

Item = TypeVar("Item")
Named: TypeAlias = Annotated[dict[Name, Item], AfterValidator(FrozenMap)]
"""Things by name."""
NamedSome: TypeAlias = Annotated[dict[Name, Item], Field(min_length=1), AfterValidator(FrozenMap)]
"""Things by name, one at least."""
Several: TypeAlias = Annotated[tuple[Item, ...], Field(min_length=1)]
"""A list with at least one entry."""


class Section(BaseModel):
    """A map of macaron.yaml. Unknown keys but `x-*` are errors; null means absent; nothing ever changes."""

    # Built once, as part of the whole: a section that is a default is made by model_construct, or it would be built at
    # import for that alone. The docstrings of keys are read in shape.py: at import it costs time.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _without_ignored(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = cls.model_fields
        return {
            key: value
            for key, value in data.items()
            if not ((value is None and key in known) or key.startswith("x-"))
        }
