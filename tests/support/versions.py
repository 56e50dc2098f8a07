"""One schema in a document of each specification: what the dialects agree on must come out alike in all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api

VERSIONS: Final = ("2.0", "3.0", "3.1", "3.2")


def api_of(folder: Path, version: str, schemas: dict[str, Any]) -> Api:
    """Return the API of a document with these schemas; a `$ref` is written `#/NAME`, whatever the version."""
    head = {"info": {"title": "T", "version": "1"}, "paths": {}}
    parts = {"definitions": schemas} if version == "2.0" else {"components": {"schemas": schemas}}
    name = {"swagger": version} if version == "2.0" else {"openapi": f"{version}.0"}
    collection = "#/definitions/" if version == "2.0" else "#/components/schemas/"
    path = folder / f"{version}.json"
    path.write_text(json.dumps(name | head | parts).replace('"#/', f'"{collection}'))
    return read_api(read_document(path), "x")
