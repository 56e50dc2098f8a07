"""What a name means in code that is imported and in code that is only read: one file in cases/ is one case.

Under `--- expected`, a line a name of the module `shop`, as reading sees it: a function as `create(body, limit=…)` with
its full name where that is another, `?` for one of which nothing more is known, `nothing`, or `unknowable`. Importing
must see the same, or anything where reading does not know.
"""

import inspect
import sys
from pathlib import Path

import pytest

from macaron_runner.code.function import UNKNOWABLE, Function
from macaron_runner.code.imported import ImportedCode
from macaron_runner.code.written import WrittenCode
from tests.code.conftest import parse_case, write_files

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


def shown(found):
    """Return what was found as the cases write it."""
    if found is None:
        return "nothing"
    if found is UNKNOWABLE:
        return "unknowable"
    marks = [f"({found.marker})"] if found.marker else []
    marks += [f"(task {found.task.options.get('queue') or ''}".strip() + ")"] if found.task else []
    if not found.certain:
        return " ".join(["?", *marks])
    signature = f"({', '.join(arguments(found.signature))})" if found.signature else ""
    return " ".join([found.full_name + signature, *marks])


def arguments(signature):
    for argument in signature.parameters.values():
        has_default = argument.default is not inspect.Parameter.empty
        text = str(argument.replace(default=inspect.Parameter.empty, annotation=inspect.Parameter.empty))
        yield f"{text}=…" if has_default else f"{text} [{argument.kind.description.split()[0]}]"


def test_there_are_cases():
    assert len(CASES) > 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_names_mean(case, importable):
    files = parse_case(case.read_text())
    expected = dict(line.split(": ", 1) for line in files.pop("expected").splitlines() if line)
    write_files(importable, files)
    code = WrittenCode((importable,), sys.path, sys.meta_path)
    module = code.module("shop", None)
    before = set(sys.modules)
    seen = {name: module.function(name) for name in expected}
    assert {name: brief(shown(found)) for name, found in seen.items()} == expected
    assert not set(sys.modules) - before
    assert not code.problems
    agree(seen, ImportedCode((importable,)).module("shop", None))


def brief(text):
    """Return a line as it stands in a case: the kinds of arguments are compared, but not shown."""
    return (
        text.replace(" [positional]", "")
        .replace(" [keyword-only]", "")
        .replace(" [variadic]", "")
        .replace(" [positional-only]", "")
    )


def agree(seen, imported):
    for name, found in seen.items():
        if found is UNKNOWABLE or (isinstance(found, Function) and not found.certain):
            continue
        real = imported.function(name)
        if found is None or found.signature is None:
            assert (real is None) == (found is None), name
            continue
        assert shown(real) == shown(found), name
        assert place(real) == place(found), name


def place(function):
    return function.location and (
        Path(function.location.file).name,
        function.location.line,
        function.location.column,
        function.location.length,
    )
