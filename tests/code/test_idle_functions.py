"""Functions that look like handlers and answer nothing: one file in idle/ is one case."""

import sys
from functools import partial
from pathlib import Path

import pytest

from macaron_runner.code.function import Function
from macaron_runner.code.handlers import find_handler
from macaron_runner.code.idle import find_idle_functions
from macaron_runner.code.written import WrittenCode
from macaron_runner.diagnostics import Location
from macaron_runner.rendering import render_text
from tests.code.conftest import parse_case, write_files
from tests.support.authentication import operation_with

CASES = sorted((Path(__file__).parent / "idle").glob("*.txt"))
OPERATIONS = [
    operation_with(operation_id=name, locate=partial(Location, "shop.yaml", line, 5))
    for line, name in enumerate(("listOrders", "getOrder"), 10)
]
FOR_CLIENTS = operation_with(operation_id="createCustomer")


def idle_in(folder):
    code = WrittenCode((folder,), sys.path)
    found = [find_handler(operation, [("shop", None)], code).handler for operation in OPERATIONS]
    unanswered = [operation for operation, handler in zip(OPERATIONS, found, strict=True) if handler is None]
    answering = [handler for handler in found if isinstance(handler, Function)]
    module = code.module("shop", None)
    return find_idle_functions([module], answering, [*OPERATIONS, FOR_CLIENTS], unanswered, [folder])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_report(case, tmp_path):
    files = parse_case(case.read_text())
    report = files.pop("report")
    write_files(tmp_path, files)
    assert render_text(idle_in(tmp_path)).replace(f"{tmp_path}/", "").strip() == report.strip()


def test_where_there_are_too_many_files_nothing_is_said(tmp_path):
    write_files(tmp_path, {"shop.py": "def forgotten(): ...\n"})
    assert len(idle_in(tmp_path)) == 1
    write_files(tmp_path, {f"parts/m{number}.py": "" for number in range(600)})
    assert idle_in(tmp_path) == ()
