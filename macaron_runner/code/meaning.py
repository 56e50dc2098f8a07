"""What a name of a module means in the end: followed through assignments, imports and decorators, and never guessed.

Not for reading modules (library), nor for what decorators do (decorators).
"""

from __future__ import annotations

import ast
from dataclasses import replace
from enum import Enum
from typing import Final, TypeAlias

from macaron_runner.code.annotations import read_types
from macaron_runner.code.decorators import Effect, Target, effect_of
from macaron_runner.code.function import UNKNOWABLE, Function, Unknowable
from macaron_runner.code.known import MARKERS, OUR_PACKAGE, TASK, TRANSPARENT, is_known
from macaron_runner.code.library import Library, ModuleText
from macaron_runner.code.namespace import (
    Assigned,
    Defined,
    Deleted,
    FromImport,
    ModuleImport,
    Namespace,
    What,
    listed_names,
)
from macaron_runner.code.parsing import Definition
from macaron_runner.code.signatures import signature_of_arguments


class Nothing(Enum):
    """What cannot be called: a name that is not there, or one of a plain value."""

    ABSENT = "absent"
    VALUE = "value"


Meaning: TypeAlias = Function | Unknowable | Nothing

_VALUES: Final = (
    *(ast.Constant, ast.List, ast.Dict, ast.Tuple, ast.Set, ast.JoinedStr),
    *(ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp),
)
"""Expressions whose values cannot be called."""


class Meanings:
    """Follows names through the modules of a library; each is followed once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[tuple[str, str], Meaning] = {}
        self._followed: set[tuple[str, str]] = set()

    def of(self, module: ModuleText, name: str) -> Meaning:
        """Return what a name means in a module once that is imported. A circle of names means nothing that is known."""
        key = (module.name, name)
        if key in self._known:
            return self._known[key]
        if key in self._followed:
            return UNKNOWABLE
        self._followed.add(key)
        try:
            self._known[key] = meaning = self._follow(module, name)
        except RecursionError:
            return UNKNOWABLE
        finally:
            self._followed.discard(key)
        return meaning

    def text(self, module: str) -> ModuleText:
        """Return a module; one of which nothing is known where it is not there or broken."""
        return self._library.text(module)

    def is_own(self, module: str) -> bool:
        """Tell whether a module is the service's own."""
        return self._library.is_own(module)

    def is_near(self, module: ModuleText, name: str) -> bool:
        """Tell whether a name may mean something of the service's own; a look at what binds it, and no further."""
        namespace = module.namespace
        if namespace is None:
            return False
        if any(self.is_own(star) for star in namespace.stars_over(name)):
            return True
        return any(self._is_near_binding(namespace, what) for what in namespace.bindings(name))

    def _is_near_binding(self, namespace: Namespace, what: What) -> bool:
        match what:
            case Defined() | Assigned(value=ast.Name() | ast.Lambda() | ast.Call(args=[ast.Name()])):
                return True
            case FromImport(module=imported):
                return self.is_own(imported)
            case Assigned(value=ast.Attribute() as value):
                roots = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
                return any(
                    isinstance(each, ModuleImport | FromImport) and self.is_own(each.module)
                    for root in roots
                    for each in namespace.bindings(root)
                )
        return False

    def target(self, module: ModuleText, expression: ast.expr) -> Target | None:
        """Return what an expression names, as far as a known or a readable function; None where that is not clear."""
        match expression:
            case ast.Name(id=name):
                return self._target_of_name(module, name, depth=0)
            case ast.Attribute(attr=name):
                owner = self.module_of(module, expression.value)
                return self._target_in(owner, name, depth=0) if owner is not None else None
        return None

    def module_of(self, module: ModuleText, expression: ast.expr) -> str | None:
        """Return the full name of the module that an expression as `shop` or `shop.orders` names, None for others."""
        match expression:
            case ast.Name(id=name) if module.namespace is not None:
                match module.namespace.bindings(name):
                    case (ModuleImport(module=named),):
                        return named
                    case (FromImport(module=parent, name=child),):
                        full = f"{parent}.{child}"
                        own = parent == module.name and child == name
                        is_module = own or self.of(self._library.text(parent), child) is Nothing.ABSENT
                        return full if is_module and self._library.read(full) is not None else None
            case ast.Attribute(value=value, attr=child):
                owner = self.module_of(module, value)
                full = f"{owner}.{child}"
                return full if owner is not None and self._library.read(full) is not None else None
        return None

    def _follow(self, module: ModuleText, name: str) -> Meaning:
        if is_known(f"{module.name}.{name}"):
            return _known_function(module.name, name)
        if module.namespace is None:
            return UNKNOWABLE
        bindings = [self._of_binding(module, name, what) for what in module.namespace.bindings(name)]
        found = [meaning for meaning in bindings if meaning is not None]
        for star in module.namespace.stars_over(name):
            starred = self._of_star(star, name)
            found += [starred] if starred is not Nothing.ABSENT else []
        if not found:
            return _missing(module, module.namespace, name)
        if any(meaning != found[0] for meaning in found):
            return UNKNOWABLE
        surely = module.namespace.is_surely_bound(name)
        return found[0] if surely or not isinstance(found[0], Function) else _hidden(found[0])

    def _of_binding(self, module: ModuleText, name: str, what: What) -> Meaning | None:
        """Return what one binding makes of a name; None where it surely never happens."""
        match what:
            case Defined(node=node):
                return self._defined(module, node)
            case Assigned(value=value):
                return self._of_expression(module, value, name)
            case ModuleImport(module=imported):
                return UNKNOWABLE if self._library.text(imported).open else Nothing.VALUE
            case FromImport(module=imported, name=inner, guarded=guarded):
                if guarded and self._library.read(imported) is None:
                    return None
                if imported == module.name and inner == name:  # a package that imports its own submodule
                    return self._submodule(f"{imported}.{inner}")
                return self._imported(imported, inner)
            case Deleted():
                return Nothing.ABSENT
        return UNKNOWABLE

    def _imported(self, module: str, name: str) -> Meaning:
        full = f"{module}.{name}"
        if is_known(full):
            return _known_function(module, name)
        meaning = self.of(self._library.text(module), name)
        if meaning is not Nothing.ABSENT:
            return meaning
        return self._submodule(full)  # importing its name finds that, although its package does not bind it

    def _submodule(self, full_name: str) -> Meaning:
        inner = self._library.read(full_name)
        return Nothing.VALUE if isinstance(inner, ModuleText) and not inner.open else UNKNOWABLE

    def _of_star(self, module: str, name: str) -> Meaning:
        """Return what `from module import *` brings under a name; ABSENT where it surely brings none."""
        exported = exported_names(self._library.text(module))
        if exported is None:
            return UNKNOWABLE
        return self.of(self._library.text(module), name) if name in exported else Nothing.ABSENT

    def _of_expression(self, module: ModuleText, value: ast.expr, name: str) -> Meaning:
        match value:
            case ast.Name(id=other) if module.namespace is not None:
                once = module.namespace.is_bound_once(other)
                return self.of(module, other) if once else UNKNOWABLE
            case ast.Attribute(attr=attribute):
                owner = self.module_of(module, value.value)
                return self._imported(owner, attribute) if owner is not None else UNKNOWABLE
            case ast.Lambda(args=arguments) if module.source is not None:
                place = replace(module.source.locate(value), length=len("lambda"))
                return Function(module.name, name, signature_of_arguments(arguments), place)
            case ast.Call(func=decorator, args=[ast.Name() as inner], keywords=[]):
                function = self._of_expression(module, inner, name)
                return self._wrapped(module, function, decorator)
        return Nothing.VALUE if isinstance(value, _VALUES) else UNKNOWABLE

    def _wrapped(self, module: ModuleText, function: Meaning, decorator: ast.expr) -> Meaning:
        """Return what `decorator(function)` is."""
        effect = effect_of(self, module, decorator) if isinstance(function, Function) else None
        if effect is None or not isinstance(function, Function):
            return UNKNOWABLE
        return _decorated(function, effect)

    def _defined(self, module: ModuleText, node: Definition) -> Meaning:
        """Return the function of a `def`; of a class, which can be called too, the signature is not told."""
        assert module.source is not None
        is_class = isinstance(node, ast.ClassDef)
        signature = None if isinstance(node, ast.ClassDef) else signature_of_arguments(node.args)
        function = Function(module.name, node.name, signature, module.source.locate_name(node))
        for decorator in reversed(node.decorator_list):
            effect = None if is_class else effect_of(self, module, decorator)
            function = _decorated(function, effect) if effect is not None else _hidden(function)
        if function.task is not None and len(node.decorator_list) == 1 and not isinstance(node, ast.ClassDef):
            return replace(function, types=read_types(self, module, node))
        return function

    def _target_of_name(self, module: ModuleText, name: str, depth: int) -> Target | None:
        if module.namespace is None or depth > _DEEPEST:
            return None
        bindings = module.namespace.bindings(name)
        if not bindings and not module.open and not module.namespace.stars:
            return f"builtins.{name}"
        if len(bindings) != 1 or module.namespace.stars_over(name):
            return None
        match bindings[0]:
            case Defined(node=ast.FunctionDef() as node):
                return module, node
            case FromImport(module=imported, name=inner):
                return self._target_in(imported, inner, depth + 1)
            case Assigned(value=ast.Name(id=other)) if module.namespace.is_bound_once(other):
                return self._target_of_name(module, other, depth + 1)
            case Assigned(value=ast.Attribute(attr=attribute) as value):
                owner = self.module_of(module, value.value)
                return self._target_in(owner, attribute, depth + 1) if owner is not None else None
        return None

    def _target_in(self, module: str, name: str, depth: int) -> Target | None:
        full = f"{module}.{name}"
        if module.partition(".")[0] in _KNOWN_PACKAGES:
            return full
        text = self._library.text(module)
        return self._target_of_name(text, name, depth) if text.namespace is not None else None


