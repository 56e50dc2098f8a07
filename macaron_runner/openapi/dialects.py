"""Dialects of JSON Schema: what the same keyword means in the schemas of each specification.

Not for the one form that all of them get (normalise).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.openapi.document import Specification


@dataclass(frozen=True, slots=True)
class Dialect:
    """What tells the schemas of one specification from those of the others."""

    reference_siblings: bool
    """Keywords beside `$ref` count (JSON Schema 2019-09 and later); before, they are ignored."""
    identifier: str = "$id"
    """The keyword by which a schema has a URI of its own; "" where there is none."""
    nullable: tuple[str, ...] = ("x-nullable",)
    """The keywords that admit null."""
    older: bool = False
    """`items` may be a list, with `additionalItems`; `dependencies` are schemas and names (before 2020-12)."""


_LATEST: Final = Dialect(reference_siblings=True)
_DRAFT_4: Final = Dialect(reference_siblings=False, identifier="id", older=True)
_DRAFT_7: Final = Dialect(reference_siblings=False, older=True)

DIALECTS: Final[Mapping[Specification, Dialect]] = {
    "2.0": Dialect(reference_siblings=False, identifier="", older=True),
    "3.0": Dialect(reference_siblings=False, identifier="", nullable=("nullable", "x-nullable"), older=True),
    "3.1": _LATEST,
    "3.2": _LATEST,
}
"""The dialect of each specification's Schema Object; that of 3.1 and later is the default of a document."""

_PUBLISHED: Final[Mapping[str, Dialect]] = {
    "http://json-schema.org/draft-04/schema": _DRAFT_4,
    "http://json-schema.org/draft-06/schema": _DRAFT_7,
    "http://json-schema.org/draft-07/schema": _DRAFT_7,
    "https://json-schema.org/draft/2019-09/schema": Dialect(reference_siblings=True, older=True),
    "https://json-schema.org/draft/2020-12/schema": _LATEST,
}
"""By the address of its meta-schema, as `$schema` and `jsonSchemaDialect` name it."""


def document_dialect(tree: Any, specification: Specification) -> Dialect:
    """Return the dialect of a document's schemas that name none themselves (`jsonSchemaDialect`, 3.1 section 4.8.1)."""
    default = DIALECTS[specification]
    return named_dialect(tree.get("jsonSchemaDialect"), default)


def named_dialect(address: Any, default: Dialect) -> Dialect:
    """Return the dialect that a `$schema` names, or `default` where it names none of those known here.

    The schemas of 2.0 and 3.0 are in their own dialect, whatever they name.
    """
    known = isinstance(address, str) and bool(default.identifier)
    return _PUBLISHED.get(address.removesuffix("#"), default) if known else default
