"""Tasks and what names them, in code that is imported and in code that is only read: one file in tasks/ is one case.

Under `--- report` is what reading finds; `--- only imported` has the codes of what importing finds besides.
"""

import sys
from pathlib import Path

import pytest

from macaron_runner.assembly import extend_python_path
from macaron_runner.code.tasks import check_tasks, find_tasks, load_modules, task_modules
from macaron_runner.code.written import read_code
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.rendering import render_text
from macaron_runner.tasks.discover import load_tasks
from tests.code.conftest import parse_case, write_files

CASES = sorted((Path(__file__).parent / "tasks").glob("*.txt"))


def read(configuration):
    """Return what reading finds wrong."""
    code = read_code(configuration, sys.path)
    modules, complete = load_modules(task_modules(configuration, (), code), code)
    tasks, duplicates = find_tasks(modules)
    return (*code.problems, *duplicates, *check_tasks(configuration, tasks, modules, complete=complete))


def imported(configuration):
    """Return what importing finds wrong."""
    extend_python_path(configuration)
    try:
        load_tasks(configuration)
    except BadConfiguration as problem:
        return problem.diagnostics
    return ()


def shown(found, folder):
    return render_text(found).replace(f"{folder}/", "").replace(str(folder), "FOLDER").strip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_report(case, importable):
    files = parse_case(case.read_text())
    report, besides = files.pop("report"), files.pop("only imported", "").split()
    head = "macaron: 1\nservice: {name: shop}\napis: {shop: {spec: shop.yaml, handlers: shop}}\n"
    write_files(importable, {**files, "macaron.yaml": head + files["macaron.yaml"]})
    configuration = load(Selection(str(importable / "macaron.yaml")), environ={})
    found = read(configuration)
    assert shown(found, importable) == report.strip()
    known = {(problem.code, problem.message) for problem in found}
    real = {(problem.code, problem.message) for problem in imported(configuration)}
    assert known <= real
    assert sorted(code for code, _ in real - known) == besides
