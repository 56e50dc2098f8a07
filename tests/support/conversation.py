"""Recorded conversations: requests to a running service and the answers expected, one JSON object a line.

    {"id": "hello", "request": {"method": "GET", "path": "/hello"}, "response": {"status": 200}}

- request: `method`, `path`, `headers`, and at most one of `body` (sent as JSON), `text` (sent in UTF-8),
  `latin1` (a character for each byte) and `filler` (so many bytes of JSON text: an object with a long text);
  or only `raw`: every byte of the request, a character for each, `method` saying what it is.
- response: `status`; `headers`: name -> regular expression that must be found; `json`: a subset that must
  match (in lists, item by item), where "<any>" matches any value that is not empty; `json_exact`: the whole
  body; `text`: the whole body as text; `no_text`: what must not appear anywhere in the answer.
- In every text of a request `{token:NAME}` stands for a token, `{quoted:NAME}` for `Bearer <token>`,
  URL-quoted.
- A token is the service's standard claims with `claims` merged in (null drops one, "now+N" is a time,
  "<audience>" the service's) and `header` merged into {typ: JWT, alg: HS256}, signed with `key`: secret,
  wrong, empty or none.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.service import Answer, RunningService
from tests.support.tokens import present, sign, unsigned

_STAND_IN = re.compile(r"\{(token|quoted):(\w+)\}")
_RELATIVE_TIME = re.compile(r"now([+-]\d+)")


@dataclass(frozen=True)
class Case:
    """One exchange."""

    id: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]


def read_cases(*files: Path) -> list[Case]:
    """Return all cases of these files."""
    return [Case(**json.loads(line)) for file in files for line in file.read_text().splitlines() if line]


@dataclass(frozen=True)
class Tokens:
    """Makes the tokens that cases name."""

    issuer: str
    audience: str
    secret: str
    recipes: Mapping[str, Mapping[str, Any]]

    def token(self, name: str) -> str:
        recipe = self.recipes[name]
        now = int(time.time())
        standard = {"iss": self.issuer, "sub": "user-1", "aud": self.audience, "iat": now, "exp": now + 3600}
        claims = present(standard | {k: self._claim(v, now) for k, v in recipe.get("claims", {}).items()})
        header = {"typ": "JWT", "alg": "HS256"} | recipe.get("header", {})
        key = recipe.get("key", "secret")
        if key == "none":
            return unsigned(header, json.dumps(claims).encode())
        secret = {"secret": self.secret, "wrong": "not-" + self.secret, "empty": ""}[key]
        digest = hashlib.sha512 if header["alg"] == "HS512" else hashlib.sha256
        return sign(header, json.dumps(claims).encode(), secret, digest)

    def put_into(self, value: Any) -> Any:
        """Return a JSON value with the tokens it names in their places."""
        if isinstance(value, str):
            return _STAND_IN.sub(self._replacement, value)
        if isinstance(value, dict):
            return {name: self.put_into(inner) for name, inner in value.items()}
        return [self.put_into(inner) for inner in value] if isinstance(value, list) else value

    def _replacement(self, match: re.Match[str]) -> str:
        token = self.token(match[2])
        return token if match[1] == "token" else quote(f"Bearer {token}")

    def _claim(self, value: Any, now: int) -> Any:
        if isinstance(value, list):
            return [self._claim(inner, now) for inner in value]
        if value == "<audience>":
            return self.audience
        match = _RELATIVE_TIME.fullmatch(value) if isinstance(value, str) else None
        return now + int(match[1]) if match else value


def hold(case: Case, service: RunningService, tokens: Tokens) -> None:
    """Send the request and assert that the answer is the expected one."""
    expected = case.response
    answer = send(tokens.put_into(case.request), service)
    shown = f"{answer.status} {dict(answer.headers)} {answer.text[:2000]}"
    assert answer.status == expected["status"], shown
    for name, pattern in expected.get("headers", {}).items():
        assert re.search(pattern, answer.headers.get(name, "")), f"{name} is not like {pattern}: {shown}"
    if "json_exact" in expected:
        assert answer.json() == expected["json_exact"], shown
    if "json" in expected:
        assert differences(expected["json"], answer.json()) == []
    if "text" in expected:
        assert answer.text == expected["text"], shown
    for text in expected.get("no_text", []):
        assert text not in answer.text, shown
        assert text not in str(answer.headers), shown


def send(request: Mapping[str, Any], service: RunningService) -> Answer:
    """Send a case's request, its tokens in place."""
    if "raw" in request:
        return service.raw(request["raw"].encode("latin-1"), method=request["method"])
    return service.request(request["method"], request["path"], request.get("headers", {}), body_of(request))


def body_of(request: Mapping[str, Any]) -> bytes | None:
    """Return the bytes of a request's body."""
    if "body" in request:
        return json.dumps(request["body"]).encode()
    if "text" in request:
        return str(request["text"]).encode()
    if "latin1" in request:
        return str(request["latin1"]).encode("latin-1")
    if "filler" in request:
        frame = b'{"question": ""}'
        return frame[:-2] + b"x" * (int(request["filler"]) - len(frame)) + frame[-2:]
    return None


def differences(expected: Any, actual: Any, pointer: str = "") -> list[str]:
    """Return where `actual` does not have what `expected` asks for."""
    if expected == "<any>":
        return [] if actual not in (None, "", [], {}) else [f"{pointer or '/'}: {actual!r} is empty"]
    if isinstance(expected, dict) and isinstance(actual, dict):
        missing = [f"{pointer}/{name}: is missing" for name in expected if name not in actual]
        pairs = [(f"{pointer}/{name}", expected[name], actual[name]) for name in expected if name in actual]
    elif isinstance(expected, list) and isinstance(actual, list):
        lengths = (len(expected), len(actual))
        missing = (
            [] if lengths[0] == lengths[1] else [f"{pointer}: {lengths[1]} items, not {lengths[0]}: {actual}"]
        )
        pairs = [
            (f"{pointer}/{index}", *pair) for index, pair in enumerate(zip(expected, actual, strict=False))
        ]
    elif expected == actual and type(expected) is type(actual):
        return []
    else:
        return [f"{pointer or '/'}: {actual!r} is not {expected!r}"]
    return missing + [found for place, want, got in pairs for found in differences(want, got, place)]
