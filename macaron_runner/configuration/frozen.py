"""Maps and lists that never change: what the loaded configuration is made of.

Not for validation: a value is frozen after it was found good.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class FrozenMap(dict[Key, Value]):
    """A dict that refuses to change. It is still a dict, so that json, orjson and pydantic read it as one.

    `dict(frozen)` gives a copy that may be changed. Raises TypeError on every change.
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the configuration never changes after it is loaded; make a copy with dict(...)")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _refuse

    def __reduce__(self) -> tuple[type[FrozenMap[Key, Value]], tuple[dict[Key, Value]]]:
        """Pickle and copy as a whole: item by item would be a change."""
        return type(self), (dict(self),)


def freeze(value: Any) -> Any:
    """Return `value` with each dict in it a FrozenMap, each list a tuple; other values stay as they are."""
    if isinstance(value, dict):
        return FrozenMap({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value
