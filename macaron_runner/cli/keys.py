"""The keys that one macaron.yaml has or could have, for completion: patterns of the format, filled in with its names.

    apis.*.spec   ->   apis.shop.spec, apis.admin.spec

It must answer while somebody types: it imports neither the model nor what reads a file with all care (source).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

_LARGEST: Final = 2**20


def expand(patterns: Sequence[str], file: str) -> Iterator[str]:
    """Yield the keys that patterns mean in a file; where it cannot be read, those without a name in them."""
    tree = read_tree(file)
    for pattern in patterns:
        yield from map(".".join, _fill(pattern.split("."), tree))


def _fill(steps: Sequence[str], tree: Any) -> Iterator[tuple[str, ...]]:
    if not steps:
        yield ()
        return
    step, *rest = steps
    inside = tree if isinstance(tree, dict) else {}
    names = [str(name) for name in inside if not str(name).startswith("x-")] if step == "*" else [step]
    for name, tail in itertools.chain.from_iterable(
        ((name, tail) for tail in _fill(rest, inside.get(name))) for name in names
    ):
        yield (name, *tail)


def read_tree(file: str) -> Any:
    """Return what a file says, nothing of it checked; None where it cannot be read."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with Path(file).open("rb") as stream:
            return yaml.load(stream.read(_LARGEST), loader)  # noqa: S506 - both are the safe one
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return None
