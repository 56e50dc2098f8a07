"""What no request may bring about: a 5xx (but 501), a traceback, an error in another form, an answer that is no HTTP.

Not for making requests (requests).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

_TALKATIVE: Final = (b"Traceback", b"/site-packages/", b'File "', b"pydantic", b"werkzeug", b"jsonschema")
"""What would tell a client how the service is made."""

_HEADER: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_FACTS: Final = {"status", "error", "error_description", "error_id"}


def judge(method: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Assert that this is an answer any request may get; header names are in lower case."""
    assert 200 <= status < 500 or status == 501, (status, body[:500])  # 501: RFC 9112 section 6.1
    for name, value in headers.items():
        assert _HEADER.fullmatch(name + value), (name, value)
    assert headers.get("x-request-id"), headers
    if method == "HEAD" or status in (204, 304):
        assert body == b""
    elif "content-length" in headers:
        assert int(headers["content-length"]) == len(body)
    if status >= 400:
        _judge_error(method, status, headers, body)


def _judge_error(method: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    assert headers["content-type"] == "application/json", headers
    assert status != 405 or headers["allow"], headers
    assert status != 401 or headers["www-authenticate"], headers
    for word in _TALKATIVE:
        assert word not in body, body
    if method != "HEAD":
        error = json.loads(body)
        assert error.keys() - {"errors"} == _FACTS, error
        assert error["status"] == status
        assert _CODE.fullmatch(error["error"])
        for detail in error.get("errors", ()):
            assert detail.keys() == {"location", "pointer", "message"}
