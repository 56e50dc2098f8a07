"""The named schemas of an API: every schema that a `$ref` reaches gets one name, and is normalised once.

Not for what a schema becomes (normalise), nor for where a reference leads (references).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.dialects import named_dialect
from macaron_runner.openapi.document import Place, Specification
from macaron_runner.openapi.dynamic import NOWHERE, DynamicScopes
from macaron_runner.openapi.normalise import Context, Normaliser, SchemaDict
from macaron_runner.openapi.references import BrokenReference, Node, References, component

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_COMPONENT_NAME = re.compile(r"[a-zA-Z0-9._-]+")

_MOST_MEANINGS = 100
"""Schemas that dynamic references may make of one; a generic type is used for some dozens at the most."""
_ENDLESS = "by the $dynamicAnchors on the ways to it, this schema means more than"

COLLECTIONS: Mapping[Specification, str] = {
    "2.0": "/definitions",
    "3.0": "/components/schemas",
    "3.1": "/components/schemas",
    "3.2": "/components/schemas",
}
"""Where a document keeps its named schemas."""


@dataclass(frozen=True, slots=True)
class _Discriminated:
    """A schema with a discriminator; `name` is that of the definition, where it is one."""

    discriminator: dict[str, Any]
    schema: SchemaDict
    name: str | None


_Known: TypeAlias = tuple[Place, tuple[tuple[str, Place], ...]]


def _known(node: Node, context: Context) -> _Known:
    """Return what a named schema is known by: its place, and what dynamic references in it mean."""
    return node.place, context.scope.key


class Definitions:
    """Hands out names for schemas and collects what they stand for."""

    def __init__(
        self,
        root: Node,
        specification: Specification,
        references: References,
        report: Callable[[Diagnostic], None],
    ) -> None:
        self._root = root
        self._collection = COLLECTIONS[specification]
        self._defaults = specification == "3.2"  # which has defaultMapping
        self._references = references
        self._report = report
        self._scopes = DynamicScopes(references)
        self._names: dict[_Known, str] = {}
        self._nodes: dict[str, Node] = {}
        self._contexts: dict[str, Context] = {}
        self._meanings: dict[Place, list[str]] = {}
        self._written: dict[str, str] = {}
        self._schemas: dict[str, SchemaDict | bool] = {}
        self._discriminated: list[_Discriminated] = []
        self._context = Context(references.resources.dialect)
        self._normaliser = Normaliser(self._name_of, self._enter, self._discriminate, self._refuse)
        self._claim_names()

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Where each named schema stands."""
        return self._nodes

    def normalise(self, node: Node) -> SchemaDict | bool:
        """Return a schema that has no name, in the one form; what it refers to gets names."""
        return self._normaliser(node, self._enter(node, self._context))

    def finish(self) -> dict[str, SchemaDict | bool]:
        """Return all named schemas, those reached from others included, with complete discriminators."""
        while waiting := [name for name in self._nodes if name not in self._schemas]:
            for name in waiting:
                self._schemas[name] = self._normaliser(self._nodes[name], self._contexts[name])
        heirs = _heirs(self._schemas)
        for found in self._discriminated:
            _complete(found, self._tag_of, heirs)
        return self._schemas

    def _tag_of(self, name: str) -> str:
        """Return the tag of a named schema's values: its name, or what documents of AutoRest say instead."""
        schema = self._schemas[name]
        said = schema.get("x-ms-discriminator-value") if isinstance(schema, dict) else None
        return said if isinstance(said, str) else self._written[name]

    def _claim_names(self) -> None:
        """Give the document's own named schemas their names, before any other schema can take one.

        Names that stand for nothing but a reference come last: they name what lies behind, if nothing else does.
        """
        pointer = self._collection.split("/")[1:]
        node = self._root
        for step in pointer:
            node = node.child(step)
        named = [schema for _, schema in node.members()]
        aliases = [schema for schema in named if self._is_alias(schema)]
        for schema in named:
            if not self._is_alias(schema):
                self._claim(schema, str(schema.pointer[-1]), self._enter(schema, self._context))
        for alias in aliases:
            found = self._found(alias, "$ref", self._context)
            if found is not None:
                target, context = found
                new = alias if _known(target, context) in self._names else target
                self._claim(new, str(alias.pointer[-1]), context)

    def _is_alias(self, node: Node) -> bool:
        return node.reference is not None and isinstance(node.value, dict) and len(node.value) == 1

    def _claim(self, node: Node, wanted: str, context: Context) -> str:
        name = self._free(wanted, node)
        self._names[_known(node, context)] = name
        self._nodes[name] = node
        self._contexts[name] = context
        self._written[name] = wanted
        return name

    def _free(self, wanted: str, node: Node) -> str:
        """Return a safe name that is free: Foo_Bar, then Foo_Bar_2."""
        safe = safe_name(wanted)
        if safe in self._nodes and node.file is not self._root.file:
            safe = f"{safe_name(node.file.path.stem)}_{safe}"
        name, number = safe, 1
        while name in self._nodes:
            number += 1
            name = f"{safe}_{number}"
        return name

    def _enter(self, node: Node, context: Context) -> Context:
        """Return the context inside a schema that one comes to from another."""
        if not node.file.identifies and context.scope is NOWHERE:
            return self._context
        dialect = self._references.resources.of(node).dialect
        if isinstance(node.value, dict):
            dialect = named_dialect(node.value.get("$schema"), dialect)
        return Context(dialect, self._scopes.entered(context.scope, node))

    def _name_of(self, node: Node, keyword: str, context: Context) -> str | None:
        """Return the name of the schema to which a reference leads; None where it is broken (reported)."""
        found = self._found(node, keyword, context)
        return None if found is None else self._name(*found)

    def _name(self, target: Node, context: Context) -> str:
        """Return the name of a schema; one that means too many different things (reported) goes by the first of them.

        Dynamic anchors multiply: ten schemas, each with two ways to the next, are a thousand ways to the last.
        """
        known = self._names.get(_known(target, context))
        if known is not None:
            return known
        meanings = self._meanings.setdefault(target.place, [])
        if len(meanings) >= _MOST_MEANINGS:
            if len(meanings) == _MOST_MEANINGS:
                meanings.append(meanings[0])  # told once
                self._refuse(target, f"{_ENDLESS} {_MOST_MEANINGS} different things")
            return meanings[0]
        meanings.append(self._claim(target, target.name, context))
        return meanings[-1]

    def _found(self, node: Node, keyword: str, context: Context) -> tuple[Node, Context] | None:
        """Return the schema to which a reference leads, seen through names that only stand for another; its context.

        None where it is broken (reported).
        """
        try:
            if keyword == "$dynamicRef":
                target = self._scopes.target(context.scope, node)
            else:
                target = self._references.step(node)
            context = self._enter(target, context)
            while _known(target, context) not in self._names and self._is_alias(target):
                self._references.follow(target)  # which refuses to go round in circles
                target = self._references.step(target)
                context = self._enter(target, context)
        except BrokenReference as error:
            self._report(error.diagnostic)
            return None
        return target, context

    def _discriminate(self, node: Node, schema: SchemaDict, context: Context) -> None:
        """Put a discriminator into `schema`, in the one form, with what its mapping says explicitly.

        One whose mapping leads nowhere (reported) is left out: it would refuse what the document means to allow.
        """
        property_name = node.value if isinstance(node.value, str) else node.text("propertyName")
        named = {value: self._mapped(target, context) for value, target in node.child("mapping").members()}
        if not property_name or None in named.values():
            return
        mapping = {value: f"#/$defs/{name}" for value, name in named.items()}
        schema["discriminator"] = {"propertyName": property_name, "mapping": mapping}
        if self._defaults and node.has("defaultMapping"):
            default = self._mapped(node.child("defaultMapping"), context)
            schema["discriminator"] |= {} if default is None else {"defaultMapping": f"#/$defs/{default}"}
        owner = self._names.get(((node.file.name, node.pointer[:-1]), context.scope.key))
        self._discriminated.append(_Discriminated(schema["discriminator"], schema, owner))

    def _mapped(self, node: Node, context: Context) -> str | None:
        try:
            target = mapping_target(self._references, self._root, self._collection, node)
        except BrokenReference as error:
            self._report(error.diagnostic)
            return None
        return self._name(target, self._enter(target, context))

    def _refuse(self, node: Node, message: str) -> None:
        self._report(Diagnostic("MAC307", message, node.locate()))


