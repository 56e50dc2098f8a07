"""When a parameter's default is no value for its function at all, as the server and as `check` tell it.

A default that only breaks another rule of its schema, as a maximum, is used all the same (examples).
"""

from __future__ import annotations

from typing import Any, Final

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.operation import Operation, Parameter
from macaron_runner.validation.problems import Finding, shown

_OF_TYPE: Final = frozenset({"type", "enum", "const"})
_CONVERTED: Final = ("date", "date-time", "uuid", "byte", "decimal")
"""Formats whose texts become other Python values."""


def is_of_type(finding: Finding) -> bool:
    """Tell whether what is wrong with a default is that it is of another type, or none of the listed values."""
    if finding.keyword == "format":
        return finding.subject in _CONVERTED
    return finding.keyword in _OF_TYPE


def bad_default(operation: Operation, parameter: Parameter, default: Any) -> Diagnostic:
    """Return the problem of a default that is not of its parameter's type (MAC376)."""
    return Diagnostic(
        "MAC376",
        f'the default of the {parameter.location} parameter "{parameter.name}" of {operation.name} is not of its type: '
        f"{shown(default)}",
        parameter.place or operation.location,
    )
