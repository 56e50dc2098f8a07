"""What a decorator leaves of the function under it, found by reading the decorator itself.

    def traced(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs): ...
        return wrapper                        -> the function's own signature still counts

Not for decorators that are applied to imported code (layers).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from macaron_runner.code.function import Marker, TaskDeclaration
from macaron_runner.code.known import MARKERS, TASK, TRANSPARENT, UPDATE_WRAPPER, WRAPS

if TYPE_CHECKING:
    from macaron_runner.code.library import ModuleText

Target: TypeAlias = "str | tuple[ModuleText, ast.FunctionDef]"
"""The full name of a function that is known of, or the definition of one that can be read, and its module."""


class Namer(Protocol):
    """Tells what an expression in a module names."""

    def target(self, module: ModuleText, expression: ast.expr) -> Target | None:
        """Return it; None where that is not clear."""
        ...


@dataclass(frozen=True, slots=True)
class Effect:
    """What a known decorator adds to a function whose signature it leaves as it is."""

    marker: Marker | None = None
    task: TaskDeclaration | None = None


NONE: Final = Effect()


def effect_of(namer: Namer, module: ModuleText, decorator: ast.expr) -> Effect | None:
    """Return what a decorator does, None where it may do anything. It is written in `module`."""
    call = decorator if isinstance(decorator, ast.Call) else None
    target = namer.target(module, call.func if call is not None else decorator)
    match target:
        case None:
            return None
        case str() as name:
            return _known_effect(name, call, module)
        case (home, node):
            return NONE if _Reading(namer, home).is_transparent(node, called=call is not None) else None


def _known_effect(name: str, call: ast.Call | None, module: ModuleText) -> Effect | None:
    if name in TASK:
        return Effect(task=_declaration(call, module))
    if name in MARKERS and call is None:
        return Effect(marker=MARKERS[name])
    use = TRANSPARENT.get(name)
    return NONE if use in ("either", "bare" if call is None else "called") else None


def _declaration(call: ast.Call | None, module: ModuleText) -> TaskDeclaration:
    """Return what `@asynctask(queue="slow")` says; what is computed has a place and no value."""
    said = {
        keyword.arg: keyword.value
        for keyword in (call.keywords if call is not None else ())
        if keyword.arg is not None
    }
    places = {name: module.source.locate(value) for name, value in said.items()} if module.source else {}
    constants = {name: value.value for name, value in said.items() if isinstance(value, ast.Constant)}
    return TaskDeclaration(constants, places)


class _Reading:
    """Reads the definition of a decorator, which stands in `home`."""

    def __init__(self, namer: Namer, home: ModuleText) -> None:
        self._namer = namer
        self._home = home

    def is_transparent(self, node: ast.FunctionDef, *, called: bool) -> bool:
        """Tell whether what it returns shows, or is, the function it is given; `called`: it returns the decorator."""
        if node.decorator_list or _is_generator(node):
            return False
        if not called:
            return self._shows_its_argument(node, outer=frozenset())
        returned = _returned(node)
        inner = _definitions(node)
        if returned is None or not isinstance(returned, ast.Name) or returned.id not in inner:
            return False
        decorator = inner[returned.id]
        if decorator is None or decorator.decorator_list:
            return False
        return self._shows_its_argument(decorator, outer=_local_names(node))

    def _shows_its_argument(self, node: ast.FunctionDef, outer: frozenset[str]) -> bool:
        arguments = [*node.args.posonlyargs, *node.args.args]
        returned = _returned(node)
        if not arguments or returned is None:
            return False
        given = arguments[0].arg
        if _binds(node, given):
            return False
        match returned:
            case ast.Name(id=name) if name == given:
                return True
            case ast.Name(id=name):
                wrapper = _definitions(node).get(name)
                return wrapper is not None and self._wraps(wrapper, given, outer | _local_names(node))
            case (
                ast.Call(func=ast.Call(func=func, args=[ast.Name(id=wrapped)]))
                | ast.Call(func=func, args=[_, ast.Name(id=wrapped)])
            ):
                return wrapped == given and self._namer.target(self._home, func) in (WRAPS, UPDATE_WRAPPER)
        return False

    def _wraps(self, wrapper: ast.FunctionDef, given: str, around: frozenset[str]) -> bool:
        """Tell whether a wrapper says what it wraps, or takes anything and holds no other function."""
        match wrapper.decorator_list:
            case [ast.Call(func=func, args=[ast.Name(id=wrapped), *_])]:
                return wrapped == given and self._namer.target(self._home, func) == WRAPS
            case []:
                held = _names_used(wrapper) & around - {wrapper.name}
                return _takes_anything(wrapper.args) and held == {given} and not _names_used_of(wrapper)
        return False


def _returned(node: ast.FunctionDef) -> ast.expr | None:
    """Return what a function returns where it has one `return`, as its last statement; None for any other."""
    last = node.body[-1]
    if not isinstance(last, ast.Return) or sum(isinstance(each, ast.Return) for each in _own(node)) != 1:
        return None
    return last.value


def _definitions(node: ast.FunctionDef) -> dict[str, ast.FunctionDef | None]:
    """Return the functions defined in the body of another; None for a name that is bound in other ways as well."""
    found: dict[str, ast.FunctionDef | None] = {}
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            found[each.name] = None if each.name in found or _binds(node, each.name) else each
    return {
        **found,
        **{each.name: _as_plain(each) for each in node.body if isinstance(each, ast.AsyncFunctionDef)},
    }


def _as_plain(node: ast.AsyncFunctionDef) -> ast.FunctionDef:
    """Return an async function as if it were a plain one: for signatures and wrapping they are the same."""
    plain = ast.FunctionDef(node.name, node.args, node.body, node.decorator_list)
    return ast.copy_location(plain, node)


def _own(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what stands in a function, but not in functions, lambdas and classes inside it."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        each = waiting.pop()
        yield each
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(each)


def _is_generator(node: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _own(node))


def _binds(node: ast.FunctionDef, name: str) -> bool:
    """Tell whether a function's own statements assign a name, or change what it looks like."""
    for each in _own(node):
        if isinstance(each, ast.Name) and each.id == name and not isinstance(each.ctx, ast.Load):
            return True
        if isinstance(each, ast.Attribute) and each.attr in ("__wrapped__", "__signature__"):
            return True
    return False


def _local_names(node: ast.FunctionDef) -> frozenset[str]:
    """Return the names that live in a function: those that functions inside it can hold on to."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    names = {each.arg for each in every}
    for inner in _own(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(inner.name)
        elif isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            names.add(inner.id)
        elif isinstance(inner, ast.alias):
            names.add((inner.asname or inner.name).partition(".")[0])
    return frozenset(names)


def _names_used(node: ast.FunctionDef) -> frozenset[str]:
    return frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _names_used_of(node: ast.FunctionDef) -> bool:
    """Tell whether a wrapper declares names of an outer function as its own to change."""
    return any(isinstance(each, ast.Nonlocal) for each in ast.walk(node))


def _takes_anything(arguments: ast.arguments) -> bool:
    named = arguments.posonlyargs or arguments.args or arguments.kwonlyargs
    return not named and arguments.vararg is not None and arguments.kwarg is not None
