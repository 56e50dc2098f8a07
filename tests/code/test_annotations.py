"""Types that are read from annotations, held against those that Python tells once the module has run."""

from __future__ import annotations

import typing

import pytest

HEAD = """\
import collections.abc, datetime as dt, decimal, typing, uuid
import uuid as ids
from collections.abc import Mapping, Sequence
from datetime import date, datetime as moment, time
from decimal import Decimal
from typing import Annotated, Any, Dict, List, Literal, Optional, Tuple, Union
from macaron_runner import apipool, asynctask

class Order: ...
Kind = int
"""
KNOWN = """\
int; str; bool; float; bytes; list; dict; tuple; None; Any; typing.Any
date; moment; time; dt.date; dt.timedelta; Decimal; decimal.Decimal; uuid.UUID; ids.UUID
list[int]; list[list[date]]; dict[str, Decimal]; set[str]; frozenset[int]; List[int]; Dict[str, int]
tuple[int, ...]; tuple[int, str, date]; Tuple[int, ...]; Sequence[int]; Mapping[str, Any]
int | None; int | str | None; list[int | None]; collections.abc.Sequence[str]; 'int'; 'list[date] | None'
Optional[date]; typing.Optional[int]; Union[int, str]; Optional[list[dict[str, int]]]
Literal['fast', 'slow']; Literal[1, None, True]"""
UNKNOWN = """\
Order; Kind; list[Order]; int | Order; 'Order'; apipool.shop.Order; Annotated[int, 7]; object; complex; type[int]
Optional; Literal; Literal[-1]; typing.Callable[[int], str]; int if Kind else str"""
DOUBTFUL = "Absent; list['Order']; Annotated[int, 'x']; 'int['; int[str]; Dict[int]; tuple[()]"


def annotations(text: str) -> list[str]:
    return [each.strip() for line in text.splitlines() for each in line.split(";")]


def read(written, text: str, name: str):
    """Return the types that reading finds of a task."""
    module = written(jobs=text).module("jobs", None)
    return dict(module.members())[name].types


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_what_is_read_is_what_python_tells(written, future: str) -> None:
    tasks = [
        f"@asynctask()\ndef task{number}(one: {said}, *, two: int): ...\n"
        for number, said in enumerate(annotations(KNOWN))
    ]
    text = future + HEAD + "".join(tasks)
    module = written(jobs=text).module("jobs", None)
    namespace: dict[str, typing.Any] = {"__name__": "jobs"}
    exec(compile(text, "jobs.py", "exec", dont_inherit=True), namespace)
    functions = dict(module.members())
    for number, said in enumerate(annotations(KNOWN)):
        told = typing.get_type_hints(namespace[f"task{number}"].function)
        found = functions[f"task{number}"].types
        assert {name: kind or type(None) for name, kind in found.items()} == told, said


@pytest.mark.parametrize("said", annotations(UNKNOWN))
def test_what_is_not_known_leaves_the_others(written, said: str) -> None:
    text = f"{HEAD}@asynctask()\ndef task(one: {said}, *, two: int): ...\n"
    assert read(written, text, "task") == {"two": int}


@pytest.mark.parametrize("said", annotations(DOUBTFUL))
def test_of_what_may_fail_nothing_is_told(written, said: str) -> None:
    text = (
        f"from __future__ import annotations\n{HEAD}@asynctask()\ndef task(one: {said}, *, two: int): ...\n"
    )
    assert read(written, text, "task") == {}
    returning = f"from __future__ import annotations\n{HEAD}@asynctask()\ndef task(two: int) -> {said}: ...\n"
    assert read(written, returning, "task") == {}
