"""The key `clients` of macaron.yaml: the APIs that the service calls, and how patient and careful it is with each.

Pure, as model. Not for what is wrong with several keys together (client_checks), nor for the calls (the room clients).
"""

from __future__ import annotations

from typing import Annotated, Literal

from macaron_runner.configuration.section import Section
from macaron_runner.configuration.values import (
    BasePath,
    Duration,
    Flag,
    Key,
    PathText,
    PositiveDuration,
    SensitiveUrl,
    Size,
    Whole,
)


class Credential(Section):
    """What a client shows of its own; give exactly one."""

    token: Key | None = None
    """A token, sent as Authorization: Bearer …"""
    api_key: Key | None = None
    """A key, sent where the security scheme of the document says."""


class Retries(Section):
    """How often, and after which pauses, a call is tried again."""

    max: Annotated[int, Whole(0, 100)] = 3
    """Attempts after the first."""
    backoff: Duration = 0.1
    """The longest pause before the first of them; each further one may be twice as long. It is drawn at random."""
    max_backoff: Duration = 5.0
    """The longest pause of all. Where the other side says Retry-After, that counts."""


class CircuitBreaker(Section):
    """When calls are no longer made, because they would fail."""

    failures: Annotated[int, Whole(1, 10000)] = 5
    """So many failures in a row, with no good answer between them, open the circuit; each try of a call counts."""
    within: Duration = 30.0
    """Failures that are older do not count."""
    open: Duration = 15.0
    """How long calls fail at once; then one is let through, and tells whether the others may follow."""


class Tls(Section):
    """How the other side is told from an impostor, and what this service shows of itself."""

    ca: PathText | None = None
    """A file of certificates (PEM) that are trusted. Default: those of the machine."""
    certificate: PathText | None = None
    """This service's own certificate (PEM), for servers that ask for one."""
    key: PathText | None = None
    """Its private key (PEM). Default: it is in the file of the certificate."""
    verify: Flag = True
    """false believes any certificate, so that anybody on the way can read and change everything."""


class Client(Section):
    """One API that the service calls."""

    spec: PathText | None = None
    """Its document, relative to this file. May be left out where an API of this service has the name."""
    url: SensitiveUrl | None = None
    """Where it is served, as http://inventory:8080; a path after the host takes the place of base_path. Default: the
    first absolute server of the document."""
    base_path: BasePath | None = None
    """What stands before every path. Default: basePath, or the path of servers[0], of the document."""
    timeout: PositiveDuration = 30.0
    """How long a call may take, its retries included."""
    connect_timeout: PositiveDuration = 5.0
    """How long it may take to get a connection."""
    retries: Annotated[int, Whole(0, 100)] | Retries = Retries.model_construct()
    """How often a call is tried again that it is safe to repeat: a number, or {max: …, backoff: …, max_backoff: …}."""
    auth: Literal["none", "forward", "backend"] | Credential = "none"
    """What it shows: nothing; the token of the request under way; a token of this service; or one of its own,
    {token: …} or {api_key: …}."""
    max_connections: Annotated[int, Whole(1, 10000)] = 100
    """Connections of one process, kept open between calls."""
    max_calls: Annotated[int, Whole(1, 10000)] | None = None
    """Calls of one process under way at once; one more fails. Default: as many as come."""
    circuit_breaker: Literal["none"] | CircuitBreaker = CircuitBreaker.model_construct()
    """When calls fail at once, because those before failed; none for never."""
    answer_limit: Size = 67108864
    """The largest answer that is read into memory."""
    tls: Tls = Tls.model_construct()
    """Certificates, for https."""
    proxy: SensitiveUrl | None = None
    """The proxy that calls go through, as http://proxy:3128. The environment has no say in it."""
    validate_responses: Literal["enforce", "log", "none"] = "enforce"
    """An answer that breaks its document is an error, only logged, or not looked at."""
    raise_errors: Flag = False
    """Raise the error of a failed call; else it is the call's result."""
    strict: Flag = True
    """Refuse a document that breaks its own specification; false calls the operations that no error is about."""
