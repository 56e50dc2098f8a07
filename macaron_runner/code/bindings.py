"""What the statements of a module's top level bind its names to, read from the syntax tree.

Not for names that only running the code would bind (computed), nor for what they mean (meaning).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final

from macaron_runner.code.computed import read_computed
from macaron_runner.code.namespace import (
    Assigned,
    Defined,
    Deleted,
    FromImport,
    ModuleImport,
    Namespace,
    Opaque,
)

_ALL: Final = re.compile(r"(?<!sorted\()(?<!list\()\b__all__\b")


def read_namespace(tree: ast.Module, text: str, module: str, *, is_package: bool) -> Namespace:
    """Return the names of a module's top level; relative imports are made absolute."""
    namespace = Namespace()
    package = module if is_package else module.rpartition(".")[0]
    _Reader(namespace, package).block(tree.body, certain=True)
    read_computed(tree, text, namespace)
    namespace.dynamic = namespace.dynamic or "__getattr__" in namespace.names
    namespace.changes_all = len(_ALL.findall(text)) > 1
    return namespace


_MARKS_OF_FUNCTIONS: Final = frozenset({"__wrapped__", "__signature__", "__code__"})
"""Attributes of a function that change what it looks like from outside."""


class _Reader:
    """Notes the bindings of statements, one block after the other."""

    def __init__(self, namespace: Namespace, package: str) -> None:
        self._namespace = namespace
        self._package = package

    def block(self, statements: Iterable[ast.stmt], *, certain: bool, guarded: bool = False) -> None:
        """Note what a block binds; `guarded`: an exception in it is caught."""
        for statement in statements:
            self._statement(statement, certain, guarded)

    def _statement(self, statement: ast.stmt, certain: bool, guarded: bool) -> None:  # noqa: FBT001, C901 - a dispatch
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._namespace.add(statement.name, Defined(statement), certain=certain)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value, certain)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assign(target, value, certain)
            case ast.Import(names=names):
                for alias in names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    module = alias.name if alias.asname else bound
                    self._namespace.add(bound, ModuleImport(module), certain=certain)
            case ast.ImportFrom():
                self._import_from(statement, certain, guarded)
            case ast.If(test=test, body=body, orelse=orelse):
                self._choice(test, body, orelse, certain, guarded)
            case ast.Try() | ast.TryStar():
                self._try(statement, certain, guarded)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    self._opaque(item.optional_vars, certain=certain)
                self.block(body, certain=False, guarded=True)  # it may be contextlib.suppress
            case ast.For(target=target, body=body, orelse=orelse):
                self._opaque(target, certain=False)
                self.block((*body, *orelse), certain=False, guarded=guarded)
            case ast.While(body=body, orelse=orelse):
                self.block((*body, *orelse), certain=False, guarded=guarded)
            case ast.Match(cases=cases):
                for case in cases:
                    self._opaque(case.pattern, certain=False)
                    self.block(case.body, certain=False, guarded=guarded)
            case ast.Delete(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        self._namespace.add(target.id, Deleted(), certain=certain)
            case ast.AugAssign(target=target):
                self._opaque(target, certain=certain)
            case ast.Expr(value=ast.Call(args=arguments)):  # lazy.attach(__name__, …) may bind what it likes
                named = any(isinstance(each, ast.Name) and each.id == "__name__" for each in arguments)
                self._namespace.dynamic = self._namespace.dynamic or named

    def _assign(self, target: ast.expr, value: ast.expr, certain: bool) -> None:  # noqa: FBT001 - as _statement
        match target:
            case ast.Name(id=name):
                self._namespace.add(name, Assigned(value), certain=certain)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if attribute in _MARKS_OF_FUNCTIONS:
                self._namespace.add(name, Opaque(), certain=False)
            case ast.Tuple() | ast.List() | ast.Starred():
                self._opaque(target, certain=certain)

    def _opaque(self, target: ast.AST | None, *, certain: bool) -> None:
        """Note the names that a target or a pattern binds."""
        for node in ast.walk(target) if target is not None else ():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._namespace.add(node.id, Opaque(), certain=certain)
            elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name is not None:
                self._namespace.add(node.name, Opaque(), certain=certain)
            elif isinstance(node, ast.MatchMapping) and node.rest is not None:
                self._namespace.add(node.rest, Opaque(), certain=certain)

    def _import_from(self, statement: ast.ImportFrom, certain: bool, guarded: bool) -> None:  # noqa: FBT001
        module = absolute_module(statement, self._package)
        for alias in statement.names:
            if alias.name == "*":
                self._namespace.add_star(module)
                continue
            what = FromImport(module, alias.name, guarded=guarded)
            self._namespace.add(alias.asname or alias.name, what, certain=certain)

    def _choice(
        self,
        test: ast.expr,
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        certain: bool,  # noqa: FBT001 - as _statement
        guarded: bool,  # noqa: FBT001
    ) -> None:
        outcome = outcome_of(test)
        if outcome is not False:
            self.block(body, certain=certain and outcome is True, guarded=guarded)
        if outcome is not True:
            self.block(orelse, certain=certain and outcome is False, guarded=guarded)

    def _try(self, statement: ast.Try | ast.TryStar, certain: bool, guarded: bool) -> None:  # noqa: FBT001
        caught = not all(isinstance(handler.body[-1], ast.Raise) for handler in statement.handlers)
        self.block(statement.body, certain=certain and not caught, guarded=guarded or caught)
        for handler in statement.handlers:
            self.block(handler.body, certain=False, guarded=guarded)
        self.block(statement.orelse, certain=certain and not caught, guarded=guarded or caught)
        self.block(statement.finalbody, certain=certain, guarded=guarded)


def absolute_module(statement: ast.ImportFrom, package: str) -> str:
    """Return the full name of the module in `from … import`, written in a module of `package`.

    "" where it would be above all packages.
    """
    if not statement.level:
        return statement.module or ""
    parts = package.split(".") if package else []
    if statement.level > len(parts):
        return ""
    above = parts[: len(parts) - statement.level + 1]
    return ".".join((*above, *([statement.module] if statement.module else [])))


def outcome_of(test: ast.expr) -> bool | None:
    """Return what a condition is whenever a module is imported in earnest, None where that depends.

    TYPE_CHECKING is false, and so is `__name__ == "__main__"`.
    """
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            outcome = outcome_of(operand)
            return None if outcome is None else not outcome
        case ast.Compare(
            left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant("__main__")]
        ):
            return False
    return None
