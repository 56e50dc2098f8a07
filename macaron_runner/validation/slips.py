"""Frequent slips in an API document that a published schema finds, told in plainer words and with the mend.

Not for finding them (document).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.diagnostics import Diagnostic, near_word, not_one_of
from macaron_runner.openapi.sound import kinds_along
from macaron_runner.validation.problems import Finding, Path, pointer_of, shown

if TYPE_CHECKING:
    from macaron_runner.openapi.document import Document

_RANGE: Final = re.compile("[1-5][Xx]{2}")
_MOVED: Final = {
    "body": "OpenAPI 3 has requestBody for it",
    "formData": "OpenAPI 3 has requestBody for it",
    "cookie": "Swagger 2.0 has no cookie parameters",
}


def slip_in(finding: Finding, value: Any, document: Document) -> Diagnostic | None:
    """Return a finding as one of the slips below (MAC326-328, MAC333, MAC372), or None where it is none.

    `value` is what stands at the finding's path in the document.
    """
    for look in (
        _path_without_slash,
        _path_parameter_not_required,
        _location_not_known,
        _reference_not_a_text,
        _operation_elsewhere,
        _range_in_lower_case,
        _query_described_twice,
    ):
        for found in look(finding, value, document):
            return found
    return None


def _path_without_slash(finding: Finding, value: Any, document: Document) -> Iterator[Diagnostic]:
    if len(finding.path) == 2 and finding.path[0] == "paths" and isinstance(value, Mapping):
        path = str(finding.path[1])
        if not path.startswith(("/", "x-")):
            place = document.locate(pointer_of(finding.path), key=True)
            message = f'the path "{path}" does not begin with a slash'
            yield Diagnostic("MAC326", message, place, help=f'write "/{path}"')


def _path_parameter_not_required(finding: Finding, _: Any, document: Document) -> Iterator[Diagnostic]:
    missing = finding.keyword == "required" and finding.subject == "required"
    # The schema of 2.0 takes one that is not required for another kind of parameter, and finds fault with its `in`.
    at_fault = missing or finding.path[-1:] in (("required",), ("in",))
    path = finding.path if missing else finding.path[:-1]
    parameter = _parameter_at(path, document) if at_fault else {}
    if parameter.get("in") == "path" and not parameter.get("required", False):
        yield Diagnostic(
            "MAC327",
            f'the path parameter "{parameter.get("name")}" must be required',
            document.locate(pointer_of((*path, "required" if "required" in parameter else "in"))),
            help="write required: true",
        )


def _reference_not_a_text(finding: Finding, value: Any, document: Document) -> Iterator[Diagnostic]:
    path = (*finding.path, "$ref") if isinstance(value, Mapping) and "$ref" in value else finding.path
    written = value["$ref"] if path is not finding.path else value
    if path[-1:] == ("$ref",) and not isinstance(written, str):
        message = f'"$ref" must be a text, not {shown(written)}'
        yield Diagnostic("MAC372", message, document.locate(pointer_of(path)))


def is_understood(finding: Finding) -> bool:
    """Tell whether what is wrong spoils nothing: we read it as it is meant."""
    return _is_reference_to_operation(finding) or _is_range_in_lower_case(finding)


def _operation_elsewhere(finding: Finding, _: Any, document: Document) -> Iterator[Diagnostic]:
    if _is_reference_to_operation(finding):
        yield Diagnostic(
            "MAC370",
            "an operation cannot be a reference",
            document.locate(pointer_of(finding.path), key=True),
            help="let the path be the reference, or put the operation here",
        )


def _is_reference_to_operation(finding: Finding) -> bool:
    *place, key = finding.path or ("",)
    return key == "$ref" and finding.subject == "$ref" and kinds_along(tuple(place))[-1:] == ["operation"]


def _range_in_lower_case(finding: Finding, _: Any, document: Document) -> Iterator[Diagnostic]:
    if _is_range_in_lower_case(finding):
        place = document.locate(pointer_of(finding.path), key=True)
        written = finding.subject.upper()
        yield Diagnostic("MAC370", f'"{finding.subject}" is no status', place, help=f'write "{written}"')


def _is_range_in_lower_case(finding: Finding) -> bool:
    unknown = finding.keyword in {"additionalProperties", "unevaluatedProperties"}
    return unknown and finding.path[-2:-1] == ("responses",) and bool(_RANGE.fullmatch(finding.subject))


def _query_described_twice(finding: Finding, value: Any, document: Document) -> Iterator[Diagnostic]:
    """Yield what is also a rule (path_rules), which sees it where references lead to one of the two parameters."""
    if finding.path[-1:] != ("parameters",) or finding.keyword not in {"not", "contains", "maxContains"}:
        return
    places = [
        (node["in"] == "querystring", document.locate(pointer_of((*finding.path, number, "in"))))
        for number, node in enumerate(value)
        if isinstance(node, Mapping) and node.get("in") in ("query", "querystring")
    ]
    whole = next(place for is_whole, place in places if is_whole)
    for _, place in places:
        if place != whole:
            yield Diagnostic(
                "MAC333",
                "the query is described twice",
                place,
                help="a querystring parameter stands for the whole query: leave one of them out",
                related=((whole, "the whole query"),),
            )
            return


def _location_not_known(finding: Finding, value: Any, document: Document) -> Iterator[Diagnostic]:
    if finding.path[-1:] != ("in",) or finding.keyword != "enum" or not isinstance(value, str):
        return
    known = [str(word) for word in finding.options]
    if _parameter_at(finding.path[:-1], document):
        yield Diagnostic(
            "MAC328",
            f'a parameter cannot be in "{value}"',
            document.locate(pointer_of(finding.path)),
            not_one_of(known),
            near_word(value, known) or _MOVED.get(value, ""),
        )


def _parameter_at(path: Path, document: Document) -> Mapping[str, Any]:
    """Return the parameter at a path, or nothing where none stands there."""
    value: Any = document.tree
    for step in path:
        value = value[step] if isinstance(step, int) else value[str(step)]
    return value if path[-2:-1] == ("parameters",) and isinstance(value, Mapping) else {}
