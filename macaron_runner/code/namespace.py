"""The names of a module's top level, and everything its text may bind each of them to, in order.

    def f(): ...            f: Defined
    g = f                   g: Assigned
    from shop import h      h: FromImport("shop", "h")
    try: from fast import k
    except ImportError: def k(): ...    k: FromImport("fast", "k") or Defined

Not for finding that in a syntax tree (bindings), nor for what a name means in the end (meaning).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from macaron_runner.code.parsing import Definition


@dataclass(frozen=True, slots=True)
class Defined:
    """`def`, `async def` or `class`."""

    node: Definition


@dataclass(frozen=True, slots=True)
class Assigned:
    """`name = expression`."""

    value: ast.expr


@dataclass(frozen=True, slots=True)
class ModuleImport:
    """`import a.b` binds a to module "a", `import a.b as c` binds c to module "a.b"."""

    module: str


@dataclass(frozen=True, slots=True)
class FromImport:
    """`from module import name`; `guarded` where a failure is caught, so that the name is then bound otherwise."""

    module: str
    name: str
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """`del name`."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """Anything whose value only running the code would tell: a loop's variable, an unpacked tuple."""


What: TypeAlias = Defined | Assigned | ModuleImport | FromImport | Deleted | Opaque


@dataclass(frozen=True, slots=True)
class _Binding:
    what: What
    certain: bool
    order: int


@dataclass
class Namespace:
    """The names of one module. `dynamic` tells whether running it may bind names that its text does not show.

    `changes_all` tells whether more is done with `__all__` than to assign it.
    """

    dynamic: bool = False
    changes_all: bool = False
    _bindings: dict[str, list[_Binding]] = field(default_factory=dict)
    _stars: list[tuple[str, int]] = field(default_factory=list)
    _order: int = 0

    def add(self, name: str, what: What, *, certain: bool) -> None:
        """Note that a name is bound, after all that was noted before; `certain` where that surely happens."""
        self._order += 1
        self._bindings.setdefault(name, []).append(_Binding(what, certain, self._order))

    def add_star(self, module: str) -> None:
        """Note `from module import *`."""
        self._order += 1
        self._stars.append((module, self._order))

    def replace_all(self) -> None:
        """Note that the module may put another one in its place."""
        self.dynamic = True
        for name in tuple(self._bindings):
            self.add(name, Opaque(), certain=True)

    @property
    def names(self) -> Iterator[str]:
        """The names bound in the text, in its order."""
        return iter(self._bindings)

    @property
    def stars(self) -> tuple[str, ...]:
        """The modules of which everything is imported."""
        return tuple(module for module, _ in self._stars)

    def bindings(self, name: str) -> tuple[What, ...]:
        """Return what a name may be bound to in the end: its last certain binding and those after it; () for none."""
        return tuple(each.what for each in self._last(name))

    def stars_over(self, name: str) -> tuple[str, ...]:
        """Return the modules of which everything is imported so late that they may rebind a name."""
        last = self._last(name)
        since = last[0].order if last and last[0].certain else 0
        return tuple(module for module, order in self._stars if order > since)

    def is_surely_bound(self, name: str) -> bool:
        """Tell whether a name is bound however conditions turn out; by `import *` it is, where it is in there."""
        last = self._last(name)
        return not last or last[0].certain

    def is_bound_once(self, name: str) -> bool:
        """Tell whether there is exactly one binding of a name in the whole text."""
        return len(self._bindings.get(name, ())) == 1

    def _last(self, name: str) -> Sequence[_Binding]:
        every = self._bindings.get(name, [])
        certain = [index for index, each in enumerate(every) if each.certain]
        return every[certain[-1] :] if certain else every


def listed_names(namespace: Namespace) -> frozenset[str] | None:
    """Return the public names: those of `__all__`, else those without underscore; None where they are computed."""
    if namespace.changes_all:
        return None
    match namespace.bindings("__all__"):
        case ():
            return frozenset(name for name in namespace.names if not name.startswith("_"))
        case (Assigned(value=ast.List(elts=items) | ast.Tuple(elts=items)),):
            values = [item.value for item in items if isinstance(item, ast.Constant)]
            names = [value for value in values if isinstance(value, str)]
            return frozenset(names) if len(names) == len(items) else None
    return None
