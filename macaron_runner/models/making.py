"""Checked JSON values into models, by functions written once for each class: what pydantic would make of them.

    class Order(Model):                    def make_0(v):
        id: int                 ->             f0 = v['id']
        note: str | None = None                if type(f0) is not int: …
                                               …
                                               put_dict(made, {'id': f0, 'note': f1})

They follow pydantic's own description of a class (its core schema), and leave to its validator what they do not know:
alternatives that JSON's types do not tell apart, a service's own validators. Not for values that nobody has checked
(Model.from_json), nor for many alike objects at once (columns).
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final, NamedTuple

import orjson
from pydantic_core import CoreSchema

from macaron_runner.models.alternatives import Alternative, Fits, choosing
from macaron_runner.models.class_maker import write_class, write_list
from macaron_runner.models.columns import Columns, column, read_column, whole_column
from macaron_runner.models.core import (
    JSON_TYPES,
    Make,
    Named,
    Node,
    calling,
    contains_itself,
    described,
    followed,
    is_as_in_json,
    is_known,
    is_plain,
    meant,
    models_among,
    opened,
    reader_of,
    validating,
)
from macaron_runner.models.model import Model
from macaron_runner.models.names import literal
from macaron_runner.models.state import put_dict

UNMADE: Final = (LookupError, TypeError, ValueError, ArithmeticError, RecursionError)
"""What these functions raise where they cannot make a value. Whether anything is wrong with it, pydantic then tells: it
takes as they are the parts that were made already."""


class Made(NamedTuple):
    """What makes a value; in how many ways, at most, pydantic would try to make a part that has the like of itself."""

    make: Make
    ways: int


class Makers:
    """The functions that make the values of one API's models, each written when it is first needed.

    `fits_of` gives what tells whether a value fits the schema of a class, None where that is not known.

    `make` is for whoever uses them, the rest is what class_maker needs.
    """

    def __init__(self, fits_of: Callable[[type[Model]], Fits | None] = lambda _: None) -> None:
        self._fits_of = fits_of
        self._space: dict[str, Any] = {
            "new": object.__new__, "put_dict": put_dict, "same": _same, "Columns": Columns, "column": column,
            "read_column": read_column, "whole_column": whole_column,
            "Alternative": Alternative, "choosing": choosing,
        }  # fmt: skip
        self._writes = threading.Lock()  # two threads may be the first to use two operations
        self._numbers = itertools.count()
        self._classes: dict[type[Model], str] = {}
        self._contents: dict[type[Model] | None, set[type[Model]]] = {}
        self._ways: dict[type[Model] | None, int] = {}
        self._writing: list[type[Model] | None] = [None]
        self._lists: dict[type[Model], str] = {}
        self._validators: dict[str, str] = {}
        self._readers: dict[Make, str] = {}
        self._texts: dict[str, str] = {}
        self._functions: list[str] = []
        self._tables: list[str] = []

    def make(self, schema: CoreSchema) -> Made:
        """Return what makes the values that a core schema describes."""
        node, named = opened(schema)
        with self._writes:
            self._contents[None], self._ways[None] = set(), 1
            word = self.function(node, named)
            self._execute()
            reached = self._reached()
            make: Make = self._space[word]
            if _is_circular(reached):
                make = _not_too_deep(make)
            return Made(make, max(self._ways[kind] for kind in reached))

    def _reached(self) -> dict[type[Model] | None, set[type[Model]]]:
        """Return the classes that were needed just now, each with those that are in it."""
        reached: dict[type[Model] | None, set[type[Model]]] = {}
        pending: list[type[Model] | None] = [None]
        while pending:
            if (kind := pending.pop()) not in reached:
                reached[kind] = self._contents[kind]
                pending += reached[kind]
        return reached

    def _execute(self) -> None:
        """Run what was written; tables name functions, and functions look for tables when they are called."""
        text = "\n".join([*self._functions, *self._tables])
        self._functions, self._tables = [], []
        exec(compile(text, "<models made>", "exec", dont_inherit=True), self._space)  # noqa: S102 - text of ours

    def give(self, word: str, value: Any = None) -> str:
        """Return a new name for a value, or for what will be written."""
        name = f"{word}_{next(self._numbers)}"
        if value is not None:
            self._space[name] = value
        return name

    def _name_of(self, function: Make) -> str:
        """Return the name of a function that many need."""
        if function not in self._readers:
            self._readers[function] = self.give("read", function)
        return self._readers[function]

    # Expressions

    def function(self, node: Node, named: Named) -> str:
        """Return the name of what makes a value."""
        text = self.expression(node, "x", named)
        if text == "x":
            return "same"
        call = re.fullmatch(r"(\w+)\(x\)", text)
        return call[1] if call else self._written(self._functions, "make", "def {}(x):\n    return " + text)

    def _written(self, where: list[str], word: str, text: str) -> str:
        """Return the name of what a text makes, which is written once; `{}` in it stands for the name."""
        if text not in self._texts:
            self._texts[text] = self.give(word)
            where.append(text.replace("{}", self._texts[text], 1))
        return self._texts[text]

    def expression(self, node: Node, x: str, named: Named) -> str:
        """Return the text of what makes a value of the variable `x`; that itself where there is nothing to make."""
        node = followed(node, named)
        if is_as_in_json(node):
            return x
        if (read := reader_of(node)) is not None:
            return f"{self._name_of(read)}({x})"
        write = self._writers.get(node["type"]) if is_known(node) else None
        text = None if write is None else write(self, node, x, named)
        return f"{self.validator(node, named)}({x})" if text is None else text

    def _exactly(self, node: Node, x: str, named: Named) -> str:
        return f"({x} if type({x}) is {node['type']} else {self.validator(node, named)}({x}))"

    def _literal(self, node: Node, x: str, _: Named) -> str | None:
        """Texts are what they are; 1.0 is to become the 1 that is listed."""
        return x if all(type(value) is str for value in node["expected"]) else None

    def _nullable(self, node: Node, x: str, named: Named) -> str:
        text = self.expression(node["schema"], x, named)
        return x if text == x else f"(None if {x} is None else {text})"

    def _list(self, node: Node, x: str, named: Named) -> str:
        item = followed(node.get("items_schema", {"type": "any"}), named)
        if item["type"] == "model":
            return f"{self.all_of(item['cls'])}({x})"
        text = self.expression(item, f"{x}_", named)
        return x if text == f"{x}_" else f"[{text} for {x}_ in {x}]"

    def _dict(self, node: Node, x: str, named: Named) -> str | None:
        if node.get("keys_schema") != {"type": "str"}:
            return None
        text = self.expression(node.get("values_schema", {"type": "any"}), f"{x}_", named)
        return x if text == f"{x}_" else f"{{{x}_key: {text} for {x}_key, {x}_ in {x}.items()}}"

    def _model(self, node: Node, x: str, _: Named) -> str:
        return f"{self._class(node['cls'])}({x})"

    def _tagged(self, node: Node, x: str, named: Named) -> str:
        arms = ", ".join(
            f"{literal(tag)}: {self.function(arm, named)}" for tag, arm in node["choices"].items()
        )
        choose = self.give("choose", node["discriminator"])
        return f"{self._written(self._tables, 'arms', f'{{}} = {{{arms}}}')}[{choose}({x})]({x})"

    def _union(self, node: Node, x: str, named: Named) -> str | None:
        """Return what looks for the one alternative that is meant by the type a value has in JSON, and else asks."""
        arms = node["choices"]
        sure = {kind: arm for kind in JSON_TYPES if (arm := meant(kind, arms, named)) is not None}
        found = {kind: self.function(arm, named) for kind, arm in sure.items()}
        if "dict" not in found and (chosen := self._chosen(models_among(arms, named))) is not None:
            found["dict"] = chosen
        if not found:
            return None
        texts = ", ".join(f"{kind}: {word}" for kind, word in found.items())
        table = self._written(self._tables, "arms", f"{{}} = {{{texts}}}")
        return f"{table}.get(type({x}), {self.validator(node, named)})({x})"

    def _chosen(self, kinds: Sequence[type[Model]]) -> str | None:
        """Return the name of what makes objects of one of several classes; None where pydantic may try them all.

        It may where its trials end: where none of the classes contains itself.
        """
        fits = [self._fits_of(kind) for kind in kinds if any(map(contains_itself, kinds))]
        if len(fits) < 2 or None in fits:
            return None
        self._ways[self._writing[-1]] = max(self._ways[self._writing[-1]], len(fits))
        arms = (
            f"Alternative({self.give('fits', fit)}, {self.give('keys', _keys_of(kind))}, {self._class(kind)})"
            for fit, kind in zip(fits, kinds, strict=True)
        )
        return self._written(self._tables, "choose", f"{{}} = choosing([{', '.join(arms)}])")

    _writers: Final[Mapping[str, Callable[..., str | None]]] = {
        "int": _exactly,
        "float": _exactly,
        "literal": _literal,
        "nullable": _nullable,
        "list": _list,
        "dict": _dict,
        "model": _model,
        "tagged-union": _tagged,
        "union": _union,
    }

    def validator(self, node: Node, named: Named) -> str:
        """Return the name of pydantic's own validator of a part."""
        key = repr(node)
        if key not in self._validators:
            self._validators[key] = self.give("validate", validating(node, named))
        return self._validators[key]

    # Classes

    def _class(self, kind: type[Model]) -> str:
        """Return the name of the function that makes objects of a class."""
        self._contents[self._writing[-1]].add(kind)
        if kind not in self._classes:
            word = self._classes[kind] = self.give("make")
            self._contents[kind], self._ways[kind] = set(), 1
            self._writing.append(kind)
            node, named = opened(described(kind))
            if is_plain(kind, node):
                self._functions.append(write_class(self, word, kind, node["schema"], named))
            else:
                self._space[word] = calling(kind.__pydantic_validator__)
            self._writing.pop()
        return self._classes[kind]

    def all_of(self, kind: type[Model]) -> str:
        """Return the name of what makes a list of objects of a class."""
        make = self._class(kind)
        if kind not in self._lists:
            self._lists[kind] = self.give("all")
            node, named = opened(described(kind))
            text = write_list(self, kind, make, node["schema"], named) if is_plain(kind, node) else None
            self._tables.append(
                f"{self._lists[kind]} = {text or f'lambda items: [{make}(item) for item in items]'}"
            )
        return self._lists[kind]


def _same(value: Any) -> Any:
    return value


def _keys_of(kind: type[Model]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in kind.__pydantic_fields__.items())


def _is_circular(reached: Mapping[type[Model] | None, set[type[Model]]]) -> bool:
    """Tell whether one of these classes contains itself."""
    try:
        TopologicalSorter(reached).prepare()
    except CycleError:
        return True
    return False


def _not_too_deep(make: Make) -> Make:
    """Return what leaves values of very many levels to pydantic, which goes as deep as it can write them again."""

    def make_what_can_be_written(value: Any) -> Any:
        orjson.dumps(value)  # raises TypeError from 255 levels on
        return make(value)

    return make_what_can_be_written
