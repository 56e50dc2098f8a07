"""The models of an API as plain Python source, written to be read in an editor and executed as it is.

    class Order(Model):
        \"\"\"What a customer wants.\"\"\"

        id: int
        \"\"\"Counts up.\"\"\"
        shop_id: str | None = optional(alias='shop-id')

Types only. Not for executing it (models).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import partial
from typing import Final

from macaron_runner.models.fields import Fields
from macaron_runner.models.names import INDENT, ModuleNames, attribute_names, described, docstring, pascal
from macaron_runner.models.order import AliasPiece, Annotation, ClassPiece, Piece, in_order
from macaron_runner.models.shape import SchemaMap, Schemas, Shape, core_of
from macaron_runner.models.types import Annotations, Scope
from macaron_runner.models.words import RESERVED, Foreign, Words
from macaron_runner.openapi.operation import Api, Operation, Schema

_MOST_REPEATED: Final = 3
"""How often a schema may be extended inside its own extensions, which each time gives another class, for ever."""
_MODULE: Final = Scope(())
_DOC: Final = "The models of the API {}, made by macaron of its document: change that, not this."
_OPEN: Final = """
    if TYPE_CHECKING:

        def __init__(self, /, **values: {any}) -> None: ...

        def __getattr__(self, name: {str}, /) -> {any}: ...
"""
"""What tells a type checker that a class takes any property."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A class to be written; `around` it are classes of nameless schemas, each given by what it is combined of."""

    name: str
    called: str
    schema: SchemaMap
    shape: Shape
    around: tuple[Set[str], ...] = ()


