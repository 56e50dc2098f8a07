"""Patterns that say lengths: `^.{1,2097152}$` becomes two limits and `^.*$`, which costs the engine nothing.

It unrolls repetitions, and refuses what grows too large. Not for what else becomes of a schema (rewriting).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

_REPEATED_ATOM: Final = re.compile(r"\^(\.|\\[dwsDWS]|\[(?:[^\]\\]|\\.)+\])\{(\d+)(,?)(\d*)\}\$")
_LONG: Final = 1000
"""Repetitions beyond this become lengths."""


def as_keywords(pattern: str, beside: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pattern as keywords, within the lengths `beside` it.

    as_keywords("^.{1,2097152}$", {"minLength": 5}) == {"pattern": "^.*$", "minLength": 5, "maxLength": 2097152}
    """
    match = _REPEATED_ATOM.fullmatch(pattern)
    if match is None or max(int(match[2]), int(match[4] or 0)) <= _LONG:
        return {"pattern": pattern}
    atom, least, comma, most = match.groups()
    found = {"pattern": f"^{atom}*$", "minLength": max(int(least), beside.get("minLength", 0))}
    if most or not comma:
        found["maxLength"] = min(int(most or least), beside.get("maxLength", math.inf))
    return found