_DEEPEST: Final = 50
_KNOWN_PACKAGES: Final = frozenset(
    {name.partition(".")[0] for name in (*TASK, *MARKERS, *TRANSPARENT)} - {"builtins"}
)


def _decorated(function: Function, effect: Effect) -> Function:
    """Return a function inside a decorator whose effect is known."""
    marker = (
        "required" if "required" in (function.marker, effect.marker) else function.marker or effect.marker
    )
    return replace(function, marker=marker, task=effect.task)  # what wraps a task is none


def _hidden(function: Function) -> Function:
    """Return a function inside a decorator of which nothing is known."""
    return replace(function, signature=None, task=None, certain=False, types={})


def _known_function(module: str, name: str) -> Function:
    return Function(module, name, None, marker=MARKERS.get(f"{module}.{name}"))


def _missing(module: ModuleText, namespace: Namespace, name: str) -> Meaning:
    """Return what a name means that the text of a module does not bind."""
    if module.name == OUR_PACKAGE:
        return UNKNOWABLE if name in (listed_names(namespace) or ()) else Nothing.ABSENT
    return UNKNOWABLE if module.open or name.startswith("__") else Nothing.ABSENT


def exported_names(module: ModuleText) -> frozenset[str] | None:
    """Return the names that `from module import *` brings; None where only importing could tell."""
    if module.namespace is None:
        return None
    if module.name == OUR_PACKAGE or not (module.namespace.dynamic or module.namespace.stars):
        return listed_names(module.namespace)
    return None
