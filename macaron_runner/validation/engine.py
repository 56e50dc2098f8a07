"""The only door to the JSON-Schema engine: schemas compiled, errors as it gives them, patterns that it can use.

Not for what schemas become before (rewriting), nor for what its errors mean (wording).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import jsonschema_rs

from macaron_runner.validation.keywords import inside

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema
    from macaron_runner.validation.rewriting import Rewritten

Engine: TypeAlias = jsonschema_rs.Validator
"""One schema, compiled."""

Refusal: TypeAlias = jsonschema_rs.ValidationError
"""What it raises of a value that does not fit."""

_DRAFTS: Final[Mapping[int, Callable[..., Engine]]] = {
    4: jsonschema_rs.Draft4Validator,
    2020: jsonschema_rs.Draft202012Validator,
}


_LINEAR: Final = jsonschema_rs.RegexOptions()
"""For patterns without looking around and references back; with what can do both, even others take longer."""


def compile_rewritten(schema: Rewritten, formats: Mapping[str, Callable[[str], bool]]) -> Engine:
    """Return the engine for a schema, told of those of our `formats` that are in use: any makes it a third slower."""
    used = _formats_in(schema)
    functions = {name: function for name, function in formats.items() if name in used}
    build = partial(
        jsonschema_rs.Draft202012Validator, schema, validate_formats=True, formats=functions, offline=True
    )
    try:
        return build(pattern_options=_LINEAR)
    except Refusal:
        return build()


def compile_foreign(
    schema: Mapping[str, Any], draft: int, resources: Iterable[tuple[str, Any]] = ()
) -> Engine:
    """Return the engine for a schema as somebody else published it, in draft 4 or 2020; nothing is fetched.

    `resources` are further documents that its `$ref`s may name, each with its address.
    """
    registry = jsonschema_rs.Registry(list(resources)) if resources else None
    return _DRAFTS[draft](dict(schema), validate_formats=True, registry=registry, offline=True)


@lru_cache(maxsize=4096)
def readable_pattern(pattern: str) -> bool:
    """Tell whether a regular expression can be used: ECMA 262, and of bounded size. Others are left out of checks."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        return False
    return True


def _formats_in(schema: Schema) -> set[str]:
    """Return the formats that a schema asks for, anywhere in it."""
    found: set[str] = set()
    pending = [schema, *(schema.get("$defs", {}).values() if not isinstance(schema, bool) else ())]
    while pending:
        part = pending.pop()
        if not isinstance(part, bool) and isinstance(form := part.get("format"), str):
            found.add(form)
        pending += (inner for _, inner in inside(part))
    return found
