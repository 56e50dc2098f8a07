"""The tables of the specifications, each cell read and written: "Style Examples", RFC 6570, collectionFormat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from macaron_runner.errors import InvalidParameter
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Parameter
from macaron_runner.validation.escaping import Inexpressible
from tests.support.codec import color, compile_reading, written

if TYPE_CHECKING:
    from pathlib import Path

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
ARRAY = {"type": "array", "items": STRING}
OBJECT = {"type": "object", "properties": {"R": INTEGER, "G": INTEGER, "B": INTEGER}}
COLUMNS: tuple[tuple[Any, Any], ...] = (
    (STRING, ""),
    (STRING, "blue"),
    (ARRAY, ["blue", "black", "brown"]),
    (OBJECT, {"R": 100, "G": 200, "B": 150}),
)

# OpenAPI 3.2, "Style Examples": style and explode, then an empty text, a text, an array and an object.
STYLE_EXAMPLES = """
path    matrix          false  ;color  ;color=blue  ;color=blue,black,brown                    ;color=R,100,G,200,B,150
path    matrix          true   ;color  ;color=blue  ;color=blue;color=black;color=brown        ;R=100;G=200;B=150
path    label           false  .       .blue        .blue,black,brown                          .R,100,G,200,B,150
path    label           true   .       .blue        .blue.black.brown                          .R=100.G=200.B=150
path    simple          false  (empty) blue         blue,black,brown                           R,100,G,200,B,150
path    simple          true   (empty) blue         blue,black,brown                           R=100,G=200,B=150
header  simple          false  (empty) blue         blue,black,brown                           R,100,G,200,B,150
header  simple          true   (empty) blue         blue,black,brown                           R=100,G=200,B=150
query   form            false  color=  color=blue   color=blue,black,brown                     color=R,100,G,200,B,150
query   form            true   color=  color=blue   color=blue&color=black&color=brown         R=100&G=200&B=150
query   spaceDelimited  false  n/a     n/a          color=blue%20black%20brown                 color=R%20100%20G%20200%20B%20150
query   pipeDelimited   false  n/a     n/a          color=blue%7Cblack%7Cbrown                 color=R%7C100%7CG%7C200%7CB%7C150
query   deepObject      true   n/a     n/a          n/a                                        color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150
cookie  form            false  color=  color=blue   color=blue,black,brown                     color=R,100,G,200,B,150
cookie  form            true   color=  color=blue   color=blue&color=black&color=brown         R=100;@G=200;@B=150
cookie  cookie          false  color=  color=blue   color=blue,black,brown                     color=R,100,G,200,B,150
cookie  cookie          true   color=  color=blue   color=blue;@color=black;@color=brown       R=100;@G=200;@B=150
"""  # noqa: E501 - the table of the specification; @ is a space


def style_examples() -> list[Any]:
    return [
        pytest.param(
            color(location, style, explode == "true", schema), value, raw, id=f"{location} {style} {raw}"
        )
        for location, style, explode, *cells in map(str.split, STYLE_EXAMPLES.strip().splitlines())
        for (schema, value), cell in zip(COLUMNS, cells, strict=True)
        for raw in [cell.replace("(empty)", "").replace("@", " ")]
        if cell != "n/a"
    ]


@pytest.mark.parametrize(("parameter", "value", "raw"), style_examples())
def test_style_examples(parameter: Parameter, value: Any, raw: str) -> None:
    assert compile_reading(parameter)(raw) == {"color": value}
    assert written(parameter, value) == raw


# How clients and older versions of the specification write the same.
@pytest.mark.parametrize(
    ("location", "style", "explode", "column", "raw"),
    [
        ("path", "label", False, 2, ".blue.black.brown"),
        ("path", "label", False, 3, ".R.100.G.200.B.150"),
        ("query", "spaceDelimited", False, 2, "color=blue+black+brown"),
        ("query", "spaceDelimited", True, 2, "color=blue&color=black&color=brown"),
        ("query", "pipeDelimited", False, 2, "color=blue|black%7cbrown"),
        ("query", "deepObject", False, 3, "color[R]=100&color[G]=200&color[B]=150"),
        ("query", "deepObject", True, 2, "color[]=blue&color[]=black&color[]=brown"),
        ("query", "deepObject", True, 2, "color[0]=blue&color[2]=brown&color[1]=black"),
        ("query", "deepObject", True, 2, "color=blue&color=black&color=brown"),
        ("query", "deepObject", True, 1, "color=blue"),
        ("cookie", "form", True, 2, "color=blue,black,brown"),
        ("cookie", "form", True, 2, "color=blue; a=1; color=black; color=brown"),
        ("header", "simple", False, 2, "blue, black ,\tbrown"),
        ("header", "simple", True, 3, "R=100, G=200, B=150"),
    ],
)
def test_written_otherwise(location: Any, style: Any, explode: bool, column: int, raw: str) -> None:
    schema, value = COLUMNS[column]
    assert compile_reading(color(location, style, explode, schema))(raw) == {"color": value}


LIST = ["red", "green", "blue"]
KEYS = {"semi": ";", "dot": ".", "comma": ","}
MAP = {"type": "object", "properties": dict.fromkeys(KEYS, STRING)}

# The examples of RFC 6570 sections 3.2.2-3.2.8, of one variable each. Level 4's prefixes have no style.
RFC_6570: list[tuple[str, str, str, bool, Any, Any, str]] = [
    ("var", "path", "simple", False, STRING, "value", "value"),
    ("hello", "path", "simple", False, STRING, "Hello World!", "Hello%20World%21"),
    ("half", "path", "simple", False, STRING, "50%", "50%25"),
    ("list", "path", "simple", False, ARRAY, LIST, "red,green,blue"),
    ("list", "path", "simple", True, ARRAY, LIST, "red,green,blue"),
    ("keys", "path", "simple", False, MAP, KEYS, "semi,%3B,dot,.,comma,%2C"),
    ("keys", "path", "simple", True, MAP, KEYS, "semi=%3B,dot=.,comma=%2C"),
    ("who", "path", "label", False, STRING, "fred", ".fred"),
    ("half", "path", "label", False, STRING, "50%", ".50%25"),
    ("list", "path", "label", False, ARRAY, LIST, ".red,green,blue"),
    ("list", "path", "label", True, ARRAY, LIST, ".red.green.blue"),
    ("keys", "path", "label", False, MAP, KEYS, ".semi,%3B,dot,.,comma,%2C"),
    ("who", "path", "matrix", False, STRING, "fred", ";who=fred"),
    ("half", "path", "matrix", False, STRING, "50%", ";half=50%25"),
    ("größe", "path", "matrix", False, STRING, "7", ";gr%C3%B6%C3%9Fe=7"),
    (
        "größe",
        "path",
        "matrix",
        True,
        ARRAY,
        LIST,
        ";gr%C3%B6%C3%9Fe=red;gr%C3%B6%C3%9Fe=green;gr%C3%B6%C3%9Fe=blue",
    ),
    ("empty", "path", "matrix", False, STRING, "", ";empty"),
    ("list", "path", "matrix", False, ARRAY, LIST, ";list=red,green,blue"),
    ("list", "path", "matrix", True, ARRAY, LIST, ";list=red;list=green;list=blue"),
    ("keys", "path", "matrix", False, MAP, KEYS, ";keys=semi,%3B,dot,.,comma,%2C"),
    ("keys", "path", "matrix", True, MAP, KEYS, ";semi=%3B;dot=.;comma=%2C"),
    ("who", "query", "form", False, STRING, "fred", "who=fred"),
    ("half", "query", "form", False, STRING, "50%", "half=50%25"),
    ("empty", "query", "form", False, STRING, "", "empty="),
    ("list", "query", "form", False, ARRAY, LIST, "list=red,green,blue"),
    ("list", "query", "form", True, ARRAY, LIST, "list=red&list=green&list=blue"),
    ("keys", "query", "form", False, MAP, KEYS, "keys=semi,%3B,dot,.,comma,%2C"),
    ("keys", "query", "form", True, MAP, KEYS, "semi=%3B&dot=.&comma=%2C"),
]


@pytest.mark.parametrize(("name", "location", "style", "explode", "schema", "value", "raw"), RFC_6570)
def test_rfc_6570(
    name: str, location: Any, style: Any, explode: bool, schema: Any, value: Any, raw: str
) -> None:
    parameter = Parameter(name, location, True, schema, style, explode)
    assert compile_reading(parameter)(raw) == {name: value}
    dot_is_a_delimiter = (
        style == "label" and schema is MAP
    )  # RFC 6570's own text cannot be told apart when exploded
    assert written(parameter, value) == (raw.replace(",.,", ",%2E,") if dot_is_a_delimiter else raw)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ("value", "value"),
        ("Hello World!", "Hello%20World!"),
        ("50%", "50%25"),
        ("http://example.com/home/", "http://example.com/home/"),
        ("/foo/bar", "/foo/bar"),
        ("a%2Fb", "a%2Fb"),
        ("a&b+c#d[e]", "a%26b%2Bc%23d%5Be%5D"),  # these would end the value, or mean something else
    ],
)
def test_reserved_expansion(value: str, raw: str) -> None:
    assert written(color("query", schema=STRING, allow_reserved=True), value) == f"color={raw}"


SWAGGER = """
swagger: "2.0"
info: {title: Colors, version: "1"}
paths:
  /colors/{color}:
    parameters: [{name: color, in: path, required: true, type: string}]
    get:
      parameters:
        - {name: color, in: LOCATION, required: true, type: array, items: {type: string}, collectionFormat: FORMAT}
      responses: {200: {description: fine}}
