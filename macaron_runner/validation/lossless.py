"""Tells by its length that nothing of a JSON text was lost: quickly, where its value has long lists of alike objects.

    [{"sku":"a","qty":1},{"sku":"b","qty":2}]   ->   both keys twice, the texts of sku, the numbers of qty: 41 bytes

There is no shorter way to write what was read than the one of orjson, as long as no float is among it. A text may be
longer: by white space, escapes, "-0", or a key twice in one object. One of just that length has none of these. What
becomes of others json_text tells.
"""

from __future__ import annotations

import math
from typing import Any, Final

import orjson

from macaron_runner.validation.alike import Alike, Lists

_SHORT: Final = 2048
"""Bytes up to which what is beside the lists is gone through value by value."""


def is_all_there(raw: bytes, value: Any, lists: Lists) -> bool:
    """Tell whether a JSON text has nothing that is not in the value that was read of it.

    False also where that is not quickly seen. `lists` are the long lists in the value.
    """
    try:
        return _begins_without_space(raw, lists) and _length(value, lists) == len(raw)
    except TypeError:  # nested more deeply than orjson writes
        return False


def _begins_without_space(raw: bytes, lists: Lists) -> bool:
    """Tell whether an object is seen near the beginning as it would be written; many clients put spaces everywhere."""
    return any(orjson.dumps(each.items[0]) in raw[: 2 * _SHORT] for each in lists.values())


def _length(value: Any, lists: Lists) -> float:
    """Return the bytes of a value as it would be written; nan where floats may be in it, or much beside the lists."""
    rest = value
    for path in lists:
        rest = _emptied(rest, path)
    written = orjson.dumps(rest)
    if len(written) > _SHORT or _has_floats(rest):
        return math.nan
    return len(written) + sum(_length_of_list(each) - len("[]") for each in lists.values())


def _emptied(value: Any, path: tuple[str, ...]) -> Any:
    """Return a value whose list at a path has nothing in it; the value itself is left as it is."""
    if not path:
        return []
    key, further = path[0], path[1:]
    return {**value, key: _emptied(value[key], further)}


def _has_floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_floats, value.values()))
    return any(map(_has_floats, value)) if isinstance(value, list) else isinstance(value, float)


def _length_of_list(found: Alike) -> float:
    """Return the bytes of a list as it would be written; nan where floats may be in it."""
    keys = sum(len(orjson.dumps(key)) + len(":,") for key in found.layout)
    columns = sum(_length_of_column(found, key) for key in found.layout)
    return len(found.items) * (keys + len("{}")) + columns + len("[]") - len(",")


def _length_of_column(found: Alike, key: str) -> float:
    """Return the bytes of a property's values, without what stands between them; nan where one may be a float."""
    written = found.written(key)
    if not (key in found.texts or found.is_whole(key) or _is_without_floats(written)):
        return math.nan
    return len(written) - len(",") * (len(found.items) - 1) - len("[]")


def _is_without_floats(written: bytes) -> bool:
    """Tell whether no float is in a JSON text; False also where there are texts in it."""
    return not (
        b'"' in written or b"." in written or b"e" in written.replace(b"true", b"").replace(b"false", b"")
    )