def safe_name(wanted: str) -> str:
    """Return a name that can stand in a `$ref` as it is: `Foo«Bar»` -> Foo_Bar."""
    return _UNSAFE.sub("_", wanted).strip("_") or "Schema"


def mapping_target(references: References, root: Node, collection: str, node: Node) -> Node:
    """Return the schema that one entry of a discriminator's mapping names, by name or by reference.

    Raises BrokenReference with code MAC324. OpenAPI 3.1 section 4.8.25.
    """
    text = node.value if isinstance(node.value, str) else ""
    try:
        if _COMPONENT_NAME.fullmatch(text):
            try:
                return component(root, node, collection, text)
            except BrokenReference:
                if "." not in text:  # "dog.json" may be a file, "Dog" can only be a name
                    raise
        return references.step(Node(node.file, node.pointer, {"$ref": text or "#/"}))
    except BrokenReference as error:
        raise BrokenReference(
            Diagnostic(
                "MAC324",
                f'the discriminator maps "{node.pointer[-1]}" to "{text}", which is no schema',
                node.locate(),
                error.diagnostic.label,
                error.diagnostic.help,
            )
        ) from None


def _heirs(schemas: Mapping[str, SchemaDict | bool]) -> dict[str, list[str]]:
    """Return, by reference, the names of the schemas that inherit from it: whose allOf refers to it."""
    heirs: dict[str, list[str]] = {}
    for name, schema in schemas.items():
        for reference in _references_in(schema, "allOf") if isinstance(schema, dict) else ():
            heirs.setdefault(reference, []).append(name)
    return heirs


def _references_in(schema: SchemaDict, *keywords: str) -> list[str]:
    arms = [arm for keyword in keywords for arm in schema.get(keyword, [])]
    return [arm["$ref"] for arm in arms if isinstance(arm, dict) and "$ref" in arm]


def _complete(found: _Discriminated, tag_of: Callable[[str], str], heirs: Mapping[str, list[str]]) -> None:
    """Add what a discriminator's mapping leaves unsaid: each arm, or else each heir, goes by its own tag.

    So does one that is mapped: a value is a schema's name unless there is a mapping for that value (OpenAPI 3.1 section
    4.8.25).
    """
    arms = _references_in(found.schema, "oneOf", "anyOf")
    if not arms and found.name is not None:
        arms = _lineage(f"#/$defs/{found.name}", heirs)
    for arm in arms:
        found.discriminator["mapping"].setdefault(tag_of(arm.removeprefix("#/$defs/")), arm)


def _lineage(reference: str, heirs: Mapping[str, list[str]]) -> list[str]:
    """Return a reference and those of all schemas that inherit from it, however far down."""
    line = [reference]
    for ancestor in line:  # grows while it is walked
        line += [new for name in heirs.get(ancestor, []) if (new := f"#/$defs/{name}") not in line]
    return line
