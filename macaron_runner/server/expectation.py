"""`Expect: 100-continue`: a client that waits is told to send its body when the body is read, and not otherwise.

So a request that is refused by its path, credentials or headers costs nobody its body. Not for other expectations,
which gunicorn refuses (417). RFC 9110 section 10.1.1.
"""

from __future__ import annotations

from typing import Any, Final

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_READING: Final = frozenset({"read", "readline", "readlines"})


class AwaitedBody:
    """A body that the client sends once it is asked to: by the first attempt to read it."""

    def __init__(self, body: Any, sock: Any) -> None:
        self._body = body
        self._sock = sock
        self.is_asked_for = False

    def __getattr__(self, name: str) -> Any:
        """Return what gunicorn's own body has."""
        if name in _READING and not self.is_asked_for:
            self.is_asked_for = True
            self._sock.sendall(_CONTINUE)
        return getattr(self._body, name)

    def __iter__(self) -> Any:
        """Return its lines."""
        return iter(self.readlines())


def await_body(request: Any, sock: Any) -> None:
    """Let a request of gunicorn's ask for its body when it is read.

    Where it never is, nobody knows whether the client sends it all the same, so the connection ends with the answer.
    """
    if not request._expected_100_continue:
        return
    request._expected_100_continue = False
    body = request.body = AwaitedBody(request.body, sock)
    should_close = request.should_close
    request.should_close = lambda: not body.is_asked_for or should_close()
