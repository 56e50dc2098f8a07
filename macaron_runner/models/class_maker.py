"""The text of the functions that make objects of one class: of one object, and of a list of them.

    class Order(Model):                    def make_0(v):
        id: int                                given = 1
        note: str | None = None                f0 = v['id']
                                   ->          f0 = (f0 if type(f0) is int else validate_1(f0))
                                               if 'note' in v:
                                                   given += 1
                                                   f1 = v['note']
                                               else:
                                                   f1 = None
                                               made = new(kind_2)
                                               put_dict(made, {'id': f0, 'note': f1})
                                               if given != len(v):
                                                   further_3(made, v)
                                               return made

Text of a document stands in it as literals only. Not for running it, nor for values that are no objects (making).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from macaron_runner.models.core import Make, Named, Node, defaulting, followed
from macaron_runner.models.names import literal
from macaron_runner.models.state import put_extra, put_fields_set

if TYPE_CHECKING:
    from macaron_runner.models.model import Model

_CONSTANTS: Final = (bool, int, float, str, type(None))
_INDENT: Final = "    "
_FOR_ALL: Final = frozenset({"int", "float", "decimal", "uuid"})
"""Kinds that pydantic's validator makes of many values more quickly than of one after another."""


class Writer(Protocol):
    """What knows the words of a function's text."""

    def give(self, word: str, value: Any) -> str:
        """Return a new name for a value."""
        ...

    def function(self, node: Node, named: Named) -> str:
        """Return the name of what makes a value."""
        ...

    def expression(self, node: Node, x: str, named: Named) -> str:
        """Return the text of what makes a value of a variable; that itself where there is nothing to make."""
        ...

    def validator(self, node: Node, named: Named) -> str:
        """Return the name of pydantic's own validator."""
        ...

    def all_of(self, kind: type[Model]) -> str:
        """Return the name of what makes a list of objects of a class."""
        ...


@dataclass(frozen=True, slots=True)
class _Property:
    """One property of a class: its name in JSON and in Python, what it is, and where it may be absent its default."""

    key: str
    attribute: str
    node: Node
    default: Node | None

    @property
    def constant(self) -> str | None:
        """The text of a default that all objects may share; None where there is none."""
        default = None if self.default is None else self.default["default"]
        shared = self.default is not None and not self.default.get("validate_default")
        return literal(default) if shared and isinstance(default, _CONSTANTS) else None


def _properties(node: Node) -> Iterator[_Property]:
    for attribute, field in node["fields"].items():
        inner = field["schema"]
        is_optional = inner["type"] == "default"
        yield _Property(
            field.get("validation_alias", attribute),
            attribute,
            inner["schema"] if is_optional else inner,
            inner if is_optional else None,
        )


def write_class(writer: Writer, name: str, kind: type[Model], node: Node, named: Named) -> str:
    """Return the function `name` that makes one object of a class; `node` describes its fields."""
    properties = list(_properties(node))
    keys = {each.key: each.attribute for each in properties}
    optional = [each for each in properties if each.default is not None]
    members: list[str] = []
    lines = [f"given = {len(properties) - len(optional)}"]
    for number, each in enumerate(properties):
        steps, value = _member(writer, each, f"f{number}", named)
        lines += steps
        members.append(f"{literal(each.attribute)}: {value}")
    lines += [
        f"made = new({writer.give('kind', kind)})",
        f"put_dict(made, {{{', '.join(members)}}})",
        "if given != len(v):",
        f"{_INDENT}{_further(writer, kind, keys, node, named)}",
    ]
    if any(each.attribute not in kind.__macaron_absences__ for each in optional):
        put_given = partial(_put_given, keys)
        lines += [f"elif given != {len(properties)}:", f"{_INDENT}{writer.give('given', put_given)}(made, v)"]
    return f"def {name}(v):\n" + "".join(f"{_INDENT}{line}\n" for line in [*lines, "return made"])


def _member(writer: Writer, each: _Property, x: str, named: Named) -> tuple[list[str], str]:
    """Return the lines that find the value of a property, and the text of it."""
    found = f"v[{literal(each.key)}]"
    text = writer.expression(each.node, x, named)
    made = [] if text == x else [f"{x} = {text}"]
    if each.default is None:
        return ([f"{x} = {found}", *made], x) if made else ([], found)
    default = each.constant
    if default is None:
        default = f"{writer.give('default', defaulting(each.default, named))}()"
    there = [f"{_INDENT}{line}" for line in ("given += 1", f"{x} = {found}", *made)]
    return [f"if {literal(each.key)} in v:", *there, "else:", f"{_INDENT}{x} = {default}"], x


def _further(writer: Writer, kind: type[Model], keys: Mapping[str, str], node: Node, named: Named) -> str:
    """Return the line that deals with properties that the class does not know."""
    if kind.model_config.get("extra") != "allow":
        return "raise LookupError"
    convert = writer.function(node.get("extras_schema", {"type": "any"}), named)
    return f"{writer.give('further', partial(_put_further, keys))}(made, v, {convert})"


def _put_further(keys: Mapping[str, str], made: Model, value: Mapping[str, Any], convert: Make) -> None:
    put_extra(made, {key: convert(each) for key, each in value.items() if key not in keys})
    _put_given(keys, made, value)


def _put_given(keys: Mapping[str, str], made: Model, value: Mapping[str, Any]) -> None:
    put_fields_set(made, {keys.get(key, key) for key in value})


def write_list(writer: Writer, kind: type[Model], make: str, node: Node, named: Named) -> str | None:
    """Return the text of what makes a list of objects; None where it has to be made one by one.

    `make` is the name of the function that makes one.
    """
    properties = list(_properties(node))
    if any(each.key != each.attribute for each in properties):
        return None
    names = [each.attribute for each in properties]
    pairs = ((each.attribute, _column(writer, each, named)) for each in properties)
    conversions = ", ".join(f"{literal(name)}: {text}" for name, text in pairs if text is not None)
    least = len(names)
    while least and names[least - 1] in kind.__macaron_absences__:
        least -= 1
    return (
        f"Columns({writer.give('kind', kind)}, {make}, {literal(names)}, {least}, {{{conversions}}}).make_all"
    )


def _column(writer: Writer, each: _Property, named: Named) -> str | None:
    """Return the text of what makes the values of a property of many objects; None where they are what JSON has."""
    text = writer.expression(each.node, "x", named)
    node = followed(each.node, named)
    if text == "x":
        return None
    if node["type"] == "model":
        return f"column(lambda values: {writer.all_of(node['cls'])}(values))"
    if node["type"] == "int":
        return f"whole_column({_validate_all(writer, node, named)})"
    if call := re.fullmatch(r"(read_\d+)\(x\)", text):
        return f"read_column({call[1]})"
    if _core_of(node)["type"] in _FOR_ALL:
        return f"column({_validate_all(writer, node, named)})"
    return f"column(lambda values: [{text} for x in values])"


def _core_of(node: Node) -> Node:
    """Return a node without "or null" around it."""
    inner: Node = node["schema"] if node["type"] == "nullable" else node
    return inner


def _validate_all(writer: Writer, node: Node, named: Named) -> str:
    return writer.validator({"type": "list", "items_schema": node}, named)
