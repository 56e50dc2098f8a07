"""A value made up for a schema: as its author shows it, else as its rules ask for; small, plausible, always the same.

    {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "email": {"type": "string"}}}
->  {"id": 1, "email": "ada@example.com"}

One attempt: whether it fits is for the schema's check to say, and which part to make in another way next time
(fitting). Not for texts and numbers (texts, numbers).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final, TypeAlias

from macaron_runner.mock.merging import Merger
from macaron_runner.mock.numbers import number_for
from macaron_runner.mock.shape import Impossible, Shape
from macaron_runner.mock.texts import text_for
from macaron_runner.openapi.operation import Schema

Path: TypeAlias = tuple[str | int, ...]

DEEPEST: Final = 5
"""From here on only what is required is made."""
LARGEST: Final = 1500
"""Parts of a value from which on only what is required is made."""
_BOTTOM: Final = 100
"""Levels that no value has."""
_ENDLESS: Final = 60_000
"""Parts of a value, and of vain attempts at it, that are never exceeded."""
_MOST_ITEMS: Final = 10_000
_FEW_COMBINATIONS: Final = 48
_FEW_ITEMS: Final = 40


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the value we are: by which path, inside of which named schemas, in which variant of it all.

    `smallest`: only what is required; `variant` tells the items of one array apart.
    """

    path: Path = ()
    inside: frozenset[str] = frozenset()
    smallest: bool = False
    variant: int = 0
    called: str = ""

    @property
    def name(self) -> str:
        """What the property is called, for an item that of its array."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), self.called)

    def below(self, step: str | int, variant: int = 0) -> _Place:
        """Return the place of a property or an item."""
        return replace(self, path=(*self.path, step), variant=self.variant + variant)


class ValueMaker:
    """Makes values; `turns` says for a path how many ways of making that part were refused already.

    `shown` is False where examples and defaults of the schemas are to be passed over.
    """

    def __init__(self, merger: Merger, turns: Mapping[Path, int], *, shown: bool) -> None:
        self._merger = merger
        self._turns = turns
        self._shown = shown
        self.made = 0
        """How many parts were made, the vain ones included: the work done."""
        self.paths: set[Path] = set()
        """The parts that were made one by one, and so can be made in another way."""

    def make(self, schema: Schema, name: str = "") -> Any:
        """Return a value of what is called `name`. Raises Impossible where there is none, or none that ends."""
        return self._value([schema], _Place(called=name))

    def _value(self, schemas: Sequence[Schema], place: _Place, turn: int = 0) -> Any:
        """Return a value that fits all of these schemas."""
        self.made += 1
        if self.made > _ENDLESS:
            raise Impossible(place.path, "would be too large")
        if len(place.path) > _BOTTOM or any(self._merger.height(each) == math.inf for each in schemas):
            raise Impossible(place.path, "would never end: what is required leads back to itself")
        self.paths.add(place.path)
        turn += self._turns.get(place.path, 0)
        smallest = place.smallest or len(place.path) >= DEEPEST or self.made > LARGEST
        shape = self._merger.merge(schemas, 0, smallest=smallest)
        smallest = smallest or bool(shape.names & place.inside)
        for value in shape.literals() if self._shown else ():
            if turn == 0:
                return value
            turn -= 1
        here = replace(place, inside=place.inside | shape.names, smallest=smallest)
        return self._chosen(schemas, here, turn)

    def _chosen(self, schemas: Sequence[Schema], place: _Place, turn: int) -> Any:
        """Return a value of the first choice among alternatives, from the `turn`-th on, that can be met at all."""
        refused: Impossible | None = None
        for attempt in count(turn):
            shape = self._merger.merge(schemas, attempt, smallest=place.smallest)
            try:
                return self._of_shape(shape, schemas, place, attempt // shape.combinations)
            except Impossible as error:
                refused = refused or error
            if attempt - turn >= min(shape.combinations, _FEW_COMBINATIONS) - 1:
                raise refused
        raise AssertionError

    def _of_shape(self, shape: Shape, schemas: Sequence[Schema], place: _Place, variant: int) -> Any:
        """Return the `variant`-th value of a shape."""
        options = shape.choices()
        if options is not None:
            if not options:
                raise Impossible(place.path, "must be a value that it must not be")
            return options[(variant + place.variant) % len(options)]
        kinds = shape.kinds()
        if not kinds:
            raise Impossible(place.path, "must be of several types at once, or of none")
        if place.smallest and "null" in shape.types and variant == 0 and shape.types != _ALL:
            return None
        telling = [kind for kind in kinds if kind != "null"] or list(kinds)
        variant, number = divmod(variant, len(telling)) if len(kinds) < len(_ALL) else (variant, 0)
        return self._of_kind(telling[number], shape, schemas, place, variant)

    def _of_kind(
        self, kind: str, shape: Shape, schemas: Sequence[Schema], place: _Place, variant: int
    ) -> Any:
        number = variant + place.variant
        if kind == "object":
            return self._object(shape, schemas, place, variant)
        if kind == "array":
            return self._array(shape, place, variant)
        if kind == "boolean":
            return number % 2 == 0
        if kind == "null":
            return None
        if kind == "string":
            made: Any = text_for(shape, place.name, number)
        else:
            made = number_for(shape, place.name, number, whole=kind == "integer")
        if made is None:
            raise Impossible(place.path, _NOT_FOUND[kind])
        return made

    # Objects

    def _object(self, shape: Shape, schemas: Sequence[Schema], place: _Place, variant: int) -> dict[str, Any]:
        if shape.least_properties > _MOST_ITEMS:
            raise Impossible(place.path, "would be too large")
        made: dict[str, Any] = {}
        optional = list(self._optional(shape, variant, smallest=place.smallest))
        for name in self._required(shape, place):
            made[name] = self._value(shape.schemas_of(name), place.below(name))
        for name in optional:
            if shape.most_properties is not None and len(made) >= shape.most_properties:
                break
            if name not in made:
                self._put_if_possible(made, shape, name, place)
        for name in self._more_names(shape, place, made):
            self._put_if_possible(made, shape, name, place)
        self._put_dependents(made, shape, place)
        more = [
            inner for name in made for inner in shape.dependent_schemas.get(name, ()) if inner not in schemas
        ]
        if more:
            return self._with_dependents(schemas, more, place, made)
        ordered = [name for name in shape.properties if name in made]
        return {name: made[name] for name in dict.fromkeys([*ordered, *made])}

    def _with_dependents(
        self, schemas: Sequence[Schema], more: Sequence[Schema], place: _Place, made: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the object once more, with what the schemas ask for that its own properties bring along."""
        present = {"required": list(made)}
        found: dict[str, Any] = self._chosen([*schemas, *more, present], replace(place, smallest=True), 0)
        return found

    def _required(self, shape: Shape, place: _Place) -> Iterator[str]:
        """Yield the required properties, but for those that only requests carry."""
        for name in shape.required:
            if any(self._merger.is_hidden(inner) for inner in shape.properties.get(name, ())):
                continue
            if not shape.may_have(name):
                raise Impossible((*place.path, name), "is required and must not be there")
            yield name

    def _optional(self, shape: Shape, variant: int, *, smallest: bool) -> Iterator[str]:
        """Yield the properties that may be there: all at first, or none, then the other, then all but one."""
        names = [
            name
            for name, inner in shape.properties.items()
            if name not in shape.required
            and name not in shape.unwanted
            and shape.may_have(name)
            and not any(self._merger.is_hidden(one) for one in inner)
        ]
        if variant == (0 if smallest else 1):
            return
        for number, name in enumerate(names):
            if variant < 2 or number != (variant - 2) % len(names):
                yield name

    def _put_if_possible(self, made: dict[str, Any], shape: Shape, name: str, place: _Place) -> None:
        try:
            made[name] = self._value(shape.schemas_of(name), place.below(name))
        except Impossible:  # it may as well be left out
            made.pop(name, None)

    def _put_dependents(self, made: dict[str, Any], shape: Shape, place: _Place) -> None:
        """Add what properties that are there ask for; where that cannot be, they go."""
        todo = list(made)
        while todo:
            name = todo.pop()
            for other in shape.dependents.get(name, ()):
                if other not in made and name in made:
                    self._put_if_possible(made, shape, other, place)
                    todo.append(other)
                    if other not in made and name not in shape.required:
                        del made[name]

    def _more_names(self, shape: Shape, place: _Place, made: Mapping[str, Any]) -> Iterator[str]:
        """Yield names until there are as many properties as must be; one where a map would else be empty."""
        for name in self._new_names(shape):
            if len(made) >= max(shape.least_properties, 0 if place.smallest else self._shown_entries(shape)):
                return
            if name not in made and name not in shape.unwanted and shape.may_have(name):
                yield name

    def _shown_entries(self, shape: Shape) -> int:
        """Return how many entries a map shows: one, where it has nothing but entries."""
        described = any(not isinstance(rest.schema, bool) for rest in shape.rests) or shape.patterned
        return 1 if described and not shape.properties and shape.most_properties != 0 else 0

    def _new_names(self, shape: Shape) -> Iterator[str]:
        most = max(_FEW_ITEMS, int(shape.least_properties))
        yield from (name for name in shape.properties if name not in shape.required)
        described = [*shape.property_names, {"type": "string"}]
        patterns = [pattern for pattern, inner in shape.patterned if inner is not False]
        for pattern in patterns:
            yield from self._names([*described, {"pattern": pattern}])
        if shape.property_names:
            yield from self._names(described)
        yield from (f"property{number}" for number in range(1, 1 + most))

    def _names(self, schemas: Sequence[Schema]) -> Iterator[str]:
        """Yield names that fit these schemas, each once."""
        seen = set()
        shape = self._merger.merge(schemas, 0, smallest=False)
        options = shape.choices()
        for number in range(_FEW_ITEMS):
            name = text_for(shape, "", number) if options is None else (options[number:] or [None])[0]
            if name is None or name in seen:
                return
            seen.add(name)
            yield name

    # Arrays

    def _array(self, shape: Shape, place: _Place, variant: int) -> list[Any]:
        made: list[Any] = []
        for position, schemas in enumerate(self._item_schemas(shape, place, variant)):
            if any(schema is False for schema in shape.items_at(position)):
                break
            item = self._item(schemas, place.below(position, position), made, unique=shape.unique)
            if item is _NONE:
                break
            made.append(item)
        if len(made) < shape.least_items:
            raise Impossible(place.path, f"needs {shape.least_items} items, and only {len(made)} can be made")
        return made

    def _item_schemas(self, shape: Shape, place: _Place, variant: int) -> Iterator[list[Schema]]:
        """Yield what each item must fit: those of the prefix first, then those that must be contained, then others."""
        prefix = max((len(items.prefix) for items in shape.items), default=0)
        wanted = max(int(shape.least_items), prefix if variant == 0 and not place.smallest else 0)
        if max(wanted, sum(each.least for each in shape.contained)) > _MOST_ITEMS:
            raise Impossible(place.path, "would be too large")
        contained = [each.schema for each in shape.contained for _ in range(int(each.least))]
        wanted = max(wanted, len(contained) + (prefix if contained and not shape.closed else 0))
        if not wanted:
            wanted = variant if place.smallest or variant > 1 else 1 - variant  # usually one, then none
        wanted = min(wanted, int(shape.most_items) if shape.most_items is not None else wanted)
        first = max(0, min(prefix, wanted - len(contained)))
        for position in range(wanted):
            schemas = shape.items_at(position)
            if first <= position < first + len(contained):
                schemas = [*schemas, contained[position - first]]
            yield schemas

    def _item(
        self, schemas: Sequence[Schema], place: _Place, others: Collection[Any], *, unique: bool
    ) -> Any:
        """Return an item, none of the others where items must differ; _NONE where there is none."""
        for turn in range(_FEW_ITEMS if unique else 1):
            try:
                item = self._value(schemas, place, turn)
            except Impossible:
                return _NONE
            if not unique or item not in others:
                return item
        return _NONE


_NONE: Final = object()
_ALL: Final = frozenset(Shape().types)
_NOT_FOUND: Final = {
    "string": "must be a text for which none was found: its format, pattern and lengths are too unusual together",
    "integer": "must be a whole number between limits that leave none",
    "number": "must be a number between limits that leave none",
}
