"""Whatever can be written is read again as it was: every place, style and explode, and values of every type."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.openapi.operation import Encoding
from macaron_runner.validation.escaping import Inexpressible
from macaron_runner.validation.form import compile_fields
from macaron_runner.validation.parameter_encoder import compile_encoder, compile_form_encoder
from macaron_runner.validation.styles import parse_pairs
from tests.support.codec import STYLES, color, compile_reading, written

TEXT = st.text(max_size=6) | st.text(alphabet="a1,.;=&|%+[]{}/?#\"\\' \t-~\u00e9\u20ac\x00", max_size=6)
PLAIN = st.text(alphabet="abc123-_~!", max_size=6)
INTEGERS = st.integers(-(2**70), 2**70)
SCALARS = {
    "string": TEXT | PLAIN,
    "integer": INTEGERS,
    "number": st.floats(allow_nan=False, allow_infinity=False) | INTEGERS,
    "boolean": st.booleans(),
}


def schema(kind: str) -> Any:
    return {"type": kind}


def array(items: Any, **more: Any) -> Any:
    return {"type": "array", "items": items, **more}


def object_of(properties: Any) -> Any:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def objects(members: Any) -> Any:
    return st.fixed_dictionaries({}, optional=members)


FLAT = {"n": schema("integer"), "a,b=[c]": schema("string"), "": schema("string"), "é d": schema("boolean")}
FLAT_VALUES = {"n": INTEGERS, "a,b=[c]": TEXT | PLAIN, "": TEXT | PLAIN, "é d": st.booleans()}
INNER, INNER_VALUES = object_of({"x": schema("string")}), objects({"x": TEXT})
KINDS: dict[str, tuple[Any, Any]] = {
    **{kind: (schema(kind), values) for kind, values in SCALARS.items()},
    **{f"array of {kind}": (array(schema(kind)), st.lists(values)) for kind, values in SCALARS.items()},
    "array that is never empty": (array(schema("string"), minItems=1), st.lists(PLAIN, min_size=1)),
    "array of objects": (array(INNER), st.lists(INNER_VALUES)),
    "array of arrays": (array(array(schema("integer"))), st.lists(st.lists(INTEGERS))),
    "flat object": (object_of(FLAT), objects(FLAT_VALUES)),
    "plain object": (object_of({"x": schema("string")}), objects({"x": PLAIN})),
    "object of arrays": (object_of({"x": array(schema("string"))}), objects({"x": st.lists(TEXT)})),
    "object of objects": (object_of({"x": INNER}), objects({"x": INNER_VALUES})),
}
CASES = [
    (location, style, explode, kind)
    for location, styles in STYLES.items()
    for style in styles
    for explode in (False, True)
    for kind in KINDS
]
PARAMETERS = {case: color(*case[:3], KINDS[case[3]][0]) for case in CASES}
CODECS = {
    case: (compile_encoder(parameter, {}), compile_reading(parameter))
    for case, parameter in PARAMETERS.items()
}


@settings(max_examples=300)
@given(st.sampled_from(CASES), st.data())
def test_parameters(case: Any, data: st.DataObject) -> None:
    value = data.draw(KINDS[case[3]][1])
    encode, read = CODECS[case]
    try:
        pieces = encode(value)
    except Inexpressible:
        return
    joint = {"query": "&", "cookie": "; "}.get(case[0], "")
    raw = joint.join(pieces)
    assert raw.isascii()
    assert raw.isprintable()
    found = read(raw)["color"]
    assert found == value
    assert str(type(found)) == str(type(value))


COMMON: dict[str, Any] = {
    "string": "blue", "integer": 5, "number": 1.5, "boolean": True, "array of string": ["a", "b"],
    "array of integer": [1, 2], "array of number": [1.5, 2], "array of boolean": [True, False],
    "array that is never empty": [""], "array of objects": [{"x": "a"}, {}], "array of arrays": [[1, 2], []],
    "flat object": {"n": 1, "é d": True}, "plain object": {"x": "a"}, "object of arrays": {"x": ["a", "b"]},
    "object of objects": {"x": {"x": "a"}},
}  # fmt: skip


def test_common_values_are_not_refused() -> None:
    """So that the round trips above are some."""
    refused = set()
    for location, style, explode, kind in CASES:
        parameter = PARAMETERS[location, style, explode, kind]
        try:
            raw = written(parameter, COMMON[kind])
        except Inexpressible:
            refused.add((location, style, kind))
        else:
            assert compile_reading(parameter)(raw) == {"color": COMMON[kind]}
    json_with_commas = {"array of arrays", "object of arrays"}
    json_with_quotes = {"array of objects", "object of objects"}
    assert refused == {
        ("query", "deepObject", "array of objects"),  # it has an empty one
        ("query", "deepObject", "array of arrays"),
        ("query", "spaceDelimited", "flat object"),  # a name with a space
        ("header", "simple", "flat object"),  # a name that is not ASCII
        ("cookie", "form", "flat object"),
        ("cookie", "cookie", "flat object"),
        *(("header", "simple", kind) for kind in json_with_commas),
        *(("cookie", "cookie", kind) for kind in json_with_commas | json_with_quotes),
    }


@settings(max_examples=100)
@given(st.sampled_from(["query", "cookie", "path"]), st.booleans(), TEXT, st.lists(TEXT, min_size=2))
def test_reserved_characters_may_stay(location: Any, explode: bool, text: str, texts: list[str]) -> None:
    """But those that would end the value; what looks percent-encoded stays as it is (RFC 6570 section 3.2.3)."""
    style = STYLES[location][0]
    for kind, value in ((schema("string"), text), (array(schema("string")), texts)):
        parameter = color(location, style, explode, kind, allow_reserved=True)
        if "%" not in str(value) and value not in (".", ".."):
            assert compile_reading(parameter)(written(parameter, value)) == {"color": value}


FORM_KINDS = {kind: made for kind, made in KINDS.items() if kind != "flat object"}
FORM = object_of({kind: made[0] for kind, made in FORM_KINDS.items()})
ENCODINGS: dict[str, Any] = {
    "no encodings": {},
    "deep": {kind: Encoding(style="deepObject") for kind in FORM_KINDS},
    "joined": {kind: Encoding(explode=False) for kind in FORM_KINDS},
    "json": {kind: Encoding("application/json") for kind in FORM_KINDS if " " in kind},
}
FORMS = {
    name: (compile_form_encoder(FORM, encodings, {}), compile_fields(FORM, encodings, {}))
    for name, encodings in ENCODINGS.items()
}


@settings(max_examples=100)
@given(st.sampled_from(sorted(FORMS)), objects({kind: made[1] for kind, made in FORM_KINDS.items()}))
def test_forms(name: str, value: Any) -> None:
    encode, read = FORMS[name]
    try:
        raw = encode(value)
    except Inexpressible:
        return
    assert read(parse_pairs(raw)) == (value, [])
