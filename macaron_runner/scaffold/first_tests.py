"""The first tests of a service made from a document: few, and true also when the handlers do their work.

Not for testing what handlers will do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from macaron_runner.openapi.operation import Api, Operation
from macaron_runner.scaffold.bindings import Bindings
from macaron_runner.scaffold.examples import example_of
from macaron_runner.scaffold.files import NewFile
from macaron_runner.scaffold.python import literal
from macaron_runner.scaffold.service import NewVerifier
from macaron_runner.validation.schema import Definitions

_PATH: Final = re.compile(r"[A-Za-z0-9_/{}.~-]+")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_MOST: Final = 3

_HEAD: Final = '''\
"""The API, asked as its clients do."""


def test_starts(client):
    """Every operation has its handler, or there would be no service."""
    assert client.get("/ping").json == {{}}
'''
_PARAMETRIZED: Final = '''\
"""The API, asked as its clients do."""

import pytest


def test_starts(client):
    """Every operation has its handler, or there would be no service."""
    assert client.get("/ping").json == {{}}


@pytest.mark.parametrize(
    ("method", "path"),
    {cases},
)
def test_asks_for_a_credential(client, method, path):
    assert client.open(path, method=method).status_code == 401
'''
_ANSWERS: Final = """

def test_answers(client):
    assert client.get({path}).status_code == {status}
"""


def first_tests(api: Api, bindings: Bindings, verifiers: Sequence[NewVerifier]) -> NewFile:
    """Return tests/test_api.py: the service starts, what is protected is, and what is open answers."""
    operations = [bound.operation for bound in bindings.bound if _PATH.fullmatch(bound.operation.route)]
    guarded = [each for each in operations if _is_guarded(each)][:_MOST] if verifiers else []
    cases = [[each.method, _filled(each)] for each in guarded]
    text = _PARAMETRIZED.format(cases=_pairs(cases)) if cases else _HEAD.format()
    definitions = Definitions(api.schemas)
    for operation in operations:
        if _is_easy(operation) and (example := example_of(operation, definitions)) is not None:
            status = example.status or _only_success(operation)
            text += _ANSWERS.format(path=literal(operation.route), status=status)
            break
    return NewFile.of("tests/test_api.py", text)


def _pairs(cases: list[list[str]]) -> str:
    lines = "".join(f"        ({literal(method)}, {literal(path)}),\n" for method, path in cases)
    flat = "[" + ", ".join(f"({literal(method)}, {literal(path)})" for method, path in cases) + "]"
    return flat if len(flat) <= 83 else f"[\n{lines}    ]"


def _is_guarded(operation: Operation) -> bool:
    return bool(operation.security) and () not in operation.security and operation.method in _METHODS


def _is_easy(operation: Operation) -> bool:
    """Tell whether anybody may ask without saying anything."""
    needs = operation.body is not None or any(parameter.required for parameter in operation.parameters)
    is_open = not operation.security and "x-decorate-server" not in operation.extensions
    return operation.method == "GET" and is_open and not needs and "{" not in operation.path


def _only_success(operation: Operation) -> int:
    return next(int(each.status) for each in operation.responses if each.status.startswith("2"))


def _filled(operation: Operation) -> str:
    """Return a path of the operation: nobody looks at its values before the credential."""
    return re.sub(r"\{[^}]*\}", "1", operation.route)
