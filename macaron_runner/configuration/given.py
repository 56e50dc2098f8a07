"""A configuration that a program gives, in place of a macaron.yaml. Not for reading files (load)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from macaron_runner.configuration.checks import check
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import Layer, merge_layers
from macaron_runner.configuration.problems import validate
from macaron_runner.configuration.selection import Selection
from macaron_runner.configuration.subject import Subject
from macaron_runner.diagnostics import raise_errors


def configure(value: Mapping[str, Any], *, name: str, directory: Path) -> Configuration:
    """Return the configuration that plain data means, as if a macaron.yaml in `directory` said it.

    `name` stands where messages name a file. References are not followed: `${…}` is text. Raises BadConfiguration.
    """
    merged = merge_layers((Layer.nowhere(name, dict(value)),))
    config, faults = validate(merged)
    raise_errors(faults)
    assert config is not None  # there were no errors
    raise_errors(tuple(check(Subject(config, merged, directory))))
    return Configuration(config, Selection(name), directory, (), merged=merged)
