"""Names of container images, after the reference grammar of the OCI distribution specification.

    registry.example.com:5000/acme/shop:1.2@sha256:…
    └────── registry ───────┘ └─ path ─┘ tag  digest

https://github.com/distribution/reference is the grammar. Not for asking a registry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_COMPONENT: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_HOST_LABEL: Final = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY: Final = re.compile(rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_LONGEST: Final = 255
_HEXADECIMALS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True, slots=True)
class ImageName:
    """An image's name taken apart; what it does not have is ""."""

    registry: str
    path: str
    tag: str
    digest: str


def parse_image(text: str) -> ImageName:
    """Return the parts of an image's name. Raises ValueError with what is wrong with it."""
    if "://" in text:
        raise ValueError("it has no scheme: leave out everything up to ://")
    name, at, digest = text.partition("@")
    if at:
        _check_digest(digest)
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    name, tag = (name[:colon], name[colon + 1 :]) if colon >= 0 else (name, "")
    if colon >= 0 and not _TAG.fullmatch(tag):
        raise ValueError(f'"{tag}" is no tag (letters, digits, _, . and -, not first . or -, at most 128)')
    registry, path = _registry_and_path(name)
    if len(name) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST} characters")
    for component in path.split("/"):
        _check_component(component)
    return ImageName(registry, path, tag, digest)


def _registry_and_path(name: str) -> tuple[str, str]:
    """Return the registry, or "", and the rest: a first part with a dot or a port, or localhost, is a registry."""
    first, slash, rest = name.partition("/")
    if not slash or not (set(first) & set(".:[") or first == "localhost" or first != first.lower()):
        return "", name
    if not _REGISTRY.fullmatch(first):
        raise ValueError(f'"{first}" is no registry (a host, perhaps with :port)')
    return first, rest


def _check_component(text: str) -> None:
    if not text:
        raise ValueError("a part between slashes is empty")
    if text != text.lower():
        raise ValueError(f'"{text}" has capital letters')
    if not _COMPONENT.fullmatch(text):
        raise ValueError(
            f'"{text}" is no part of a name (lower-case letters and digits, between them . _ or -)'
        )


def _check_digest(text: str) -> None:
    algorithm, _, digits = text.partition(":")
    length = _HEXADECIMALS.get(algorithm)
    if not _DIGEST.fullmatch(text) or (length is not None and len(digits) != length):
        what = (
            f"{algorithm}: and {length} hexadecimal digits"
            if length
            else "as sha256: and 64 hexadecimal digits"
        )
        raise ValueError(f"the digest after @ must be {what}")
