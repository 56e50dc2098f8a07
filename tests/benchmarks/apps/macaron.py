"""macaron without a server: the service beside, loaded as its users' tests would load it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flask import Flask

from macaron_runner import load_app
from macaron_runner.entries.start import settle
from tests.benchmarks.service_of_size import SERVICE, write_service

__all__ = ["create", "settle"]


def create() -> Flask:
    """Return the service; with $BENCHMARK_OPERATIONS, as many operations of it."""
    operations = os.environ.get("BENCHMARK_OPERATIONS")
    if operations is None:
        return load_app(SERVICE / "macaron.yaml")
    with tempfile.TemporaryDirectory(prefix="macaron-benchmark-") as folder:
        return load_app(write_service(Path(folder) / "service", int(operations)))
