"""The parameters of an operation, compiled: raw path, query, header and cookie texts into a handler's arguments.

Not for the styles themselves (styles), nor for the body (body).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, get_args

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import ErrorDetail
from macaron_runner.openapi.operation import Operation, Parameter, ParameterLocation, Schema
from macaron_runner.validation.defaults import bad_default, is_of_type
from macaron_runner.validation.form import compile_fields
from macaron_runner.validation.identifiers import parameter_identifiers
from macaron_runner.validation.media_types import URLENCODED, parse_media_type
from macaron_runner.validation.parameter_values import decoder_of
from macaron_runner.validation.problems import Unusable, details_of, invalid, pointer_of
from macaron_runner.validation.quick_scalars import UNSURE, ReadQuickly, compile_quickly
from macaron_runner.validation.schema import Check, compile_schema
from macaron_runner.validation.style_table import style_of
from macaron_runner.validation.styles import (
    ABSENT,
    Read,
    compile_reader,
    lone_reader,
    parse_cookie_pairs,
    parse_pairs,
)
from macaron_runner.validation.text_values import UnreadableText, shape_of

Adapt: TypeAlias = Callable[[Schema], Callable[[Any], Any]]
"""Gives, for a schema, what turns a checked JSON value into the Python value a handler wants, or raises Unusable.

