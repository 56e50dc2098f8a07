"""The words of a generated module: how each is spelled where it is used, and the imports that this makes necessary.

Not for what is written with them (source, fields).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from macaron_runner.models.names import INDENT, docstring
from macaron_runner.models.order import Annotation
from macaron_runner.models.types import Scope

_MODEL: Final = "macaron_runner.models.model"
_VALUES: Final = "macaron_runner.models.values"
_IMPORTS: Final[Mapping[str, str]] = {
    "Decimal": "decimal",
    "TYPE_CHECKING": "typing",
    "Annotated": "typing",
    "Any": "typing",
    "Literal": "typing",
    "TypeAlias": "typing",
    "UUID": "uuid",
    "Field": "pydantic",
    "TypeAliasType": "typing_extensions",
    "Model": _MODEL,
    "Tagged": _MODEL,
    "omit_absent": _MODEL,
    "optional": _MODEL,
    "Base64": _VALUES,
    "Date": _VALUES,
    "DateTime": _VALUES,
    "File": _VALUES,
    "Number": _VALUES,
}
_BUILTINS: Final = frozenset({"bool", "bytes", "dict", "float", "int", "list", "str", "tuple"})

RESERVED: Final = (*_IMPORTS, *_BUILTINS)
"""What no model may be called."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A class from elsewhere that the source uses: where it is imported from, and the class."""

    module: str
    name: str
    value: type


class Words:
    """What the text of one module uses. `imported` is what it expects to find beside what it imports itself."""

    def __init__(self, imported: dict[str, Foreign]) -> None:
        self.imported = imported
        self._mentions: set[str] = set()
        self._used: set[str] = set()
        self._written = set(_BUILTINS)
        self._hidden: dict[str, None] = {}

    def spell(self, name: str, scope: Scope) -> str:
        """Return a name as a scope spells it: `_date` where a property called `date` hides it."""
        spelled = f"_{name}" if name in scope.hidden else name
        if spelled != name:
            self._hidden[name] = None
        self._used.add(name)
        self._mentions.add(name)
        return spelled

    def use(self, name: str) -> None:
        """Take note that the module needs a name, which nothing hides where it stands."""
        self._used.add(name)

    def mentioning(self, write: Callable[[], str]) -> Annotation:
        """Return the text that `write` returns, with the names it mentions."""
        self._mentions = set()
        return Annotation(write(), frozenset(self._mentions))

    def is_hidden(self, name: str) -> bool:
        """Tell whether a property of this name hides it inside some class."""
        return name in self._hidden

    @property
    def has_news(self) -> bool:
        """Whether a name is used that no head has imported yet."""
        return not self._used <= self._written

    def head(self, doc: str, defined: Collection[str]) -> str:
        """Return the beginning of a module in which the names `defined` are made."""
        lines = [docstring(doc, ""), "\n", *self._imports(), *self._imports_for_checkers()]
        hidden = [name for name in self._hidden if name not in defined]  # those say so where they stand
        lines += ["\n"] * bool(hidden) + [f"_{name} = {name}\n" for name in hidden]
        return "".join(lines)

    def begin_anew(self) -> None:
        """Forget what one text hid; what it used is there for those after it."""
        self._hidden = {}
        self._written |= self._used

    def _imports(self) -> Iterator[str]:
        if self.imported:
            self.use("TYPE_CHECKING")
        for module in dict.fromkeys(_IMPORTS.values()):
            if module in ("pydantic", _MODEL):  # the groups that isort makes
                yield "\n"
            words = [word for word, origin in _IMPORTS.items() if origin == module and word in self._used]
            if words:
                yield f"from {module} import {', '.join(words)}\n"

    def _imports_for_checkers(self) -> Iterator[str]:
        if self.imported:
            yield "\nif TYPE_CHECKING:\n"
        for word, foreign in self.imported.items():
            yield f"{INDENT}from {foreign.module} import {foreign.name} as {word}\n"


def origin_of(name: str) -> str:
    """Return the module that a name comes from which an annotation mentions; "" for Python's own."""
    return "" if name in _BUILTINS else _IMPORTS.get(name, ".models")
