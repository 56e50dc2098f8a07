"""The folder by which type checkers and editors know a service's APIs: its files, as texts by their paths.

    macaron_runner/__init__.pyi                   the public names, `apipool` being this service's
    macaron_runner/_apipool/__init__.pyi          `apipool.shop`
    macaron_runner/_apipool/shop/__init__.pyi     `apipool.shop.Order`, `apipool.shop.client`
    macaron_runner/_apipool/shop/model.pyi        `apipool.shop.model.Order`
    macaron_runner/_apipool/shop/models.py        the classes
    macaron_runner/_apipool/shop/_client.pyi      the operations

The folder lies where stubs are looked for, before the installed package; modules that it does not have are found there.
It is never run. `apipool` is a package in it, so that what is in an API may stand in annotations. Pure; not for writing
the files (cli.models).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from macaron_runner.clients.stubs import client_stub
from macaron_runner.models.parents import named_parents
from macaron_runner.models.shape import Schemas
from macaron_runner.models.source import ModelSource
from macaron_runner.models.words import Foreign
from macaron_runner.validation.identifiers import identifier

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Api, Operation

MARK: Final = "# Made by `macaron models` of the service's API documents: change those, not this.\n"
"""The first line of every file."""
ROOT: Final = "macaron_runner"
"""The folder in the folder, called as the package that it speaks of."""
_POOL: Final = "_apipool"


@dataclass(frozen=True, slots=True)
class TypedApi:
    """One API: its client's operations by name, whether its client raises errors, whether it shares its models."""

    api: Api
    operations: Mapping[str, Operation]
    raises_errors: bool = False
    shares_models: bool = False


def typings(apis: Iterable[TypedApi], homes: Mapping[str, str]) -> dict[str, str]:
    """Return the files by their paths; `homes` tells the module below macaron_runner of each public name."""
    words: list[str] = []
    files: dict[str, str] = {}
    shared: dict[str, Foreign] = {}
    for typed in apis:
        word = identifier(typed.api.name)
        if word not in words:  # of two that want one name, the first has it
            words.append(word)
            for name, text in _files(typed, shared):
                files[f"{ROOT}/{_POOL}/{word}/{name}"] = text
    files[f"{ROOT}/{_POOL}/__init__.pyi"] = "".join(f"from . import {word} as {word}\n" for word in words)
    files[f"{ROOT}/__init__.pyi"] = "".join(_public(homes))
    return {path: f"{MARK}# ruff: noqa\n{files[path]}" for path in sorted(files)}


def _public(homes: Mapping[str, str]) -> Iterator[str]:
    for name, home in sorted(homes.items()):
        origin = f". import {_POOL}" if name == "apipool" else f"{ROOT}.{home} import {name}"
        yield f"from {origin} as {name}\n"


def _files(typed: TypedApi, shared: dict[str, Foreign]) -> Iterator[tuple[str, str]]:
    """Yield the files of one API; `shared` are classes of those before it that it may use, and gets its own."""
    api = typed.api
    taken = (
        {name: each for name, each in shared.items() if name in api.schemas} if typed.shares_models else {}
    )
    parents = {name: parent for name, parent in named_parents(api).items() if name not in taken}
    source = ModelSource(api, taken, parents)
    text, _ = source.write(for_checkers=True)
    if typed.shares_models:
        shared.update(_classes(api, source, but=taken))
    client, stub = client_stub(api, typed.operations, source)
    nested = {piece.name: piece.name for piece in ModelSource(api, taken, parents).write()[1]}
    names = nested | {identifier(called): word for called, word in source.names.items()}
    yield "models.py", f"# mypy: ignore-errors\n{text}"
    yield "model.pyi", "".join(_models(names))
    yield "_client.pyi", stub
    own = {name: word for name, word in names.items() if name not in ("client", "model")}
    yield "__init__.pyi", "".join([*_models(own), *_others(client, raises_errors=typed.raises_errors)])


def _models(names: Mapping[str, str]) -> Iterator[str]:
    return (f"from .models import {word} as {name}\n" for name, word in sorted(names.items()))


def _others(client: str, *, raises_errors: bool) -> Iterator[str]:
    """Yield what an API has beside its models."""
    failure = "Never" if raises_errors else "ClientError"
    home = "typing" if raises_errors else "macaron_runner.clients.failures"
    yield f"from {home} import {failure} as _{failure}\n\n"
    yield f"from . import model as model\nfrom ._client import {client} as _Client\n\nclient: _Client[_{failure}]\n"


def _classes(api: Api, source: ModelSource, *, but: Mapping[str, Foreign]) -> dict[str, Foreign]:
    """Return the classes of an API that others may share."""
    module = f"{ROOT}.{_POOL}.{identifier(api.name)}.models"
    schemas = Schemas(api.schemas)
    return {
        called: Foreign(module, word, object)
        for called, word in source.names.items()
        if called not in but and schemas.is_class(called)
    }
