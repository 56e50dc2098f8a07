"""Documents that mean harm, or are only odd: their text becomes names, literals and docstrings, and never code."""

from __future__ import annotations

import ast
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.scaffold.names import dns_label, function_name, module_name, package_name, words_of_path
from macaron_runner.scaffold.python import docstring, literal
from tests.scaffold.conftest import Maker

CODE = "__import__('os').system('touch /tmp/pwned')"
TEXTS = [
    f'"""\n{CODE}\n"""',
    f"'''\n{CODE}\n'''",
    '"',
    '""',
    '"""',
    "ends with a backslash \\",
    'ends with \\"',
    f"\\N{{BULLET}} \\u0041 \\x41 {{{CODE}}} %s",
    f"\r\n{CODE}\r{CODE}",
    f"\u2028{CODE}\u2029\x0b\x0c{CODE}",
    "\u202e reversed \x00 \x1b[31m",
    "../../../etc/passwd",
    "😀 ünï 中文",
    "x" * 5000,
    "word " * 500,
]
PLAIN = {
    *(
        ast.Module,
        ast.FunctionDef,
        ast.arguments,
        ast.arg,
        ast.Expr,
        ast.Constant,
        ast.Return,
        ast.Raise,
        ast.Name,
    ),
    *(
        ast.Load,
        ast.ImportFrom,
        ast.alias,
        ast.Dict,
        ast.List,
        ast.Tuple,
        ast.Attribute,
        ast.BinOp,
        ast.BitOr,
    ),
    *(ast.Subscript, ast.UnaryOp, ast.USub),
}
"""What a module of handlers is made of: nothing in it calls anything when it is imported."""


def document(operations: list[dict[str, Any]], **more: Any) -> str:
    paths = {f"/p{number}": {"get": each} for number, each in enumerate(operations)}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths, **more})


def operation(**more: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok"}}, **more}


def nodes(text: str) -> set[type[ast.AST]]:
    return {type(node) for node in ast.walk(ast.parse(text))}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts(make: Maker, text: str) -> None:
    answer = {"description": text, "content": {"application/json": {"example": {text: [text, {"a": text}]}}}}
    parameter = {
        "name": "q",
        "in": "query",
        "description": text,
        "schema": {"type": "string", "default": text},
    }
    made = make.text(
        document(
            [
                operation(operationId="a", summary=text, description=text, tags=[text]),
                {"operationId": text, "parameters": [parameter], "responses": {"200": answer}},
                operation(tags=[text], **{"x-bind-server": text}),
            ]
        ),
        ending="json",
    )
    module = made.text("petstore/api.py")
    assert nodes(module) <= PLAIN
    functions = [node for node in ast.parse(module).body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 3
    assert [node.args.defaults[0].value for node in functions if node.args.defaults] == [text]  # type: ignore[attr-defined]
    *_, last = functions[1].body
    if isinstance(last, ast.Return) and last.value is not None:
        assert ast.literal_eval(last.value) == {text: [text, {"a": text}]}
    formatted = made.run("ruff", "format", "--isolated", "--diff", ".")
    assert formatted.returncode == 0, formatted.stdout
    assert made.problems() == ()


@pytest.mark.parametrize(
    "name",
    [
        "self",
        "body",
        "__debug__",
        "NotImplementedYet",
        "None",
        "class",
        "parameters",
        "a-b",
        "1st",
        "ä",
        "print",
        "date",
    ],
)
def test_parameters(make: Maker, name: str) -> None:
    parameter = {"name": name, "in": "query", "schema": {"type": "string", "format": "date"}}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    made = make.text(
        document([operation(operationId="a", parameters=[parameter], requestBody=body)]), ending="json"
    )
    assert nodes(made.text("petstore/api.py")) <= PLAIN
    assert made.problems() == ()


def test_a_thousand_operations(make: Maker) -> None:
    operations = [operation(summary=f"Number {number}", tags=[f"tag{number % 20}"]) for number in range(1000)]
    begin = time.process_time()
    made = make.text(document(operations), ending="json")
    assert time.process_time() - begin < 10
    functions = [
        node.name
        for text in made.python.values()
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert len({name for name in functions if name.startswith("get_p")}) == 1000
    assert made.problems() == ()


@settings(max_examples=300)
@given(st.text(), st.text())
def test_docstrings_of_anything(head: str, text: str) -> None:
    module = ast.parse(f"def f():\n{docstring(head, text, '    ')}    return 1\n")
    (function,) = module.body
    assert isinstance(function, ast.FunctionDef)
    assert [type(node) for node in function.body] == [ast.Expr, ast.Return]


@settings(max_examples=300)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=25,
    )
)
def test_literals_of_anything(value: Any) -> None:
    assert ast.literal_eval(literal(value, "    ", 7, 0).strip()) == value


@settings(max_examples=200)
@given(st.text())
def test_names_of_anything(text: str) -> None:
    function, module, label = function_name(text), module_name(text), dns_label(text)
    ast.parse(f"def {function}(): ...\nimport {module}\n")
    assert function.isidentifier()
    assert module.isascii()
    assert words_of_path("GET", text).isidentifier()
    assert dns_label(label) == label
    if label:
        ast.parse(f"import {package_name(label, ())}")


@pytest.mark.parametrize(
    ("label", "package"),
    [
        ("shop", "shop"), ("my-shop", "my_shop"), ("json", "json_service"), ("flask", "flask_service"),
        ("class", "class_service"), ("tests", "tests_service"), ("ping", "ping_service"), ("a" * 63, "a" * 50),
    ],
)  # fmt: skip
def test_packages(label: str, package: str) -> None:
    assert package_name(label, {"flask"}) == package
