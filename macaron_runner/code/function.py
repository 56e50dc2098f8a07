"""What is known of one function of the service, whether it was imported or only read from its text.

Not for finding it (imported, written), nor for calling it (server.binding, tasks.task).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, TypeAlias

from macaron_runner.diagnostics import Diagnostic, Location

Marker: TypeAlias = Literal["required", "optional"]
"""What a decorator of ours demands of the caller: a token, or a look at one where there is one."""


@dataclass(frozen=True, slots=True)
class TaskDeclaration:
    """What `@asynctask(…)` above a function says: its options, but for those it computes, and where each stands."""

    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    places: Mapping[str, Location] = field(default_factory=dict, compare=False)

    def says(self, option: str) -> bool:
        """Tell whether it says an option, be it by computing it."""
        computed = option in self.places and option not in self.options
        return computed or self.options.get(option) is not None

    def text(self, option: str) -> str | None:
        """Return an option that is a text; None where it says none."""
        value = self.options.get(option)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Function:
    """One function: where it stands, and what it can be called with.

    `signature` is that of the innermost function its decorators wrap, None where that cannot be told; `value` is the
    object itself where it was imported, None where it was only read. `certain` is False where a decorator is not
    known: it may have made a task of it, or something that cannot be called at all. `types` are those of its
    parameters, by name, as far as reading tells them; of tasks only.
    """

    module: str
    name: str
    signature: inspect.Signature | None
    location: Location | None = None
    marker: Marker | None = None
    task: TaskDeclaration | None = None
    certain: bool = True
    value: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    types: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def full_name(self) -> str:
        """Module and name: "shop.orders.create_order"."""
        return f"{self.module}.{self.name}"

    def place_of(self, option: str) -> Location | None:
        """Return where a task's decorator says an option; the task itself where that is not known."""
        return (self.task.places.get(option) if self.task is not None else None) or self.location


class Unknowable:
    """Stands for a name of which reading cannot tell what it is; importing could."""

    def __repr__(self) -> str:
        return "<unknowable>"


UNKNOWABLE: Final = Unknowable()


class Module(Protocol):
    """One module of the service."""

    @property
    def name(self) -> str:
        """Its full name."""
        ...

    def function(self, name: str) -> Function | Unknowable | None:
        """Return what is called `name` in it; None where there surely is nothing callable of that name."""
        ...

    def functions(self) -> Iterator[str]:
        """Yield the names of the functions that it defines itself."""
        ...

    def members(self) -> Iterator[tuple[str, Function]]:
        """Yield the functions that are known in it, its own and those it imports, by the names they have there."""
        ...

    def may_hold(self, full_name: str) -> bool:
        """Tell whether it may hold the function of that full name although `members` does not yield it."""
        ...


class Code(Protocol):
    """The service's modules; `problems` has one diagnostic for each that is not there or is broken (MAC501, MAC502)."""

    problems: list[Diagnostic]

    def has(self, name: str) -> bool:
        """Tell whether there is a module of that name, broken or not; nothing is reported."""
        ...

    def module(self, name: str, asked: Location | None) -> Module | None:
        """Return a module, or None (and one more problem, the first time) where there is none; `asked` names it."""
        ...
