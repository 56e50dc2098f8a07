"""The types of a function's parameters, read from its text: plain ones, and what is made of them.

    days: int                    int
    since: "date | None"         date | None, after `from datetime import date`
    order: apipool.shop.Order    not known: only importing tells

Not for the types of imported functions (tasks.arguments).
"""

from __future__ import annotations

import ast
import builtins
import collections.abc
import datetime
import decimal
import typing
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from macaron_runner.code.namespace import Deleted, FromImport

if TYPE_CHECKING:
    from macaron_runner.code.library import ModuleText
    from macaron_runner.code.namespace import Namespace

_ANY_NUMBER: Final = -1
_NAMES: Final[Mapping[Any, Mapping[str, int]]] = {
    builtins: {
        **dict.fromkeys(("bool", "bytes", "float", "int", "str"), 0),
        **dict.fromkeys(("frozenset", "list", "set"), 1),
        "dict": 2,
        "tuple": _ANY_NUMBER,
    },
    collections.abc: {"Mapping": 2, "Sequence": 1},
    datetime: dict.fromkeys(("date", "datetime", "time", "timedelta"), 0),
    decimal: {"Decimal": 0},
    typing: {
        "Any": 0,
        **dict.fromkeys(("FrozenSet", "List", "Optional", "Sequence", "Set"), 1),
        "Dict": 2,
        "Mapping": 2,
        "Literal": _ANY_NUMBER,
        "Tuple": _ANY_NUMBER,
        "Union": _ANY_NUMBER,
    },
    uuid: {"UUID": 0},
}
_PLAIN: Final[Mapping[str, tuple[Any, int]]] = {
    f"{module.__name__}.{name}": (getattr(module, name), count)
    for module, names in _NAMES.items()
    for name, count in names.items()
}
"""The types that are known, by full name, and how many types each is made of: `dict[str, int]` of two."""

_NO_TYPE_ALONE: Final = (typing.Optional, typing.Literal, typing.Union)


class Imports(Protocol):
    """Tells which module an expression names."""

    def module_of(self, module: ModuleText, expression: ast.expr) -> str | None:
        """Return its full name; None where the expression names none."""
        ...

    def is_own(self, module: str) -> bool:
        """Tell whether a module is the service's own."""
        ...


class _UnknownError(Exception):
    """What an annotation means is not known."""


class _DoubtfulError(Exception):
    """An annotation may name what is not there when the module runs: then Python tells none of the function's types."""


def read_types(
    imports: Imports, module: ModuleText, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> Mapping[str, Any]:
    """Return the types of a function's parameters by name, as far as the text tells them; it stands in `module`."""
    if module.namespace is None or module.open:
        return {}
    reading = _Reading(imports, module, module.namespace)
    try:
        known = {name: reading.type_or_none(annotation) for name, annotation in _annotations(node)}
    except (_DoubtfulError, TypeError, SyntaxError, ValueError, RecursionError):
        return {}
    return {name: found[0] for name, found in known.items() if found is not None and name != "return"}


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    arguments = node.args
    every = (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    )
    for argument in every:
        if argument is not None and argument.annotation is not None:
            yield argument.arg, _parsed(argument.annotation)
    if node.returns is not None:
        yield "return", _parsed(node.returns)


def _parsed(annotation: ast.expr) -> ast.expr:
    """Return an annotation; of one that is written as a text, what the text says. Raises SyntaxError."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value.strip(), mode="eval").body
    return annotation


class _Reading:
    """Reads annotations that stand in one module, and have been parsed."""

    def __init__(self, imports: Imports, module: ModuleText, namespace: Namespace) -> None:
        self._imports = imports
        self._module = module
        self._namespace = namespace

    def type_or_none(self, annotation: ast.expr) -> tuple[Any] | None:
        """Return the type that an annotation means (which may be None itself), or None where that is not known.

        Raises _DoubtfulError, and TypeError where Python would refuse it.
        """
        try:
            return (self._type(annotation),)
        except _UnknownError:
            self._doubt(annotation)
            return None

    def _doubt(self, annotation: ast.expr) -> None:
        """Raise _DoubtfulError unless all that an annotation names is surely there when the module runs."""
        for each in ast.walk(annotation):
            match each:
                case ast.Name(id=name) if not self._is_there(name):
                    raise _DoubtfulError
                case ast.Constant(value=str()):  # a name, or any other text
                    raise _DoubtfulError

    def _type(self, annotation: ast.expr) -> Any:
        match annotation:
            case ast.Constant(value=None):
                return None
            case ast.Constant(value=str()):
                return self._type(_parsed(annotation))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return typing.Union[self._type(left), self._type(right)]  # noqa: UP007 - made of values
            case ast.Subscript(value=value, slice=inner):
                return self._made_of(*self._named(value), inner)
        kind, _ = self._named(annotation)
        if kind in _NO_TYPE_ALONE:
            raise _UnknownError
        return kind

    def _made_of(self, kind: Any, count: int, inner: ast.expr) -> Any:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if kind is typing.Literal:
            return kind[tuple(_constant(part) for part in parts)]
        if not parts or count not in (len(parts), _ANY_NUMBER):
            raise _DoubtfulError
        types = [... if _is_ellipsis(part) else self._type(part) for part in parts]
        return kind[tuple(types)] if len(types) > 1 else kind[types[0]]

    def _named(self, expression: ast.expr) -> tuple[Any, int]:
        try:
            return _PLAIN[self._full_name(expression)]
        except KeyError:
            raise _UnknownError from None

    def _full_name(self, expression: ast.expr) -> str:
        """Return what an expression names, as the imports of its module say; "" where they do not."""
        match expression:
            case ast.Attribute(value=value, attr=name):
                owner = self._imports.module_of(self._module, value)
                return "" if owner is None or self._imports.is_own(owner) else f"{owner}.{name}"
            case ast.Name(id=name) if self._is_there(name):
                match self._namespace.bindings(name):
                    case ():
                        return f"builtins.{name}"
                    case (FromImport(module=owner, name=inner),) if self._namespace.is_bound_once(name):
                        return "" if self._imports.is_own(owner) else f"{owner}.{inner}"
        return ""

    def _is_there(self, name: str) -> bool:
        """Tell whether a name is surely bound when the module has run, and by what its text shows."""
        if self._namespace.stars_over(name):
            return False
        bindings = self._namespace.bindings(name)
        if not bindings:
            return hasattr(builtins, name)
        deleted = any(isinstance(each, Deleted) for each in bindings)
        return self._namespace.is_surely_bound(name) and not deleted


def _constant(expression: ast.expr) -> Any:
    if not isinstance(expression, ast.Constant):
        raise _UnknownError
    return expression.value


def _is_ellipsis(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is ...
