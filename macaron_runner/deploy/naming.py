"""Names that are valid where they go: labels, objects, image tags. Pure.

A name that fits stays as it is. One that does not is made to fit, and gets a few digits of its digest, so that two
names that differ never become one.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_DIGITS: Final = 8


def dns_label(*parts: str, longest: int = 63) -> str:
    """Return "shop-worker-mail" of its parts: an RFC 1123 label that begins with a letter (RFC 1035)."""
    return _fitted("-".join(part for part in parts if part), r"[^a-z0-9]+", "-", longest, lower=True)


def label_value(text: str) -> str:
    """Return the value of a Kubernetes label: at most 63 letters, digits, `-`, `_` and `.`, alphanumeric ends."""
    return _fitted(text, r"[^A-Za-z0-9._-]+", "-", 63)


def image_tag(version: str) -> str:
    """Return the tag of an image (OCI distribution specification, "Pulling manifests"): at most 128 characters."""
    return _fitted(version, r"[^A-Za-z0-9._-]+", "-", 128)


def _fitted(text: str, unfit: str, between: str, longest: int, *, lower: bool = False) -> str:
    fit = re.sub(unfit, between, text.lower() if lower else text).strip("-._")
    if lower and fit[:1].isdigit():
        fit = f"x{fit}"
    if fit and fit == text and len(fit) <= longest:
        return fit
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
    kept = fit[: longest - _DIGITS - 1].rstrip("-._")
    return f"{kept}-{mark}" if kept else f"x{mark}"
