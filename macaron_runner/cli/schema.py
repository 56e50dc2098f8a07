"""`macaron schema`: the JSON Schema of macaron.yaml."""

from __future__ import annotations

import argparse
import json

from macaron_runner.configuration.schema import json_schema


def describe(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the schema is the same for every service."""


def execute(_: argparse.Namespace) -> int:
    """Print the schema on stdout."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0
