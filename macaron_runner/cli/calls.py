"""What may come next on the line of `macaron call`, for completion: APIs, operations, parameters, values of one.

    []                                      ->  shop, inventory
    [shop]                                  ->  create_order, get_order
    [shop, create_order]                    ->  dry_run=, x_shop=
    [shop, create_order, dry_run=]          ->  dry_run=true, dry_run=false

It must answer while somebody types: no document is checked, and of macaron.yaml only its text is read (keys).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.cli.keys import read_tree
from macaron_runner.diagnostics import BadConfiguration

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Api, Operation

_SECTIONS: Final = ("apis", "clients")


def offers(words: Sequence[str], file: str) -> Iterator[str]:
    """Yield what may come behind these plain words; nothing where a file cannot be read."""
    specs = dict(_specs(read_tree(file)))
    if not words:
        yield from specs
        return
    api = _read_api(specs.get(words[0]), Path(file).parent)
    if api is None:
        return
    from macaron_runner.clients.naming import operation_names

    operations = operation_names(api.operations)
    if len(words) == 1:
        yield from operations
    elif (operation := operations.get(words[1])) is not None:
        yield from _parameters(operation, api, words[-1] if words[-1].endswith("=") else "")


def _specs(tree: Any) -> Iterator[tuple[str, str]]:
    """Yield each API with its document; of two of one name that which is given a document counts."""
    found = {"ping": "macaron:ping"}
    for section in _SECTIONS:
        inside = tree.get(section) if isinstance(tree, dict) else None
        for name, settings in inside.items() if isinstance(inside, dict) else ():
            if isinstance(settings, dict) and isinstance(settings.get("spec"), str):
                found[str(name)] = settings["spec"]
    yield from found.items()


def _read_api(spec: str | None, folder: Path) -> Api | None:
    from macaron_runner.openapi.api import examine_api
    from macaron_runner.openapi.builtin import find_document
    from macaron_runner.openapi.document import read_document

    if spec is None:
        return None
    try:
        return examine_api(read_document(find_document(spec, folder)), "")[0]
    except (BadConfiguration, OSError):
        return None


def _parameters(operation: Operation, api: Api, given: str) -> Iterator[str]:
    """Yield "name=" of every parameter; where one is given so, its values as far as they are listed."""
    from macaron_runner.validation.identifiers import parameter_identifiers
    from macaron_runner.validation.text_values import parts_of

    for name, parameter in zip(parameter_identifiers(operation), operation.parameters, strict=True):
        if not given:
            yield f"{name}="
        elif given == f"{name}=":
            parts = list(parts_of(parameter.schema, api.schemas))
            items = [
                each for part in parts if "items" in part for each in parts_of(part["items"], api.schemas)
            ]
            yield from (f"{name}={value}" for part in (*parts, *items) for value in _listed(part))


def _listed(schema: Any) -> Iterator[Any]:
    if isinstance(schema, dict):
        values = schema.get("enum", ())
        yield from (value for value in values if isinstance(value, str | int) and not isinstance(value, bool))
        if schema.get("type") == "boolean":
            yield from ("true", "false")
