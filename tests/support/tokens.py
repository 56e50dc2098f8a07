"""JSON Web Tokens made by hand, without the library that is tested: also those that nobody should accept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any


def base64url(data: bytes) -> str:
    """Return bytes as RFC 7515 writes them."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(
    header: Mapping[str, Any],
    payload: bytes,
    secret: str,
    digest: Callable[..., Any] = hashlib.sha256,
) -> str:
    """Return a compact JWS, signed with an HMAC whatever the header says."""
    signed = f"{base64url(json.dumps(dict(header)).encode())}.{base64url(payload)}"
    return f"{signed}.{base64url(hmac.new(secret.encode(), signed.encode(), digest).digest())}"


def unsigned(header: Mapping[str, Any], payload: bytes) -> str:
    """Return a compact JWS with an empty signature."""
    return f"{base64url(json.dumps(dict(header)).encode())}.{base64url(payload)}."


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def from_base64url(text: str) -> bytes:
    """Return the bytes that `base64url` wrote."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
