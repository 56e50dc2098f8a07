"""Words for generated source: what a spec calls things becomes identifiers, string literals and docstrings.

Text from a spec never becomes code here. Not for deciding what is generated (source).
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, Final

from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.identifiers import identifier

RESERVED_ATTRIBUTES: Final = frozenset({
    "Config", "from_json", "to_json", "model_computed_fields", "model_config", "model_construct", "model_copy",
    "model_dump", "model_dump_json", "model_extra", "model_fields", "model_fields_set", "model_json_schema",
    "model_parametrized_name", "model_post_init", "model_rebuild", "model_validate", "model_validate_json",
    "model_validate_strings", "mro", "register",
})  # fmt: skip
"""What a model or its class uses, `Config` as in pydantic 1: a property of such a name gets a trailing underscore.

The deprecated names of pydantic 1 (`json`, `copy`, `schema`, …) are not among them: properties may have them.
"""

INDENT: Final = "    "
"""One step, in generated source."""
_WIDTH: Final = 104


def attribute_name(name: str) -> str:
    """Return the attribute for a property: `shop-id` -> `shop_id`, `class` -> `class_`, `_id` -> `id_`.

    Leading underscores, which pydantic keeps for itself, move to the end.
    """
    word = identifier(name)
    bare = word.lstrip("_") or "field"
    if not bare.isidentifier():  # what stood behind the underscores was a digit
        return f"field_{bare}"
    moved = identifier(bare) + "_" * (len(word) > len(bare) and bare != "field")
    return f"{moved}_" if moved in RESERVED_ATTRIBUTES else moved


def attribute_names(properties: Iterable[str], inherited: Mapping[str, str]) -> dict[str, str]:
    """Return property -> attribute, each attribute once; those that a base class has given stay.

    Where two properties want one attribute, the one spelled exactly so gets it, the others get a number.
    """
    names = dict(inherited)
    properties = [name for name in properties if name not in names]
    plain = [name for name in properties if attribute_name(name) == name]
    taken = {*names.values(), *properties}
    for name in plain:
        names[name] = _free(name, set(inherited.values()))
    for name in properties:
        if name not in names:
            names[name] = _free(attribute_name(name), taken)
        taken.add(names[name])
    return names


def _free(word: str, taken: set[str]) -> str:
    candidate, number = word, 2
    while candidate in taken:
        candidate, number = f"{word}_{number}", number + 1
    return candidate


class ModuleNames:
    """The names of one generated module, each given once."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self._taken = set(reserved)

    def give(self, name: str) -> str:
        """Return a free identifier for `name`, as near to it as may be, and keep it."""
        word = identifier(name).lstrip("_") or "Schema"
        if not word.isidentifier():
            word = f"Schema_{word}"
        given = _free(f"{word}_" if word in self._taken else word, self._taken)
        self._taken.add(given)
        return given


def pascal(*words: str) -> str:
    """Return one capitalised word: ("Order", "shipping-address") -> "OrderShippingAddress"."""
    parts = [part for word in words for part in re.split(r"[\W_]+", word) if part]
    return "".join(part[0].upper() + part[1:] for part in parts)


def docstring(text: str, indent: str) -> str:
    """Return `text` as a docstring literal that ends its line; nothing in it can end the literal early."""
    lines = []
    for paragraph in _printable(text).split("\n"):
        if len(paragraph) <= _WIDTH - len(indent):
            lines.append(paragraph)
            continue
        lines += textwrap.wrap(paragraph, _WIDTH - len(indent), break_long_words=False) or [""]
    body = re.sub(r"\n[ ]+\n", "\n\n", f"\n{indent}".join(lines).strip())
    last = body.endswith('"')
    body = body[: -1 if last else None].replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + '\\"' * last
    tail = f"\n{indent}" if "\n" in body else ""
    return f'{indent}"""{body}{tail}"""\n'


def _printable(text: str) -> str:
    r"""Return the text with everything invisible (controls, surrogates, bidi marks) spelled out as `\u202e`."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(
        char if char == "\n" or char.isprintable() else char.encode("unicode_escape").decode()
        for char in text
    )


def literal(value: Any) -> str:
    """Return JSON data as a Python expression."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{str(key)!r}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "1e999 * 0" if math.isnan(value) else "1e999" if value > 0 else "-1e999"
    return repr(value) if value is None or isinstance(value, bool | int | float) else repr(str(value))


def described(schema: Schema, indent: str) -> str:
    """Return a schema's description as a docstring, or ""."""
    text = schema.get("description") if isinstance(schema, Mapping) else None
    return docstring(text, indent) if isinstance(text, str) and text.strip() else ""
