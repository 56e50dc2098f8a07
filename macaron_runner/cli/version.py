"""`macaron version`: which macaron this is."""

from __future__ import annotations

import argparse
from importlib.metadata import version


def describe(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""


def execute(_: argparse.Namespace) -> int:
    """Print the version on stdout."""
    print(version("macaron-runner"))
    return 0
