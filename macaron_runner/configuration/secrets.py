"""Secrets from where macaron.yaml says they are: the environment, a file, or made for development.

A missing secret is an error, never an empty text. Where a service is only described, for a place that is not
this one, placeholders stand for them. Not for hiding them (sensitive).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from macaron_runner.configuration.files import UnreadableError, read_file
from macaron_runner.configuration.model import Secret
from macaron_runner.configuration.variables import UnresolvedError, is_utf8

_LARGEST: Final = 64 * 1024
CREDENTIALS_KEY: Final = "CREDENTIALS_DIRECTORY"
"""The folder in which systemd passes secrets to a unit, a file each (systemd.exec(5), Credentials); others may, too."""


def throw_away(_: str) -> str:
    """Return a new random value, good for this process only: 43 characters, 256 bits."""
    import secrets as random  # not at the top: it brings OpenSSL along, and few files need it

    return random.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The declared secrets (None: its declaration is faulty), each read when it is first referred to.

    `keeper` makes, or finds again, the value of a secret with `generate: true` whose source is absent.
    """

    declared: Mapping[str, Secret | None]
    environ: Mapping[str, str] = field(repr=False)
    directory: Path
    keeper: Callable[[str], str] = throw_away
    _read: dict[str, str] = field(default_factory=dict, repr=False)

    def __call__(self, name: str) -> str:
        """Return the secret's value. Raises UnresolvedError (MAC112 not declared, MAC113 absent)."""
        if name not in self.declared:
            raise _undeclared(name, self.declared)
        if name not in self._read:
            self._read[name] = self._find(name, self.declared[name])
        return self._read[name]

    def known(self) -> Iterator[tuple[str, str]]:
        """Yield the name and value of each declared secret that is there, referred to or not; none is made for it."""
        for name, secret in self.declared.items():
            if name in self._read:
                yield name, self._read[name]
            elif secret is not None and _is_sound(secret):
                with suppress(UnresolvedError):
                    yield name, self._source(name, secret)

    def _find(self, name: str, secret: Secret | None) -> str:
        if secret is None or not _is_sound(secret):
            return "-" * 43  # its declaration has a diagnostic of its own: nothing runs, nothing uses this
        try:
            return self._source(name, secret)
        except UnresolvedError:
            if not secret.generate:
                raise
            return self.keeper(name)

    def _source(self, name: str, secret: Secret) -> str:
        if passed := self._passed(name):
            return self._file(name, passed)
        if secret.env is not None:
            if value := self.environ.get(secret.env):
                if not is_utf8(value):
                    raise UnresolvedError(
                        "MAC113",
                        f'the secret "{name}" cannot be used: the environment variable {secret.env} is not UTF-8 text',
                    )
                return value
            what = "empty" if secret.env in self.environ else "not set"
            raise _absent(name, f"the environment variable {secret.env} is {what}", f"set {secret.env}")
        if secret.file is not None:
            return self._file(name, secret.file)
        raise _absent(name, "it has no source", "")

    def _passed(self, name: str) -> str:
        """Return the file in which whoever started us passes this secret, "" where that is none."""
        folder = self.environ.get(CREDENTIALS_KEY)
        place = f"{folder}/{name}" if folder else ""
        return place if place and os.path.isfile(place) else ""  # noqa: PTH113 - Path.is_file raises at odd names

    def _file(self, name: str, given: str) -> str:
        hint = "put the value there"
        try:
            content = read_file(self.directory / given, _LARGEST)
            text = content.decode()
        except UnicodeDecodeError:
            raise _absent(name, f"{given} is not UTF-8 text", hint) from None
        except UnreadableError as error:
            raise _absent(name, f"{given} cannot be read: {error}", hint) from None
        if len(content) > _LARGEST:
            raise _absent(name, f"{given} is larger than {_LARGEST // 1024} KiB", hint)
        value = text.removesuffix("\n").removesuffix("\r")
        if not value:
            raise _absent(name, f"the file {given} is empty", hint)
        return value


@dataclass(frozen=True, slots=True)
class Placeholders:
    """Stands for the declared secrets where nobody should have them: each is a text that says which one it is."""

    declared: Mapping[str, Secret | None]

    def __call__(self, name: str) -> str:
        """Return what stands for a secret. Raises UnresolvedError (MAC112 not declared)."""
        if name not in self.declared:
            raise _undeclared(name, self.declared)
        return placeholder(name)

    def known(self) -> Iterator[tuple[str, str]]:
        """Yield nothing: no value is known."""
        yield from ()

    def environ(self) -> dict[str, str]:
        """Return the variables that hold secrets, each with what stands for its secret."""
        sound = {name: secret for name, secret in self.declared.items() if secret is not None}
        return {secret.env: placeholder(name) for name, secret in sound.items() if secret.env is not None}


def placeholder(name: str) -> str:
    """Return the text that stands for a secret: as long as one, and found again wherever it must not be."""
    return f"placeholder-of-the-secret-{name}".ljust(48, "-")


def _undeclared(name: str, declared: Mapping[str, Secret | None]) -> UnresolvedError:
    hint = f"declare it under secrets: {name}: {{env: …}} or {{file: …}}"
    return UnresolvedError("MAC112", f'the secret "{name}" is not declared', hint, name=name, known=declared)


def _is_sound(secret: Secret) -> bool:
    sources = (secret.env is not None) + (secret.file is not None)
    return sources == 1 or (sources == 0 and secret.generate)


def _absent(name: str, reason: str, hint: str) -> UnresolvedError:
    help_ = f"{hint}, or say generate: true to have one made for development" if hint else ""
    return UnresolvedError("MAC113", f'the secret "{name}" is absent: {reason}', help_)
