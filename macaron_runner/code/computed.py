"""Names that code binds by computing, and not by a statement of a module's top level.

    globals()[name] = handler       any name may be bound
    global handler                  handler may be anything

Not for statements (bindings).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Final

from macaron_runner.code.namespace import Defined, Namespace, Opaque

_UNUSUAL: Final = re.compile(
    r":=|\b(global|globals|locals|vars|exec|eval|setattr|delattr|__dict__)\b|\bmodules\s*\[|\bsys\.modules\b"
)
"""Words without which none of what `read_computed` looks for can be in a text."""
_ALWAYS: Final = frozenset({"globals", "exec", "eval"})
_WITHOUT_ARGUMENTS: Final = frozenset({"locals", "vars"})
_ON_OBJECTS: Final = frozenset({"setattr", "delattr", "vars"})


def read_computed(tree: ast.Module, text: str, namespace: Namespace) -> None:
    """Note names bound from inside functions and expressions, and whether others may be bound by computing."""
    if not _UNUSUAL.search(text):
        return
    for node in ast.walk(tree):
        match node:
            case ast.NamedExpr(target=ast.Name(id=name)):
                namespace.add(name, Opaque(), certain=False)
            case ast.Global(names=names):
                for name in names:
                    namespace.add(name, Opaque(), certain=False)
            case ast.Attribute(attr="__dict__"):
                namespace.dynamic = namespace.dynamic or not _is_local(node.value, namespace)
            case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Name(), ctx=ast.Store()):
                namespace.replace_all()  # sys.modules[__name__] = …
            case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
                namespace.dynamic = True
            case ast.Call(func=ast.Name(id=called), args=arguments):
                namespace.dynamic = namespace.dynamic or _computes_names(called, arguments, namespace)


def _computes_names(called: str, arguments: Sequence[ast.expr], namespace: Namespace) -> bool:
    if called in _ALWAYS or (called in _WITHOUT_ARGUMENTS and not arguments):
        return True
    return called in _ON_OBJECTS and bool(arguments) and not _is_local(arguments[0], namespace)


def _is_local(value: ast.expr, namespace: Namespace) -> bool:
    """Tell whether an expression is surely no module: a name that the top level does not bind to a module."""
    if not isinstance(value, ast.Name):
        return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "type"
    return all(isinstance(what, Defined) for what in namespace.bindings(value.id))
