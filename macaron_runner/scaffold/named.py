"""Stubs for what a document names besides handlers: classes (`x-parent`) and decorators (`x-decorate-server`).

Without them the service would not start. Not for handlers (stubs).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from macaron_runner.code.handlers import decorator_names, split_name
from macaron_runner.openapi.operation import Api
from macaron_runner.scaffold.bindings import Bindings
from macaron_runner.scaffold.names import is_handler_name, is_module_path, is_taken
from macaron_runner.scaffold.python import docstring

_DECORATOR: Final = '''\
def {name}(handler):
    """Stand around handlers, as their `x-decorate-server` says: nobody passes yet."""

    @wraps(handler)
    def refusing(*args, **kwargs):
        raise NotImplementedYet

    return refusing
'''
_PARENT: Final = '''\
class {name}:
    """What models whose `x-parent` is this class can do besides carrying values."""
'''


def named_modules(api: Api, bindings: Bindings, installed: Collection[str]) -> dict[str, str]:
    """Return the text of each module that has parents and decorators, but no handlers, by its full name."""
    modules: dict[str, list[str]] = {}
    imports: set[str] = set()
    handlers = {bound.module for bound in bindings.bound}
    for kind, text in [*_each("parent", _parents(api)), *_each("decorator", _decorators(bindings))]:
        module, name = split_name(text)
        ours = is_module_path(module) and not is_taken(module.partition(".")[0], installed)
        if not ours or module in handlers or not is_handler_name(name):
            continue
        piece = (_PARENT if kind == "parent" else _DECORATOR).format(name=name)
        if piece not in modules.setdefault(module, []):
            modules[module].append(piece)
        if kind == "decorator":
            imports.add(module)
    return {name: _module(name in imports, pieces) for name, pieces in modules.items()}


def _each(kind: str, names: Iterator[str]) -> list[tuple[str, str]]:
    return [(kind, name) for name in dict.fromkeys(names)]


def _parents(api: Api) -> Iterator[str]:
    for schema in api.schemas.values():
        name = None if isinstance(schema, bool) else schema.get("x-parent")
        if isinstance(name, str):
            yield name


def _decorators(bindings: Bindings) -> Iterator[str]:
    for bound in bindings.bound:
        yield from decorator_names(bound.operation)


def _module(has_decorators: bool, pieces: list[str]) -> str:  # noqa: FBT001 - of this module alone
    head = docstring("What the API's document names besides its handlers.", "", "")
    if has_decorators:
        head += "\nfrom functools import wraps\n\nfrom macaron_runner import NotImplementedYet\n"
    return "\n\n".join([head, *pieces])
