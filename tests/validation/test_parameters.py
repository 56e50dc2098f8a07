"""Parameters out of raw text: the tables of OpenAPI 3.1 section 4.8.12.2 and RFC 6570, and what goes wrong."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import InvalidParameter
from macaron_runner.openapi.operation import Operation, Parameter
from macaron_runner.validation.parameters import compile_parameters
from macaron_runner.validation.problems import Finding, Unusable

STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
COLORS = {"type": "array", "items": STRING}
COUNTS = {"type": "array", "items": INTEGER}
RGB = {"type": "object", "properties": {"R": INTEGER, "G": INTEGER, "B": INTEGER}}
PAGE: Any = {
    "type": "object",
    "properties": {
        "size": INTEGER,
        "tags": COLORS,
        "page": {"$ref": "#/$defs/Page"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Page"}},
    },
}
BLUE = ["blue", "black", "brown"]
MIX = {"R": 100, "G": 200, "B": 150}


def operation(*parameters: Parameter) -> Operation:
    return Operation("shop", "GET", "", "/x", "find", parameters, None, ())


def same(_: Any) -> Any:
    return lambda value: value


def decode(
    *parameters: Parameter, path: Any = None, query: str = "", header: Any = None, cookies: Any = None
) -> Any:
    decoder = compile_parameters(operation(*parameters), {"Page": PAGE}, same)
    decoder.prepare()
    headers = dict(header or {})
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return decoder(path or {}, query, headers.get)


def of(location: Any, schema: Any, style: Any, explode: bool = False, **details: Any) -> Parameter:
    return Parameter("color", location, location == "path", schema, style, explode, **details)


PATHS = [
    ("simple", False, STRING, "blue", "blue"),
    ("simple", False, COLORS, "blue,black,brown", BLUE),
    ("simple", True, COLORS, "blue,black,brown", BLUE),
    ("simple", False, RGB, "R,100,G,200,B,150", MIX),
    ("simple", True, RGB, "R=100,G=200,B=150", MIX),
    ("simple", False, COLORS, "a%2Cb,c%20d,%C3%A9", ["a,b", "c d", "é"]),
    ("simple", False, STRING, "a+b", "a+b"),
    ("simple", False, STRING, "a%2Fb%2b", "a/b+"),
    ("simple", False, COLORS, "", []),
    ("matrix", True, {"type": "object", "properties": {"R": STRING}}, ";R", {"R": ""}),
    ("simple", False, STRING, "caf\u00c3\u00a9", "café"),  # sent without encoding: WSGI's Latin-1 characters
    ("label", False, STRING, ".blue", "blue"),
    ("label", False, NUMBER, ".1.5", 1.5),
    ("label", False, COLORS, ".blue,black,brown", BLUE),
    ("label", False, COLORS, ".blue.black.brown", BLUE),
    ("label", True, COLORS, ".blue.black.brown", BLUE),
    ("label", False, RGB, ".R,100,G,200,B,150", MIX),
    ("label", False, RGB, ".R.100.G.200.B.150", MIX),
    ("label", True, RGB, ".R=100.G=200.B=150", MIX),
    ("matrix", False, STRING, ";color=blue", "blue"),
    ("matrix", False, STRING, ";color", ""),
    ("matrix", False, COLORS, ";color=blue,black,brown", BLUE),
    ("matrix", True, COLORS, ";color=blue;color=black;color=brown", BLUE),
    ("matrix", False, RGB, ";color=R,100,G,200,B,150", MIX),
    ("matrix", True, RGB, ";R=100;G=200;B=150", MIX),
]

QUERIES = [
    ("form", True, STRING, "color=blue", "blue"),
    ("form", True, STRING, "color=", ""),
    ("form", True, STRING, "color", ""),
    ("form", True, STRING, "x=1&color=a+b%26c&y=2", "a b&c"),
    ("form", True, COLORS, "color=blue&color=black&color=brown", BLUE),
    ("form", True, COLORS, "color=blue", ["blue"]),
    ("form", True, COLORS, "color=", []),
    ("form", False, COLORS, "color=blue,black,brown", BLUE),
    ("form", False, COLORS, "color=a%2Cb,c", ["a,b", "c"]),
    ("form", False, COLORS, "color=", []),
    ("form", False, RGB, "color=R,100,G,200,B,150", MIX),
    ("form", True, RGB, "R=100&G=200&B=150", MIX),
    ("form", True, RGB, "R=100&G=200&B=150&other=1", MIX),
    ("form", True, {**RGB, "additionalProperties": INTEGER}, "R=1&X=2", {"R": 1, "X": 2}),
    ("form", True, {"type": "object", "properties": {"a": COUNTS}}, "a=1&a=2", {"a": [1, 2]}),
    ("spaceDelimited", False, COLORS, "color=blue%20black%20brown", BLUE),
    ("spaceDelimited", False, COLORS, "color=blue+black+brown", BLUE),
    ("spaceDelimited", True, COLORS, "color=blue&color=black&color=brown", BLUE),
    ("spaceDelimited", False, RGB, "color=R%20100%20G%20200%20B%20150", MIX),
    ("pipeDelimited", False, COLORS, "color=blue%7Cblack%7cbrown", BLUE),
    ("pipeDelimited", False, COLORS, "color=blue|black|brown", BLUE),
    ("pipeDelimited", False, RGB, "color=R%7C100%7CG%7C200%7CB%7C150", MIX),
    ("tabDelimited", False, COLORS, "color=blue%09black%09brown", BLUE),
    ("deepObject", True, RGB, "color[R]=100&color[G]=200&color[B]=150", MIX),
    ("deepObject", True, RGB, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150", MIX),
    (
        "deepObject",
        True,
        {"type": "object", "properties": {"a": COUNTS}},
        "color[a]=1&color[a]=2",
        {"a": [1, 2]},
    ),
    (
        "deepObject",
        True,
        PAGE,
        "color[page][size]=5&color[tags][]=a&color[tags][]=b",
        {"page": {"size": 5}, "tags": ["a", "b"]},
    ),
    (
        "deepObject",
        True,
        PAGE,
        "color[lines][1][size]=2&color[lines][0][size]=1",
        {"lines": [{"size": 1}, {"size": 2}]},
    ),
    ("deepObject", True, PAGE, "color[page][page][page][size]=5", {"page": {"page": {"page": {"size": 5}}}}),
    ("deepObject", True, PAGE, "color[other][a]=x&color[other][b][]=y", {"other": {"a": "x", "b": ["y"]}}),
    ("deepObject", True, PAGE, "color[page]=%7B%22size%22:5%7D", {"page": {"size": 5}}),
    ("deepObject", True, RGB, "color[R]=1&colorful[G]=2&[B]=3", {"R": 1}),
    # what is inside the parts of an array or object is JSON
    ("form", True, {"type": "array", "items": RGB}, "color=%7B%22R%22:1%7D&color=%7B%7D", [{"R": 1}, {}]),
    ("form", False, {"type": "array", "items": COUNTS}, "color=[1%2C2],[]", [[1, 2], []]),
    ("form", True, {"type": "object", "additionalProperties": INTEGER}, "a=1&b=2", {"a": 1, "b": 2}),
    ("form", True, {"type": "object"}, "a=1&b=2", {"a": "1", "b": "2"}),
    # percent-encoding
    ("form", True, STRING, "color=%00", "\x00"),  # a character as any other: the schema judges
    ("form", True, STRING, "color=50%&x", "50%"),
    ("form", True, STRING, "color=%zz%2", "%zz%2"),
    ("form", True, STRING, "%63olor=a%3Db=c", "a=b=c"),
    ("form", True, COLORS, "color=a%26color=b", ["a&color=b"]),
    # conversion follows the schema
    ("form", True, INTEGER, "color=-5", -5),
    ("form", True, INTEGER, "color=123456789012345678901234567890", 123456789012345678901234567890),
    ("form", True, NUMBER, "color=1e3", 1000.0),
    ("form", True, NUMBER, "color=12", 12),
    ("form", True, {"type": "boolean"}, "color=true", True),
    ("form", True, {"type": ["integer", "null"]}, "color=", None),
    ("form", True, {"type": ["integer", "null"]}, "color=null", None),
    ("form", True, {"type": ["string", "null"]}, "color=null", "null"),
    ("form", True, {**COLORS, "minItems": 1}, "color=", [""]),
    ("form", True, INTEGER, "color=-0", 0),
    ("form", True, NUMBER, "color=1.50E-1", 0.15),
    ("form", True, NUMBER, "color=" + "9" * 300, int("9" * 300)),
    ("form", True, {"type": ["string", "null"]}, "color=", ""),
    ("form", True, {"anyOf": [{"type": "integer"}, {"enum": ["all"]}]}, "color=all", "all"),
    ("form", True, {"anyOf": [{"type": "integer"}, {"enum": ["all"]}]}, "color=7", 7),
    ("form", True, {"enum": [1, 2]}, "color=2", 2),
    ("form", True, {"oneOf": [INTEGER, COUNTS]}, "color=1", 1),
    ("form", True, {"oneOf": [INTEGER, COUNTS]}, "color=1&color=2", [1, 2]),
    ("form", True, {"type": "array", "prefixItems": [STRING, INTEGER]}, "color=1&color=2", ["1", 2]),
    ("form", True, {}, "color=5", "5"),
    ("form", True, STRING, "color=007", "007"),
]


@pytest.mark.parametrize(("style", "explode", "schema", "raw", "expected"), PATHS)
def test_path(style: Any, explode: bool, schema: Any, raw: str, expected: Any) -> None:
    assert decode(of("path", schema, style, explode), path={"color": raw}) == {"color": expected}


@pytest.mark.parametrize(("style", "explode", "schema", "raw", "expected"), QUERIES)
def test_query(style: Any, explode: bool, schema: Any, raw: str, expected: Any) -> None:
    assert decode(of("query", schema, style, explode), query=raw) == {"color": expected}


@pytest.mark.parametrize(
    ("schema", "explode", "raw", "expected"),
    [
        (STRING, False, " blue ", "blue"),
        (STRING, False, "a%20b", "a%20b"),  # RFC 9110: not percent-encoded
        (INTEGER, False, "5", 5),
        (COLORS, False, "blue, black,brown", BLUE),
        (RGB, False, "R,100,G,200,B,150", MIX),
        (RGB, True, "R=100, G=200, B=150", MIX),
    ],
)
def test_header(schema: Any, explode: bool, raw: str, expected: Any) -> None:
    assert decode(of("header", schema, "simple", explode), header={"color": raw}) == {"color": expected}


@pytest.mark.parametrize(
    ("schema", "explode", "cookies", "expected"),
    [
        (STRING, True, {"color": "a%20b+c"}, "a b+c"),
        (COLORS, False, {"color": "blue,black,brown"}, BLUE),
        (COLORS, True, {"color": "blue&color=black&color=brown"}, BLUE),
        (COLORS, True, {"color": "blue,black,brown"}, BLUE),
        (RGB, False, {"color": "R,100,G,200,B,150"}, MIX),
        (RGB, True, {"R": "100", "G": "200", "B": "150"}, MIX),
    ],
)
def test_cookie(schema: Any, explode: bool, cookies: Any, expected: Any) -> None:
    assert decode(of("cookie", schema, "form", explode), cookies=cookies) == {"color": expected}


WRONG = [
    ("form", True, INTEGER, "color=a", [("/color", 'is not an integer: "a"')]),
    ("form", True, INTEGER, "color=1.0", [("/color", 'is not an integer: "1.0"')]),
    ("form", True, INTEGER, "color=%201", [("/color", 'is not an integer: " 1"')]),
    *(("form", True, INTEGER, f"color={text}", [("/color", f'is not an integer: "{text}"')])
      for text in ("", "01", "-01", "1e3", "0x1", "1_000", "null", "true")),
    ("form", True, INTEGER, "color=%2B1", [("/color", 'is not an integer: "+1"')]),
    ("form", True, INTEGER, "color=+1", [("/color", 'is not an integer: " 1"')]),
    ("form", True, INTEGER, "color=%D9%A1", [("/color", 'is not an integer: "١"')]),
    ("form", True, INTEGER, "color", [("/color", 'is not an integer: ""')]),
    *(("form", True, {"type": "boolean"}, f"color={text}", [("/color", f'is not a boolean: "{text}"')])
      for text in ("", "TRUE", "1", "0", "yes", "on")),
    *(("form", True, NUMBER, f"color={text}", [("/color", f'is not a number: "{text}"')])
      for text in ("1.", ".5", "Infinity", "-", "1e", "0x1p3")),
    ("form", True, NUMBER, "color=" + "9" * 350, [("/color", 'is not a number: "' + "9" * 58 + "…")]),
    ("form", True, {"enum": ["red"]}, "color=RED", [("/color", 'is not "red": "RED"')]),
    ("form", True, INTEGER, "color=١", [("/color", "is not percent-encoded UTF-8")]),
    ("form", True, INTEGER, "color=" + "9" * 500, [("/color", 'is not an integer: "' + "9" * 58 + "…")]),
    ("form", True, NUMBER, "color=1e999", [("/color", 'is not a number: "1e999"')]),
    ("form", True, NUMBER, "color=NaN", [("/color", 'is not a number: "NaN"')]),
    ("form", True, NUMBER, "color=01", [("/color", 'is not a number: "01"')]),
    ("form", True, {"type": "boolean"}, "color=True", [("/color", 'is not a boolean: "True"')]),
    ("form", True, STRING, "color=a&color=b", [("/color", "is given 2 times")]),
    ("form", False, COLORS, "color=a&color=b", [("/color", "is given 2 times")]),
    ("form", True, STRING, "color=%FF", [("/color", "is not percent-encoded UTF-8")]),
    ("form", True, COUNTS, "color=1&color=b&color=c",
     [("/color/1", 'is not an integer: "b"'), ("/color/2", 'is not an integer: "c"')]),
    ("form", False, RGB, "color=R,100,G", [("/color", "has a name without a value")]),
    ("form", False, RGB, "color=R,1,R,2", [("/color", 'has the property "R" twice')]),
    ("form", True, RGB, "R=1&R=2", [("/color", 'has the property "R" 2 times')]),
    ("deepObject", True, RGB, "color[R]=x", [("/color/R", 'is not an integer: "x"')]),
    ("deepObject", True, RGB, "color[R][S]=1", [("/color/R", "is not an integer: an object")]),
    ("deepObject", True, RGB, "color[R]=1&color[R]=2", [("/color", "is given 2 times")]),
    ("deepObject", True, RGB, "color[R=1", [("/color", "has the malformed key color[R")]),
    ("deepObject", True, RGB, "color[R]x=1", [("/color", "has the malformed key color[R]x")]),
    ("deepObject", True, RGB, "color[R]=1&color[R][S]=2", [("/color", 'has both a value and members at "R"')]),
    ("deepObject", True, RGB, "color[R][S]=2&color[R]=1", [("/color", 'has both a value and members at "R"')]),
    ("deepObject", True, {}, "color" + "[a]" * 33 + "=1", [("/color", "has a key of more than 32 levels")]),
    ("deepObject", True, COLORS, "color[a]=1", [("/color", "is an array, and has a key that is no number")]),
    ("deepObject", True, COLORS, "color[][a]=1",
     [("/color", "has members in [], which needs a number to tell its items apart")]),
    ("deepObject", True, {**RGB, "additionalProperties": False}, "color[X]=1", [("/color/X", 'unknown property "X"')]),
]  # fmt: skip


@pytest.mark.parametrize(("style", "explode", "schema", "raw", "expected"), WRONG)
def test_wrong_query(style: Any, explode: bool, schema: Any, raw: str, expected: Any) -> None:
    with pytest.raises(InvalidParameter) as caught:
        decode(of("query", schema, style, explode), query=raw)
    assert [(detail.pointer, detail.message) for detail in caught.value.errors] == expected
    assert {detail.location for detail in caught.value.errors} == {"query"}


@pytest.mark.parametrize(
    ("style", "explode", "schema", "raw", "message"),
    [
        ("label", False, STRING, "blue", 'does not begin with "."'),
        ("label", True, COLORS, "blue", 'does not begin with "."'),
        ("matrix", False, STRING, ";other=1", 'does not begin with ";color="'),
        ("matrix", True, COLORS, ";color=a;b", 'does not begin with ";color="'),
        ("simple", True, RGB, "R", 'has a part without "="'),
    ],
)
def test_wrong_path(style: Any, explode: bool, schema: Any, raw: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        decode(of("path", schema, style, explode), path={"color": raw})
    assert [detail.message for detail in caught.value.errors] == [message]


def test_all_problems_of_all_parameters_are_told_at_once() -> None:
    parameters = (
        Parameter("id", "path", True, INTEGER, "simple", False),
        Parameter("limit", "query", True, INTEGER, "form", True),
        Parameter("X-Shop/Id", "header", True, INTEGER, "simple", False),
        Parameter("session", "cookie", True, STRING, "form", True),
    )
    with pytest.raises(InvalidParameter) as caught:
        decode(*parameters, path={"id": "a"}, header={"X-Shop/Id": "b"})
    assert [(one.location, one.pointer, one.message) for one in caught.value.errors] == [
        ("path", "/id", 'is not an integer: "a"'),
        ("query", "/limit", "is required"),
        ("header", "/X-Shop~1Id", 'is not an integer: "b"'),
        ("cookie", "/session", "is required"),
    ]
    assert caught.value.description == 'path/id: is not an integer: "a" (and 3 more)'


def test_absent_parameters_are_left_out_or_have_their_default() -> None:
    parameters = (
        Parameter("plain", "query", False, STRING, "form", True),
        Parameter("limit", "query", False, {**INTEGER, "default": 10}, "form", True),
        Parameter("shop-id", "header", False, {**STRING, "default": "main"}, "simple", False),
    )
    assert decode(*parameters) == {"limit": 10, "shop_id": "main"}
    assert decode(*parameters, query="undeclared=1") == {"limit": 10, "shop_id": "main"}
    assert decode(*parameters, query="limit=3&plain=") == {"limit": 3, "plain": "", "shop_id": "main"}


def test_a_default_that_can_change_is_made_anew() -> None:
    decoder = compile_parameters(operation(of("query", {**COLORS, "default": ["red"]}, "form")), {}, same)
    first, second = (decoder({}, "", {}.get)["color"] for _ in range(2))
    assert first == second == ["red"]
    assert first is not second


def test_values_and_defaults_are_adapted() -> None:
    schema = {"type": "string", "format": "date", "default": "2026-01-02"}
    decoder = compile_parameters(
        operation(of("query", schema, "form")), {}, lambda _: datetime.date.fromisoformat
    )
    assert decoder({}, "", {}.get) == {"color": datetime.date(2026, 1, 2)}
    assert decoder({}, "color=2026-03-04", {}.get) == {"color": datetime.date(2026, 3, 4)}


def test_what_the_schema_allows_and_python_cannot_hold_is_the_clients_error() -> None:
    def refuse(_: Any) -> Any:
        raise Unusable([Finding(("a", 0), "", "is not of this world")])

    decoder = compile_parameters(operation(of("query", {"type": "string"}, "form")), {}, lambda _: refuse)
    with pytest.raises(InvalidParameter, match=r"query/color/a/0: is not of this world"):
        decoder({}, "color=x", {}.get)


@pytest.mark.parametrize(
    ("schema", "adapt"),
    [
        ({"type": "string", "format": "date", "default": "soon"}, datetime.date.fromisoformat),
        ({"type": "integer", "default": "few"}, int),
        ({"type": "integer", "default": [1]}, int),
        ({"type": "boolean", "default": "si"}, same),
        ({"type": "string", "enum": ["red"], "default": "blue"}, same),
    ],
)
def test_a_default_of_another_type_is_a_diagnostic(schema: Any, adapt: Any) -> None:
    with pytest.raises(BadConfiguration) as caught:
        compile_parameters(operation(of("query", schema, "form")), {}, lambda _: adapt)
    assert [one.code for one in caught.value.diagnostics] == ["MAC376"]


@pytest.mark.parametrize(("raw", "schema", "expected"), [
    ("color", STRING, ""), ("color=", STRING, ""), ("color", INTEGER, None), ("color=5", INTEGER, 5),
])  # fmt: skip
def test_an_empty_value_where_it_is_allowed(raw: str, schema: Any, expected: Any) -> None:
    assert decode(of("query", schema, "form", allow_empty_value=True), query=raw) == {"color": expected}


def test_parameters_described_by_content_are_json() -> None:
    filters = of("query", {"type": "object", "required": ["a"]}, "form", media_type="application/json")
    assert decode(filters, query="color=%7B%22a%22%3A%5B1%2C2%5D%7D") == {"color": {"a": [1, 2]}}
    for raw, message in (("{", "is not JSON: line 1, column 2"), ("{}", '"a" is required')):
        with pytest.raises(InvalidParameter) as caught:
            decode(filters, query="color=" + raw)
        assert [detail.message for detail in caught.value.errors] == [message]
    assert decode(of("header", STRING, "simple", media_type="text/plain"), header={"color": "x"}) == {
        "color": "x"
    }


def test_definitions_are_seen_through() -> None:
    schema = {"$ref": "#/$defs/Ids"}
    definitions: dict[str, Any] = {
        "Ids": {"allOf": [{"type": "array"}, {"items": {"$ref": "#/$defs/Id"}}]},
        "Id": INTEGER,
    }
    decoder = compile_parameters(operation(of("query", schema, "form", True)), definitions, same)
    assert decoder({}, "color=1&color=2", {}.get) == {"color": [1, 2]}


def test_an_operation_without_parameters() -> None:
    assert decode(query="a=1&b=%FF") == {}