"""


@pytest.mark.parametrize(
    ("location", "collection_format", "raw"),
    [
        ("path", "csv", "blue,black,brown"),
        ("header", "csv", "blue,black,brown"),
        ("query", "csv", "color=blue,black,brown"),
        ("query", "ssv", "color=blue%20black%20brown"),
        ("query", "tsv", "color=blue%09black%09brown"),
        ("query", "pipes", "color=blue%7Cblack%7Cbrown"),
        ("query", "multi", "color=blue&color=black&color=brown"),
    ],
)
def test_collection_formats(tmp_path: Path, location: str, collection_format: str, raw: str) -> None:
    file = tmp_path / "colors.yaml"
    file.write_text(SWAGGER.replace("LOCATION", location).replace("FORMAT", collection_format))
    (operation,) = read_api(read_document(file), "colors").operations
    (parameter,) = (one for one in operation.parameters if one.location == location)
    assert compile_reading(parameter)(raw) == {"color": ["blue", "black", "brown"]}
    assert written(parameter, ["blue", "black", "brown"]) == raw


@pytest.mark.parametrize(
    ("outer", "inner", "raw"),
    [
        ("multi", "csv", "color=1,2&color=3"),
        ("csv", "pipes", "color=1%7C2,3"),
        ("pipes", "ssv", "color=1%202%7C3"),
        ("ssv", "tsv", "color=1%092%203"),
    ],
)
def test_collection_formats_of_arrays_in_arrays(tmp_path: Path, outer: str, inner: str, raw: str) -> None:
    file = tmp_path / "colors.yaml"
    items = f"items: {{type: array, items: {{type: integer}}, collectionFormat: {inner}}}, collectionFormat: {outer}"
    text = SWAGGER.replace("items: {type: string}, collectionFormat: FORMAT", items).replace(
        "LOCATION", "query"
    )
    file.write_text(text)
    (operation,) = read_api(read_document(file), "colors").operations
    (parameter,) = (one for one in operation.parameters if one.location == "query")
    assert compile_reading(parameter)(raw) == {"color": [[1, 2], [3]]}
    assert written(parameter, [[1, 2], [3]]) == raw


@pytest.mark.parametrize(
    ("location", "style", "explode", "value", "reason"),
    [
        ("query", "form", True, None, "null has no text"),
        ("query", "form", False, [None], "null has no text"),
        ("query", "form", True, float("nan"), "a number that JSON does not have"),
        ("query", "form", True, object(), "a value of type object has no JSON form"),
        ("query", "form", True, {}, "an empty object has no text in this style"),
        ("query", "form", True, [""], "an empty array and one of an empty text look the same"),
        ("query", "form", True, "\ud800", "text that is not valid Unicode (a lone surrogate)"),
        ("query", "spaceDelimited", False, ["a b"], "'a b' contains the delimiter ' ' of its style"),
        ("query", "deepObject", True, {"a": []}, "an empty array or object has no text in style deepObject"),
        ("query", "deepObject", True, {"a]": 1}, "a name with brackets has no text in style deepObject: a]"),
        ("path", "matrix", True, [], "an empty array has no text in this style"),
        ("path", "simple", False, "..", "'..' cannot be a whole segment of a path"),
        ("header", "simple", False, "a\nb", "'a\\nb' cannot stand in a header"),
        ("header", "simple", False, ["a,b"], "'a,b' cannot stand between commas in a header"),
        ("cookie", "cookie", False, "a;b", "'a;b' cannot stand in a cookie that is not encoded"),
        ("cookie", "form", True, {"a b": 1}, "'a b' cannot stand as the name of a cookie"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    location: Any, style: Any, explode: bool, value: Any, reason: str
) -> None:
    with pytest.raises(Inexpressible) as caught:
        written(color(location, style, explode), value)
    assert str(caught.value) == f'the {location} parameter "color" cannot be sent: {reason}'


def test_a_whole_query_is_a_form_or_json() -> None:
    schema = {"type": "object", "properties": {"n": INTEGER, "tags": ARRAY}, "required": ["n"]}
    form = color("querystring", schema=schema, media_type="application/x-www-form-urlencoded")
    json = color("querystring", schema=schema, media_type="application/json")
    value = {"n": 1, "tags": ["a b", "c&d"]}
    for parameter, raw in (
        (form, "n=1&tags=a%20b&tags=c%26d"),
        (json, "%7B%22n%22%3A1%2C%22tags%22%3A%5B%22a%20b%22%2C%22c%26d%22%5D%7D"),
    ):
        assert written(parameter, value) == raw
        assert compile_reading(parameter)(raw) == {"color": value}
    for raw, pointer, message in (
        ("n=x", "/color/n", 'is not an integer: "x"'),
        ("tags=a", "/color", '"n" is required'),
        ("", "/color", "is required"),
    ):
        with pytest.raises(InvalidParameter) as caught:
            compile_reading(form)(raw)
        assert [(one.location, one.pointer, one.message) for one in caught.value.errors] == [
            ("querystring", pointer, message)
        ]
