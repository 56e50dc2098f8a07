"""The errors of macaron: what becomes an error answer, and what ends a command with an exit code.

Not for problems in the user's files (those are diagnostics, collected and shown together).

    Exception
    ├── MacaronError                        an error answer; services derive their own from it   500 SERVER_ERROR
    │   ├── InvalidParameter                                                                     400 INVALID_PARAMETER
    │   ├── Unauthorized                    + WWW-Authenticate (RFC 6750 section 3)
    │   │   ├── AuthorizationHeaderMissing                                     401 AUTHORIZATION_HEADER_MISSING
    │   │   ├── TokenInvalid                                                                     401 TOKEN_INVALID
    │   │   └── TokenExpired                                                                     401 TOKEN_EXPIRED
    │   ├── Forbidden                                                                            403 FORBIDDEN
    │   ├── NotFound                                                                             404 NOT_FOUND
    │   ├── MethodNotAllowed                + Allow (RFC 9110 section 15.5.6)               405 METHOD_NOT_ALLOWED
    │   ├── NotAcceptable                                                                        406 NOT_ACCEPTABLE
    │   ├── RequestTimeout                                                                       408 REQUEST_TIMEOUT
    │   ├── BodyTooLarge                                                                         413 BODY_TOO_LARGE
    │   ├── UnsupportedMediaType                                                     415 UNSUPPORTED_MEDIA_TYPE
    │   ├── TooManyRequests                 + Retry-After                                   429 TOO_MANY_REQUESTS
    │   ├── BadResponse                     the handler broke its own spec                       500 BAD_RESPONSE
    │   ├── NotImplementedYet                                                                    501 NOT_IMPLEMENTED
    │   ├── TaskQueueUnavailable            + Retry-After                              503 TASK_QUEUE_UNAVAILABLE
    │   └── ClientError                     a call of another API failed (clients.failures): + `path`
    │       ├── RemoteError                 an error that was answered: status and code of the other side
    │       ├── CannotSend                  the arguments do not fit                             400 CANNOT_SEND
    │       ├── CallTimeout                 no answer in time                                   504 CALL_TIMEOUT
    │       ├── DeadlineExceeded            too late to send anything                      504 DEADLINE_EXCEEDED
    │       ├── ConnectionFailed            no connection, or it broke                     502 CONNECTION_FAILED
    │       ├── InvalidAnswer               not what its document says, or unreadable         502 INVALID_ANSWER
    │       ├── TooManyRedirects                                                          502 TOO_MANY_REDIRECTS
    │       ├── CircuitOpen                 + Retry-After                                       503 CIRCUIT_OPEN
    │       └── TooManyCalls                + Retry-After                                     503 TOO_MANY_CALLS
    └── CommandError                        ends a command                                       exit 1
        ├── UsageError                                                                           exit 2
        ├── DependencyMissing               something that must be there was not                 exit 69
        ├── CrashLoop                       a process died again and again                       exit 70
        └── BadConfiguration                in diagnostics.py: it carries them                   exit 78
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from macaron_runner.ids import new_uuid

if TYPE_CHECKING:
    from typing_extensions import TypeIs


class ErrorDetail(NamedTuple):
    """One place in a request (or response) that broke its contract.

    `location` is "body", "path", "query", "header" or "cookie"; `pointer` is a JSON pointer (RFC 6901) into the
    body, or "/name" of the parameter, followed by the path inside its value.
    """

    location: str
    pointer: str
    message: str


class MacaronError(Exception):
    """An error that a client sees as `{"status", "error", "error_description", "error_id", ...}`.

    A service derives its own: `class OutOfStock(MacaronError): code, status = "OUT_OF_STOCK", 409`.
    `user_message` is a text for people, `errors` the places found wrong, `headers` go into the answer.
    """

    code: str = "SERVER_ERROR"
    status: int = 500
    default_description: ClassVar[str] = "The server could not answer this request"

    user_message: str | None = None
    _error_id: str | None = None

    def __init__(
        self,
        description: str | None = None,
        *,
        user_message: str | None = None,
        errors: Sequence[ErrorDetail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.description = description if description is not None else self.default_description
        if user_message is not None:
            self.user_message = user_message
        self.errors = tuple(errors)
        self.headers = dict(headers) if headers else {}
        self.args = (self.description,)

    @property
    def error_id(self) -> str:
        """The id that the answer and the log line share, a random UUID; made when asked for."""
        if self._error_id is None:
            self._error_id = new_uuid()
        return self._error_id

    def to_json(self) -> dict[str, Any]:
        """Return the body of the answer, as "What a client sees" in the README describes it."""
        body: dict[str, Any] = {
            "status": self.status,
            "error": self.code,
            "error_description": self.description,
            "error_id": self.error_id,
        }
        if self.user_message is not None:
            body["user_message"] = self.user_message
        if self.errors:
            body["errors"] = [
                {"location": location, "pointer": pointer, "message": message}
                for location, pointer, message in self.errors
            ]
        return body


class InvalidParameter(MacaronError):
    """A parameter or the body does not fit the operation."""

    code, status = "INVALID_PARAMETER", 400
    default_description = "The request does not fit the API's description"


class Unauthorized(MacaronError):
    """The request could not be authenticated; answers carry `WWW-Authenticate` (RFC 9110 section 11.6.1)."""

    code, status = "TOKEN_INVALID", 401
    challenge: ClassVar[str] = "Bearer"

    def __init__(self, description: str | None = None, **details: Any) -> None:
        super().__init__(description, **details)
        self.headers.setdefault("WWW-Authenticate", self.challenge)


class AuthorizationHeaderMissing(Unauthorized):
    """No credential at all: the challenge carries no error code (RFC 6750 section 3.1)."""

    code = "AUTHORIZATION_HEADER_MISSING"
    default_description = "There is no Authorization header in the HTTP request"


class TokenInvalid(Unauthorized):
    """The credential is malformed, not ours, not for us, or not signed by a key we trust."""

    code = "TOKEN_INVALID"
    default_description = "The token is not valid"
    challenge = 'Bearer error="invalid_token"'


class TokenExpired(Unauthorized):
    """The token was valid once."""

    code = "TOKEN_EXPIRED"
    default_description = "The token has expired"
    challenge = 'Bearer error="invalid_token", error_description="The token has expired"'


class Forbidden(MacaronError):
    """We know who asks; they may not."""

    code, status = "FORBIDDEN", 403
    default_description = "You may not do this"


class NotFound(MacaronError):
    """There is nothing at this path."""

    code, status = "NOT_FOUND", 404
    default_description = "There is nothing at this path"


class MethodNotAllowed(MacaronError):
    """The path exists, the method does not; `headers` must carry `Allow`."""

    code, status = "METHOD_NOT_ALLOWED", 405
    default_description = "This method is not allowed on this path"


class NotAcceptable(MacaronError):
    """None of the media types the client accepts is one the operation produces."""

    code, status = "NOT_ACCEPTABLE", 406
    default_description = "None of the accepted media types can be produced"


class RequestTimeout(MacaronError):
    """The request did not arrive in time."""

    code, status = "REQUEST_TIMEOUT", 408
    default_description = "The request did not arrive in time"


class BodyTooLarge(MacaronError):
    """The body is larger than http.body_limit."""

    code, status = "BODY_TOO_LARGE", 413
    default_description = "The request's body is too large"


class UnsupportedMediaType(MacaronError):
    """The operation takes no body of this media type."""

    code, status = "UNSUPPORTED_MEDIA_TYPE", 415
    default_description = "A body of this media type is not accepted here"


class TooManyRequests(MacaronError):
    """A limit was reached; `headers` must carry `Retry-After`."""

    code, status = "TOO_MANY_REQUESTS", 429
    default_description = "Too many requests"


class BadResponse(MacaronError):
    """The handler's result does not fit the operation's responses; `errors` go to the log, not to the client."""

    code, status = "BAD_RESPONSE", 500
    default_description = "The server's answer did not fit the API's description"


class NotImplementedYet(MacaronError):
    """The operation is described but nothing answers it."""

    code, status = "NOT_IMPLEMENTED", 501
    default_description = "This operation is not implemented"


class TaskQueueUnavailable(MacaronError):
    """A task could not be handed to the broker in time; it may be asked for again."""

    code, status = "TASK_QUEUE_UNAVAILABLE", 503
    default_description = "The server cannot take on background work at the moment"

    def __init__(self, description: str | None = None, **details: Any) -> None:
        super().__init__(description, **details)
        self.headers.setdefault("Retry-After", "5")


def add_error(name: str, code: str, status: int) -> type[MacaronError]:
    """Return a new error class, for services that make theirs from data: `add_error("Sold", "SOLD", 409)`.

    Raises ValueError where the name is no identifier or the status no error status (400 to 599).
    """
    if not name.isidentifier():
        raise ValueError(f"{name!r} cannot name a class")
    if not 400 <= status <= 599:
        raise ValueError(f"status {status} is not an error status (400 to 599)")
    return type(name, (MacaronError,), {"code": code, "status": status, "__doc__": f"{status} {code}."})


def is_error(result: object) -> TypeIs[MacaronError]:
    """Tell whether a client call's result, or anything else, is an error."""
    return isinstance(result, MacaronError)


class CommandError(Exception):
    """Ends a command with one clear sentence on stderr and `exit_code`; never with a traceback."""

    exit_code: ClassVar[int] = 1


class UsageError(CommandError):
    """The command line itself does not make sense."""

    exit_code = 2


class DependencyMissing(CommandError):
    """Something the service needs was not there: a port, a server binary, a writable directory (EX_UNAVAILABLE)."""

    exit_code = 69


class CrashLoop(CommandError):
    """A process died again and again (EX_SOFTWARE)."""

    exit_code = 70
