"""The errors of a call, which is_error(result) is true for, or which are raised. Drawn in macaron_runner.errors.

A handler may return or raise one as any MacaronError: its caller then sees it, and under `path` through which
operations it came. Not for the errors of one attempt (outgoing.TransportError).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from macaron_runner.clients.outgoing import Pairs, value_of
from macaron_runner.errors import MacaronError


class ClientError(MacaronError):
    """A call failed. `operation` is what was called, as "inventory.get_item"."""

    code, status = "CALL_FAILED", 502
    default_description = "A service that this one depends on could not be asked"

    def __init__(self, description: str | None = None, *, operation: str = "", **details: Any) -> None:
        super().__init__(description, **details)
        self.operation = operation

    def __repr__(self) -> str:
        """Show what a notebook should: `<RemoteError 409 OUT_OF_STOCK of stock.reserve: sold out>`."""
        of = f" of {self.operation}" if self.operation else ""
        return f"<{type(self).__name__} {self.status} {self.code}{of}: {self.description}>"

    @property
    def path(self) -> tuple[str, ...]:
        """The operations that the error came through, the one called here first."""
        return (self.operation,) if self.operation else ()

    def to_json(self) -> dict[str, Any]:
        """Return the body of the answer, the error's path in it."""
        body = super().to_json()
        return {**body, "path": list(self.path)} if self.path else body


_PASSED_ON: Final = ("Retry-After", "WWW-Authenticate")
"""Those of a remote error's headers that its answer carries on to our own caller."""


class RemoteError(ClientError):
    """The other side answered with an error: `status`, `code`, `description`, `error_id`… are what it said.

    `remote_body` is the body, parsed where it is JSON, else its bytes, 64 KiB at the most; `model` what the document
    makes of it, where it describes the body of that answer; `remote_headers` are all its headers, of which `headers` go
    on to our own caller.
    """

    code = "REMOTE_ERROR"
    default_description = "A service that this one depends on answered with an error"

    def __init__(
        self,
        description: str | None = None,
        *,
        status: int = ClientError.status,
        code: str | None = None,
        error_id: str | None = None,
        remote_path: Sequence[str] = (),
        remote_body: Any = None,
        remote_headers: Pairs = (),
        model: Any = None,
        **details: Any,
    ) -> None:
        super().__init__(description, **details)
        self.status = status
        self.code = code if code is not None else type(self).code
        self.remote_path = tuple(remote_path)
        self.remote_body = remote_body
        self.remote_headers = remote_headers
        self.model = model
        self._error_id = error_id
        for name in _PASSED_ON:
            if (value := value_of(remote_headers, name)) is not None:
                self.headers.setdefault(name, value)

    @property
    def path(self) -> tuple[str, ...]:
        """The operations that the error came through, the one called here first, those behind it after."""
        return (*super().path, *self.remote_path)


class CannotSend(ClientError):
    """The arguments do not fit the operation, so nothing was sent; `errors` tell the places, as those of a request."""

    code, status = "CANNOT_SEND", 400
    default_description = "The arguments of the call do not fit the API's description"


class CallTimeout(ClientError):
    """There was no answer in time."""

    code, status = "CALL_TIMEOUT", 504
    default_description = "A service that this one depends on did not answer in time"


class DeadlineExceeded(ClientError):
    """The deadline of the request under way had passed before anything was sent: nobody waits for the answer."""

    code, status = "DEADLINE_EXCEEDED", 504
    default_description = "The request took too long"


class ConnectionFailed(ClientError):
    """There was no connection, or it broke."""

    code, status = "CONNECTION_FAILED", 502
    default_description = "A service that this one depends on could not be reached"


class InvalidAnswer(ClientError):
    """The answer is not what its document says, or cannot be read at all; `errors` tell the places."""

    code, status = "INVALID_ANSWER", 502
    default_description = "A service that this one depends on gave an answer that cannot be understood"


class TooManyRedirects(ClientError):
    """The other side sends on and on."""

    code, status = "TOO_MANY_REDIRECTS", 502
    default_description = "A service that this one depends on redirects too often"


class _NotNow(ClientError):
    """Nothing was sent; it may be asked for again after `retry_after` seconds."""

    status = 503

    def __init__(self, description: str | None = None, *, retry_after: float = 1.0, **details: Any) -> None:
        super().__init__(description, **details)
        self.headers.setdefault("Retry-After", str(max(1, round(retry_after))))


class CircuitOpen(_NotNow):
    """So many calls failed of late that for a while none is made."""

    code = "CIRCUIT_OPEN"
    default_description = "A service that this one depends on has failed too often and is given a rest"


class TooManyCalls(_NotNow):
    """As many calls as may be are under way."""

    code = "TOO_MANY_CALLS"
    default_description = "A service that this one depends on is asked too much at once"
