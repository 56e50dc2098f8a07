"""Answers as `macaron call` prints them: JSON, a table, text, or bytes as they came. Not for errors' words (call)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from macaron_runner.cli.table import table
from macaron_runner.display import printable


def show(value: Any, form: str) -> None:
    """Print a value on stdout: a text and bytes as they are, nothing for none, all else in the form."""
    if isinstance(value, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(value)
    elif isinstance(value, str):
        print(value)
    elif value is not None:
        print(_table(value) if form == "table" else json.dumps(value, indent=2, ensure_ascii=False))


def _table(value: Any) -> str:
    """Return a table: a row an item; of an object whose only list is of objects those, else a row a property."""
    rows = _rows_in(value)
    if rows is None:
        pairs = value.items() if isinstance(value, Mapping) else [("value", value)]
        return table([(printable(str(key)), _cell(each)) for key, each in pairs]) if pairs else ""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        return ""
    head = tuple(printable(name).upper() for name in names)
    return table([head, *(tuple(_cell(row.get(name)) for name in names) for row in rows)])


def _rows_in(value: Any) -> list[Mapping[str, Any]] | None:
    if isinstance(value, Mapping):
        lists = [each for each in value.values() if isinstance(each, list)]
        return _rows_in(lists[0]) if len(lists) == 1 and lists[0] else None
    if not isinstance(value, list):
        return None
    return [each if isinstance(each, Mapping) else {"value": each} for each in value]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
