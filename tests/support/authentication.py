"""What tests of auth share: a verifier's settings, tokens for it, operations that need one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from macaron_runner.configuration.model import JwtVerifier
from macaron_runner.openapi.operation import Api, Operation, SecurityScheme
from tests.support.tokens import present, sign

SECRET = "a secret of more than thirty-two bytes"
OLD_SECRET = "an older secret, which is long enough too"
NOW = 1_800_000_000.0

BEARER = SecurityScheme(name="bearerAuth", type="http", scheme="bearer")


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def settings(**changes: Any) -> JwtVerifier:
    """Return a verifier as macaron.yaml describes it."""
    values: dict[str, Any] = {
        "type": "jwt",
        "issuer": "issuer",
        "audience": "audience",
        "keys": {"main": {"secret": SECRET}, "old": {"secret": OLD_SECRET}},
    }
    return JwtVerifier(**values | changes)


def make_token(
    claims: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    secret: str = SECRET,
    digest: Callable[..., Any] = hashlib.sha256,
) -> str:
    """Return a token that `settings()` accepts at NOW, but for what is changed; None drops a claim."""
    standard = {"iss": "issuer", "aud": "audience", "sub": "user-1", "iat": NOW, "exp": NOW + 3600}
    payload = json.dumps(present(standard | dict(claims or {}))).encode()
    return sign(present({"typ": "JWT", "alg": "HS256"} | dict(header or {})), payload, secret, digest)


def operation_with(*security: Any, **changes: Any) -> Operation:
    """Return an operation with these security requirements."""
    values: dict[str, Any] = {
        "api": "shop",
        "method": "GET",
        "base_path": "",
        "path": "/orders",
        "operation_id": "list_orders",
        "parameters": (),
        "body": None,
        "responses": (),
        "security": security,
    }
    return Operation(**values | changes)


def api_with(*schemes: SecurityScheme, operations: tuple[Operation, ...] = ()) -> Api:
    """Return an API with these security schemes."""
    return Api(
        name="shop",
        title="Shop",
        version="1",
        base_path="",
        operations=operations,
        schemas={},
        security_schemes={scheme.name: scheme for scheme in schemes},
    )