The value may be taken over, and changed: nobody else may hold it. Some have a `prepare()`: see `prepare_conversion`.
"""

_Step: TypeAlias = Callable[[Any, dict[str, Any], list[ErrorDetail]], None]
"""Reads one parameter from its place; puts its value under its identifier, or what is wrong with it to the errors."""

_LOCATIONS: Final = get_args(ParameterLocation)


class ParameterDecoder:
    """Turns the texts of a request into arguments by Python identifier; `prepare()` it before workers are forked.

    A parameter that was not sent gets its default, or is left out; query parameters that nobody declared are ignored.
    """

    def __init__(
        self,
        steps: Mapping[ParameterLocation, tuple[_Step, ...]],
        quiet: dict[str, Any] | None,
        checks: tuple[Check, ...],
        conversions: tuple[Callable[[Any], Any], ...],
    ) -> None:
        self._path, self._query = steps["path"], steps["query"]
        self._header, self._cookie = steps["header"], steps["cookie"]
        self._whole_query = steps["querystring"]
        self._quiet = quiet  # what an absent query amounts to, where that is always the same
        self._checks = checks
        self._conversions = conversions

    def prepare(self) -> None:
        """Compile all checks and conversions now."""
        for check in self._checks:
            check.prepare()
        for convert in self._conversions:
            prepare_conversion(convert)

    def __call__(
        self, path_values: Mapping[str, str], query: str, header: Callable[[str], str | None]
    ) -> dict[str, Any]:
        """Return the arguments. Raises InvalidParameter with everything that is wrong, not only the first.

        Texts are raw: percent-encoded, and what was not encoded as WSGI's Latin-1 characters. `header` gives the
        value of a header by its name in any case; cookies are taken from that of the name Cookie.
        """
        values: dict[str, Any] = {}
        errors: list[ErrorDetail] = []
        for step in self._path:
            step(path_values.get, values, errors)
        if self._query:
            if query or self._quiet is None:
                pairs = parse_pairs(query)
                for step in self._query:
                    step(pairs, values, errors)
            else:
                values.update(self._quiet)
        for step in self._header:
            step(header, values, errors)
        if self._cookie:
            cookies = parse_cookie_pairs(header("Cookie") or "")
            for step in self._cookie:
                step(cookies, values, errors)
        for step in self._whole_query:
            step(query, values, errors)
        if errors:
            raise invalid(errors)
        return values


def compile_parameters(
    operation: Operation, definitions: Mapping[str, Schema], adapt: Adapt
) -> ParameterDecoder:
    """Return the decoder of an operation's parameters.

    Raises BadConfiguration where two parameters have one identifier (MAC375) or a default is not of its type
    (MAC376).
    """
    plans = [
        _plan(operation, parameter, name, definitions, adapt)
        for parameter, name in zip(operation.parameters, parameter_identifiers(operation), strict=True)
    ]
    steps = {
        location: tuple(_step(plan) for plan in plans if plan.parameter.location == location)
        for location in _LOCATIONS
    }
    quiet = _quiet_query([plan for plan in plans if plan.parameter.location == "query"])
    checks = tuple(plan.check for plan in plans if plan.quick is None)
    return ParameterDecoder(steps, quiet, checks, tuple(plan.adapt for plan in plans))


def prepare_conversion(convert: Callable[[Any], Any]) -> None:
    """Compile now what an `Adapt` gave, where it is one that is otherwise compiled when it is first called."""
    if hasattr(convert, "prepare"):
        convert.prepare()


@dataclass(frozen=True, slots=True)
class _Plan:
    """One parameter with all that its step needs; `default` makes the value of an absent one.

    `quick` reads and checks at once the texts that are plain, where parameter and schema are.
    """

    parameter: Parameter
    name: str
    read: Read
    check: Check
    quick: ReadQuickly | None
    adapt: Callable[[Any], Any]
    default: Callable[[], Any] | None
    fixed_default: bool
    empty: Any


def _plan(
    operation: Operation, parameter: Parameter, name: str, definitions: Mapping[str, Schema], adapt: Adapt
) -> _Plan:
    shape = shape_of(parameter.schema, definitions)
    convert = adapt(parameter.schema)
    check = compile_schema(parameter.schema, definitions, "request")
    others = {one.name for one in operation.parameters if one.location == parameter.location}
    allows_empty = parameter.allow_empty_value and parameter.location == "query"
    return _Plan(
        parameter=parameter,
        name=name,
        read=_reader(parameter, definitions, others),
        check=check,
        quick=_quick_reader(parameter, definitions),
        adapt=convert,
        default=_default(operation, parameter, shape.default, check, convert),
        fixed_default=not any(isinstance(value, dict | list) for value in shape.default),
        empty=("" if "string" in shape.types or not shape.types else None) if allows_empty else ABSENT,
    )


def _reader(parameter: Parameter, definitions: Mapping[str, Schema], others: Iterable[str]) -> Read:
    """Return what reads a parameter, which may be described as a whole form (OpenAPI 3.2, `in: querystring`)."""
    media_type = parse_media_type(parameter.media_type or "")
    if media_type is None or media_type.name != URLENCODED:
        return compile_reader(parameter, definitions, others)
    read = compile_fields(parameter.schema, parameter.encoding, definitions)

    def read_form(text: str) -> dict[str, Any]:
        found, wrong = read(parse_pairs(text))
        if wrong:
            raise Unusable(wrong)
        return found

    decode = str if parameter.location == "querystring" else decoder_of(parameter)
    return lone_reader(parameter, lambda raw: read_form(decode(raw)))


def _default(
    operation: Operation,
    parameter: Parameter,
    default: tuple[Any, ...],
    check: Check,
    convert: Callable[[Any], Any],
) -> Callable[[], Any] | None:
    """Return what makes the default, adapted: one value for all, but containers anew each time."""
    if not default or parameter.required:
        return None
    if not check.valid(default[0]) and any(map(is_of_type, check.findings(default[0]))):
        raise BadConfiguration([bad_default(operation, parameter, default[0])])
    try:
        value = convert(copy.deepcopy(default[0]))
    except (TypeError, ValueError):
        raise BadConfiguration([bad_default(operation, parameter, default[0])]) from None
    if isinstance(default[0], dict | list):
        return lambda: convert(copy.deepcopy(default[0]))
    return lambda: value


def _quiet_query(plans: Iterable[_Plan]) -> dict[str, Any] | None:
    """Return the arguments of a request without a query, or None where they differ from request to request."""
    found = {}
    for plan in plans:
        if plan.parameter.required or (plan.default is not None and not plan.fixed_default):
            return None
        if plan.default is not None:
            found[plan.name] = plan.default()
    return found


def _quick_reader(parameter: Parameter, definitions: Mapping[str, Schema]) -> ReadQuickly | None:
    """Return what reads plain texts of a parameter that is a scalar with nothing before its value."""
    lone = parameter.media_type is None and style_of(parameter) in {"simple", "form", "cookie"}
    if not lone or parameter.allow_empty_value:
        return None
    return compile_quickly(parameter.schema, definitions, decoder_of(parameter))


def _step(plan: _Plan) -> _Step:
    """Return the closure that runs for one parameter of each request."""
    step = _careful_step(plan)
    if plan.empty is not ABSENT:
        return _allowing_empty(step, plan)
    return step if plan.quick is None else _quick_step(step, plan, plan.quick)


def _quick_step(step: _Step, plan: _Plan, read: ReadQuickly) -> _Step:
    """Return a step that deals with plain texts at once, and leaves all else to `step`."""
    sent_as, name, adapt = plan.parameter.name, plan.name, plan.adapt

    def from_text(find: Any, values: dict[str, Any], errors: list[ErrorDetail]) -> None:
        raw = find(sent_as)
        try:
            value = UNSURE if raw is None else read(raw)
            if value is not UNSURE:
                values[name] = adapt(value)
                return
        except (UnreadableText, Unusable):
            pass  # `step` tells what is wrong
        step(find, values, errors)

    def from_pairs(pairs: Any, values: dict[str, Any], errors: list[ErrorDetail]) -> None:
        texts = pairs.get(sent_as)
        try:
            value = UNSURE if texts is None or len(texts) > 1 else read(texts[0])
            if value is not UNSURE:
                values[name] = adapt(value)
                return
        except (UnreadableText, Unusable):
            pass  # `step` tells what is wrong
        step(pairs, values, errors)

    return from_pairs if plan.parameter.location in {"query", "cookie"} else from_text


def _careful_step(plan: _Plan) -> _Step:
    """Return a step that knows every style, schema and mistake."""
    parameter, read, adapt, name, default = plan.parameter, plan.read, plan.adapt, plan.name, plan.default
    location, pointer, required = parameter.location, pointer_of([parameter.name]), parameter.required
    valid, problems = plan.check.valid, plan.check.problems

    def step(source: Any, values: dict[str, Any], errors: list[ErrorDetail]) -> None:
        try:
            value = read(source)
            if value is ABSENT:
                if required:
                    errors.append(ErrorDetail(location, pointer, "is required"))
                elif default is not None:
                    values[name] = default()
            elif valid(value):
                values[name] = adapt(value)
            else:
                errors.extend(problems(value, location, pointer))
        except UnreadableText as error:
            errors.append(ErrorDetail(location, pointer, str(error)))
        except Unusable as error:
            errors.extend(details_of(error.findings, location, pointer))

    return step


def _allowing_empty(step: _Step, plan: _Plan) -> _Step:
    """Return a step that takes `?flag` and `?flag=` as they are (OpenAPI 3.1, allowEmptyValue)."""
    sent_as, name, empty = plan.parameter.name, plan.name, plan.empty

    def step_or_empty(source: Any, values: dict[str, Any], errors: list[ErrorDetail]) -> None:
        if source.get(sent_as) == [""]:
            values[name] = empty
        else:
            step(source, values, errors)

    return step_or_empty
