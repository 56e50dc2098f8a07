"""A service with a document of any size: every operation with parameters, answers and examples, many with a body."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MACARON_YAML = """\
macaron: 1
service: {name: big}
secrets: {key: {env: KEY}}
auth: {users: {type: jwt, issuer: big, audience: big, keys: {main: {secret: "${secret:key}"}}}}
apis: {big: {spec: big.yaml, handlers: big}}
server: {bind: "127.0.0.1:0"}
"""
ENVIRON = {"KEY": "the key of a big service, which is long enough"}
METHODS = ("get", "post", "put", "delete")


class _WithoutAliases(yaml.SafeDumper):
    """Writes equal parts out in full, as people do."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_big_service(folder: Path, operations: int) -> Path:
    """Write a service without faults, of so many operations, into a folder; return its macaron.yaml."""
    text = yaml.dump(big_document(operations), Dumper=_WithoutAliases, sort_keys=False)
    (folder / "big.yaml").write_text(text)
    (folder / "big.py").write_text("\n\n".join(_handler(number) for number in range(operations)))
    file = folder / "macaron.yaml"
    file.write_text(MACARON_YAML)
    return file


def big_document(operations: int) -> dict[str, Any]:
    """Return an OpenAPI 3.0 document; four operations share a path, and a schema of their own."""
    paths: dict[str, Any] = {}
    for number in range(operations):
        path = paths.setdefault(f"/things{number // 4}/{{thing-id}}", {})
        path[METHODS[number % 4]] = _operation(number)
    schemas = {f"Thing{number}": _schema(number) for number in range(operations // 4 + 1)}
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Big", "version": "1"},
        "security": [{"bearerAuth": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"bearerAuth": bearer}},
    }


def _operation(number: int) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/Thing{number // 4}"}
    content = {"application/json": {"schema": schema, "example": _example(number)}}
    operation: dict[str, Any] = {
        "operationId": f"doThing{number}",
        "summary": f"Does the thing of number {number}",
        "parameters": [
            {"name": "thing-id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}},
            {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20, "maximum": 100}},
            {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["up", "down"]}},
            {"name": "X-Trace", "in": "header", "schema": {"type": "string", "maxLength": 40}},
        ],
        "responses": {"200": {"description": "Done", "content": content}, "404": {"description": "None"}},
    }
    if METHODS[number % 4] in {"post", "put"}:
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _schema(number: int) -> dict[str, Any]:
    other = {"$ref": f"#/components/schemas/Thing{number // 2}"}
    return {
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "integer", "format": "int64", "example": number},
            "name": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[a-z].*$"},
            "state": {"type": "string", "enum": ["new", "old", "gone"], "default": "new"},
            "size": {"type": "number", "nullable": True},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
            "parent": other,
            "made_at": {"type": "string", "format": "date-time"},
        },
    }


def _example(number: int) -> dict[str, Any]:
    return {"id": number, "name": "a thing", "state": "old", "size": None, "tags": ["a", "b"]}


def _handler(number: int) -> str:
    body = "body, " if METHODS[number % 4] in {"post", "put"} else ""
    return f"def do_thing{number}({body}thing_id, limit=20, order=None, X_Trace=None):\n    return None\n"