class ModelSource:
    """Writes the source of one API's models, and of what is asked for later.

    `shared` are classes to use in place of own ones, `parents` further base classes, both by schema name.

    `names` tells the Python name of each named schema; `hierarchies` the alias of a class and all that extend
    it, where a discriminator tells them apart; `imported` is what the source expects to find beside what it
    imports itself.
    """

    def __init__(self, api: Api, shared: Mapping[str, Foreign], parents: Mapping[str, Foreign]) -> None:
        self._api = api
        self._schemas = Schemas(api.schemas)
        self._shared = shared
        self._given = ModuleNames(RESERVED)
        self.names: dict[str, str] = {name: self._given.give(name) for name in api.schemas}
        self._choices = {name: choice for name in api.schemas if (choice := self._schemas.hierarchy(name))}
        self.hierarchies = {name: self._given.give(f"Any{self.names[name]}") for name in self._choices}
        self.imported: dict[str, Foreign] = {self.names[name]: foreign for name, foreign in shared.items()}
        self._parents = self._import_parents(parents)
        self._words = Words(self.imported)
        self._annotations = Annotations(self._schemas, self)
        self._fields = Fields(self._schemas, self._annotations, self._words)
        self._inline: dict[int, tuple[SchemaMap, str]] = {}
        self._attributes: dict[str, dict[str, str]] = {}
        self._pieces: dict[str, Piece] = {}
        self._waiting: list[_Waiting] = []
        self._around: tuple[Set[str], ...] = ()
        self._for_checkers = False

    def _import_parents(self, parents: Mapping[str, Foreign]) -> dict[str, str]:
        given: dict[str, str] = {}
        for name, foreign in parents.items():
            given[name] = self._given.give(f"{self.names[name]}Parent")
            self.imported[given[name]] = foreign
        return given

    def write(self, *, for_checkers: bool = False) -> tuple[str, tuple[ClassPiece, ...]]:
        """Return the source of all named schemas and of the operations' own, and the classes in it.

        `for_checkers`: as type checkers want it. Those of answers are there, too, which `annotation` then finds under
        names that say whose they are; and what takes any property says so.
        """
        self._for_checkers = for_checkers
        for name in self._schemas:
            if name not in self._shared:
                self._add(name)
        for name, choice in self._choices.items():
            self._add_alias(self.hierarchies[name], partial(self._annotations.tagged, choice, _MODULE, name))
        for operation in self._api.operations:
            self._add_own(operation)
        for operation in self._api.operations if for_checkers else ():
            self._add_results(operation)
        return self._drain()

    def annotate(self, schema: Schema) -> tuple[str, str, tuple[ClassPiece, ...]]:
        """Return the annotation of any schema, with the source and classes it needs beyond those written before."""
        annotation = self._annotations(schema, Scope(("Value",)))
        return annotation, *self._drain()

    def annotation(self, schema: Schema, hidden: frozenset[str] = frozenset()) -> Annotation:
        """Return the annotation of a schema that was written about, for a module beside that one.

        The names that are `hidden` where it stands begin with an underscore in it.
        """
        return self._words.mentioning(partial(self._annotations, schema, Scope(("Value",), hidden)))

    def give(self, name: str) -> str:
        """Return a name that no model has, as near to `name` as may be."""
        return self._given.give(name)

    def schema_of(self, called: str) -> Schema | None:
        """Return the schema of a class by what the document calls it, or of a nameless one by its Python name."""
        if called in self._schemas:
            return {"$ref": f"#/$defs/{called}"}
        return next((schema for schema, name in self._inline.values() if name == called), None)

    def _add(self, name: str) -> None:
        """Add what a named schema becomes."""
        schema = self._schemas[name]
        if self._schemas.is_class(name):
            self._waiting.append(_Waiting(self.names[name], name, core_of(schema), self._schemas.shape(name)))
            return
        write = partial(self._annotations, schema, Scope((self.names[name],)))
        self._add_alias(self.names[name], write, described(schema, ""))

    def _add_own(self, operation: Operation) -> None:
        """Add classes for objects that an operation describes in place."""
        word = _word_of(operation)
        for parameter in operation.parameters:
            self._annotations(parameter.schema, Scope((word, parameter.name)))
        seen: list[Schema] = []
        for content in operation.body.content if operation.body else ():
            if isinstance(content.schema, Mapping):
                same = next((schema for schema in seen if schema == content.schema), None)
                if id(same) in self._inline:  # one object, as JSON and as a form
                    self._inline[id(content.schema)] = (content.schema, self._inline[id(same)][1])
                self._annotations(content.schema, Scope((word, "Body")))
                seen.append(content.schema)

    def _add_results(self, operation: Operation) -> None:
        """Add classes for objects that the answers of an operation describe in place."""
        word = _word_of(operation)
        for response in operation.responses:
            what = "Result" if response.status[:1] == "2" else pascal(response.status)
            for content in response.content:
                for schema in (content.schema, content.item_schema):
                    if schema is not None:
                        self._annotations(schema, Scope((word, what)))

    # What Annotations asks for

    def word(self, name: str, scope: Scope) -> str:
        """Return a name as a scope spells it: `_date` where a property called `date` hides it."""
        return self._words.spell(name, scope)

    def named(self, name: str, scope: Scope) -> str:
        """Return the type of a named schema, sub-classes that a discriminator tells apart included."""
        return self.word(self.hierarchies.get(name, self.names[name]), scope)

    def class_name(self, name: str) -> str:
        """Return the class of a named schema that is one."""
        return self.names[name]

    def inline_class(self, schema: SchemaMap, hint: str) -> str:
        """Return the class of a nameless schema; it is written with the rest of its module."""
        if id(schema) not in self._inline:
            core = core_of(schema)
            shape = self._schemas.inline_shape(core)
            around = (*self._around, shape.parts)
            if any(sum(part in parts for parts in around) > _MOST_REPEATED for part in shape.parts):
                return "Any" if shape.base is None else self.names[shape.base]
            name = self._given.give(hint)
            self._inline[id(schema)] = (schema, name)  # holding the schema keeps its id
            self._waiting.append(_Waiting(name, name, core, shape, around))
        return self._inline[id(schema)][1]

    # Pieces

    def _add_alias(self, name: str, write: Callable[[], str], doc: str = "") -> None:
        self._pieces[name] = AliasPiece(name, self._words.mentioning(write), doc)

    def _class(self, name: str, called: str, schema: SchemaMap, shape: Shape) -> ClassPiece:
        base = self.names[shape.base] if shape.base is not None else self.word("Model", _MODULE)
        bases = [self._parents[called], base] if called in self._parents else [base]
        head = f"class {name}({', '.join([*bases, *_keywords(shape)])}):\n"
        attributes = self._attributes_of(called, shape)
        scope = Scope((name,), frozenset(attributes[member] for member in shape.own))
        lines = (head, self._classdescribed(called, schema), *self._members(shape, attributes, scope))
        extensions = {key: schema[key] for key in schema if key.startswith("x-")}
        return ClassPiece(name, called, base, lines, extensions, shape.loose)

    def _attributes_of(self, called: str, shape: Shape) -> dict[str, str]:
        """Return property -> attribute of a class; those a base class gave stay."""
        if called not in self._attributes:
            base = shape.base
            inherited = {} if base is None else self._attributes_of(base, self._schemas.shape(base))
            self._attributes[called] = attribute_names(shape.properties, inherited)
        return self._attributes[called]

    def _classdescribed(self, called: str, schema: SchemaMap) -> str:
        text = described(schema, INDENT) or described({"description": schema.get("title")}, INDENT)
        return text or docstring(f"{called}, as the document of {self._api.name} describes it.", INDENT)

    def _members(
        self, shape: Shape, attributes: Mapping[str, str], scope: Scope
    ) -> Iterator[str | Annotation]:
        """Yield the lines of a class behind its docstring."""
        if isinstance(shape.additional, Mapping) and shape.additional:
            further = {"type": "object", "additionalProperties": shape.additional}
            annotation = self._words.mentioning(partial(self._annotations, further, scope))
            yield from (f"\n{INDENT}__pydantic_extra__: ", annotation, "\n")
        if shape.own:
            yield "\n"
        for name in shape.own:
            yield from self._fields.lines(name, attributes[name], shape, scope)
        if unsure := [
            attributes[name] for name in shape.properties if self._fields.is_both_ways(name, shape)
        ]:
            arguments = ", ".join(map(repr, unsure))
            yield f"\n{INDENT}_serialize = {self.word('omit_absent', scope)}({arguments})\n"
        if self._for_checkers and shape.additional not in (None, False):
            self._words.use("TYPE_CHECKING")
            yield _OPEN.format(any=self.word("Any", scope), str=self.word("str", scope))

    # The module

    def _drain(self) -> tuple[str, tuple[ClassPiece, ...]]:
        """Return the text of all that was added since the last call."""
        for waiting in self._waiting:  # grows while it is walked
            self._around = waiting.around
            self._pieces[waiting.name] = self._class(
                waiting.name, waiting.called, waiting.schema, waiting.shape
            )
        body: list[str] = []
        classes: list[ClassPiece] = []
        for piece, missing in in_order(self._pieces):
            body.append(piece.text(missing))
            if isinstance(piece, ClassPiece):
                classes.append(piece)
            else:
                self._words.use(piece.word(missing))
            if self._words.is_hidden(piece.name):  # a property of this name hides it inside its class
                body.append(f"\n_{piece.name} = {piece.name}\n")
        head = self._words.head(_DOC.format(self._api.name), self._pieces)
        text = "".join([head, *body]) if body or self._words.has_news else ""
        self._pieces, self._waiting, self._around = {}, [], ()
        self._words.begin_anew()
        return text, tuple(classes)


def _word_of(operation: Operation) -> str:
    """Return what the names of an operation's own classes begin with."""
    return pascal(operation.operation_id or f"{operation.method.lower()} {operation.path}")


def _keywords(shape: Shape) -> list[str]:
    if shape.additional is None:
        return []
    return ["extra='forbid'"] if shape.additional is False else ["open=True"]
