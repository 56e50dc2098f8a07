"""Every secret that a service's configuration holds, by name: what the redactor of the service masks.

Besides the declared secrets these are the texts that are secret by their place (the key of a verifier written in the
file, the password in a URL); they go by the path of their key. Not for masking (redaction).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from macaron_runner.configuration.keys import join_key
from macaron_runner.configuration.secrets import Placeholders, Secrets
from macaron_runner.configuration.sensitive import Sensitive, is_secret_by_place
from macaron_runner.configuration.source import Path
from macaron_runner.redaction import url_passwords


def secrets_in(secrets: Secrets | Placeholders, tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name and value of each secret: the declared ones, then those that stand in the resolved tree."""
    yield from secrets.known()
    yield from _written_in(tree, ())


def _written_in(value: Any, path: Path) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _written_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _written_in(item, (*path, index))
    elif is_secret_by_place(path) and not isinstance(value, Sensitive) and value is not None:
        yield join_key(path), str(value)
    elif isinstance(value, str):
        for password in url_passwords(value):
            yield join_key(path), password
