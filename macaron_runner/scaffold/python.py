"""Python text as the usual formatters leave it: literals, signatures, docstrings, 88 characters wide.

Text of a document becomes string literals and docstrings here, never code. Not for what is written (stubs).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from macaron_runner.display import printable

WIDTH: Final = 88
INDENT: Final = "    "
_LONGEST_TEXT: Final = 400
_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def text_literal(text: str) -> str:
    r"""Return a text as a string literal: double quotes, or single ones where that needs fewer backslashes.

    What is invisible or no character is spelled out (`\u202e`).
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(char, quote) for char in text) + quote


def _escaped(char: str, quote: str) -> str:
    if char in ("\\", quote):
        return f"\\{char}"
    if char.isprintable():
        return char
    return _ESCAPES.get(char) or char.encode("unicode_escape").decode()


def literal(value: Any, indent: str = "", before: int = 0, after: int = 0) -> str:
    """Return JSON data as an expression that stands behind `before` characters, with `after` behind it.

    What does not fit in its line is written with one item a line, indented below `indent`.
    """
    flat = _flat(value)
    if len(indent) + before + len(flat) + after <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    deeper = indent + INDENT
    if isinstance(value, dict):
        keys = [f"{text_literal(str(key))}: " for key in value]
        items = [
            key + literal(item, deeper, len(key), 1) for key, item in zip(keys, value.values(), strict=True)
        ]
        opening, closing = "{}"
    else:
        items = [literal(item, deeper, 0, 1) for item in value]
        opening, closing = "[]"
    lines = "".join(f"{deeper}{item},\n" for item in items)
    return f"{opening}\n{lines}{indent}{closing}"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{text_literal(str(key))}: {_flat(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, str):
        return text_literal(value)
    return repr(value).replace("e+", "e")  # None, a flag, a number


def definition(name: str, arguments: Sequence[str]) -> str:
    """Return the head of a function, in one line where it fits."""
    flat = f"def {name}({', '.join(arguments)}):"
    if len(flat) <= WIDTH:
        return f"{flat}\n"
    together = INDENT + ", ".join(arguments)
    if len(together) <= WIDTH and len(arguments) > 1:
        return f"def {name}(\n{together}\n):\n"
    return f"def {name}(\n" + "".join(f"{INDENT}{argument},\n" for argument in arguments) + "):\n"


def import_line(module: str, names: Iterable[str]) -> str:
    """Return `from module import names`, sorted as isort does: constants, classes, functions."""
    return f"from {module} import {', '.join(sorted(names, key=_import_rank))}\n"


def _import_rank(name: str) -> tuple[int, str]:
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


def docstring(head: str, text: str, indent: str) -> str:
    """Return a docstring literal, on lines of its own: `head`, then the first paragraph of `text`.

    Nothing in either can end the literal early.
    """
    paragraphs = [_harmless(head)]
    first = _harmless(text.strip().split("\n\n")[0])
    if first and first.rstrip(".") not in paragraphs[0]:
        paragraphs.append(_shortened(first))
    only = _guarded(paragraphs[0])
    if len(paragraphs) == 1 and len(indent) + len(only) + 6 <= WIDTH:
        return f'{indent}"""{only}"""\n'
    # Room for the quotes before the first line, which formatters never put on a line of their own, and behind the last.
    wrapped = [textwrap.fill(each, WIDTH - len(indent) - 6) for each in paragraphs]
    lines = [_guarded(line) for line in "\n\n".join(wrapped).split("\n")]
    if len(lines) == 1:
        return f'{indent}"""{lines[0]}"""\n'
    return f'{indent}"""' + f"\n{indent}".join(lines).replace(f"\n{indent}\n", "\n\n") + f'\n{indent}"""\n'


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_TEXT:
        return text
    return text[:_LONGEST_TEXT].rsplit(" ", 1)[0] + " …"


def _harmless(text: str) -> str:
    """Return a text as one line without anything invisible."""
    return printable(" ".join(text.split()))[: 2 * _LONGEST_TEXT]


def _guarded(line: str) -> str:
    """Return a line of a docstring in which no quotes can end it, and no backslash means anything."""
    return re.sub(r'\\|"{3,}|"+$|^"+', lambda found: "".join(f"\\{char}" for char in found[0]), line)
