"""The benchmark's service with more operations than it has, so that it can be seen what the number of them costs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import yaml

SERVICE: Final = Path(__file__).with_name("service")


def write_service(folder: Path, operations: int) -> Path:
    """Copy the service into a new folder, its document grown to so many operations; return its macaron.yaml."""
    shutil.copytree(SERVICE, folder, ignore=shutil.ignore_patterns("__pycache__", ".macaron"))
    document_file = folder / "apis" / "orders.yaml"
    document = yaml.safe_load(document_file.read_text())
    numbers = range(operations - len(document["paths"]))
    # Some before those that are measured, and most of them with a variable: matching cannot be lucky.
    added = {f"/archive{number}/{{year}}/orders": {"post": _operation(number)} for number in numbers}
    document["paths"] = {**added, **document["paths"]}
    document_file.write_text(yaml.safe_dump(document, sort_keys=False))
    handlers = "\n".join(
        f"def archive_{number}(body, year):\n    return receipt_of(body)\n" for number in numbers
    )
    with (folder / "orders" / "api.py").open("a") as file:
        file.write(f"\n{handlers}")
    return folder / "macaron.yaml"


def _operation(number: int) -> dict[str, Any]:
    year = {"name": "year", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1970}}
    return {
        "operationId": f"archive_{number}",
        "parameters": [year],
        "requestBody": {"$ref": "#/components/requestBodies/Order"},
        "responses": {"200": {"$ref": "#/components/responses/Receipt"}},
    }
