"""What lies under a function's decorators: the functions it wraps, its real signature, the place of its `def`.

For imported functions. Not for those that are only read (written, decorators).
"""

from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

from macaron_runner.configuration.files import shown_name
from macaron_runner.diagnostics import Location

_DEF: Final = re.compile(r"\s*(?:(?:async\s+)?def|class)\s+(\w+)")
_LAMBDA: Final = "<lambda>"
_MOST_LINES_OF_DECORATORS: Final = 60


def layers(function: object) -> Iterator[object]:
    """Yield a function and those it wraps, outermost first.

    Decorators that use functools.wraps say what they wrap; of others it is the one function their closure holds.
    """
    seen: set[int] = set()
    inner: object = function
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        inner = attribute_of(inner, "__wrapped__") or _enclosed(inner)


def attribute_of(value: object, name: str) -> Any:
    """Return an attribute, None where there is none or where asking for it fails: proxies stand for absent things."""
    try:
        return getattr(value, name, None)
    except Exception:  # a proxy's error may be any
        return None


def _enclosed(function: object) -> object | None:
    """Return the one function in the closure of a wrapper that takes anything, or None."""
    if not isinstance(function, FunctionType) or not _takes_anything(inspect.signature(function)):
        return None
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    functions = [content for content in cells if isinstance(content, FunctionType)]
    return functions[0] if len(functions) == 1 else None


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that was never assigned
        return False


def _takes_anything(signature: inspect.Signature) -> bool:
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    return kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]


def innermost_of(function: object) -> object:
    """Return the innermost function that decorators wrap; the object itself where they wrap none."""
    *_, innermost = layers(function)
    return innermost


def signature_of(function: object) -> inspect.Signature | None:
    """Return the signature by which a function is called: that of the innermost function its decorators wrap.

    None where it cannot be told: some callables written in C tell nothing, and a proxy may fail in any way.
    """
    innermost = innermost_of(function)
    try:
        return inspect.signature(innermost if callable(innermost) else function)  # type: ignore[arg-type]  # it is callable
    except Exception:  # see above
        return None


def place_of_function(function: object) -> Location | None:
    """Return where the `def` of the innermost function stands that decorators wrap, or None for no function."""
    code = attribute_of(innermost_of(function), "__code__")
    if not isinstance(code, CodeType):
        return None
    file = shown_name(Path(code.co_filename))
    first = code.co_firstlineno  # that of a decorator, where there is one
    if code.co_name == _LAMBDA:
        column = linecache.getline(code.co_filename, first).find("lambda")
        return Location(file, first, column + 1, len("lambda"))
    lines = linecache.getlines(code.co_filename)[first - 1 : first + _MOST_LINES_OF_DECORATORS]
    for number, line in enumerate(lines, first):
        found = _DEF.match(line)
        if found is not None:
            return Location(file, number, found.start(1) + 1, len(found[1]))
    return Location(file, first, 1)
