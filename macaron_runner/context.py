"""What a handler or a task may know about its surroundings: the request it serves, and the service it belongs to.

Not for Flask's own request (flask.request works in handlers); this context also exists in tasks and scripts and
travels from a request to its tasks and clients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    """Return the one empty mapping (dataclasses take it for a mutable default)."""
    return _NOTHING


class Context(NamedTuple):
    """One request or task: its ids, its user, its deadline, its language, its trace. Immutable; use `_replace`.

    `request_id` is the id of the outermost request; `call_id` and `call_path` are the predecessor's PymCallID and
    PymCallPath; `claims` are those of the verified token; `token` is the raw bearer token, for clients that forward
    it (it never enters a log, and does not travel into tasks); `deadline` is when whoever made the request stops
    waiting for it, in unix time: a task has its request's, to tell whether anybody still waits, and is never ended
    by it; `accept_language` is the request's (RFC 9110 section 12.5.4), `traceparent` and `tracestate` are W3C Trace
    Context's, passed on as they came; `in_task` tells a task from a request.
    """

    request_id: str = ""
    call_id: str = ""
    call_path: str = ""
    operation: str = ""
    user_id: str | None = None
    claims: Mapping[str, Any] = _NOTHING
    token: str | None = None
    deadline: float | None = None
    accept_language: str = ""
    traceparent: str = ""
    tracestate: str = ""
    in_task: bool = False

    def __repr__(self) -> str:
        """Show everything but the token."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items() if name != "token")
        return f"Context({shown})"

    def facts(self) -> dict[str, Any]:
        """Return what logs and error reports tell of it: whatever is known and concerns them."""
        return {name: value for name, value in zip(_FACTS, _facts_of(self), strict=True) if value}

    def to_json(self) -> dict[str, Any]:
        """Return what travels with a task: everything but the raw token."""
        known = {name: value for name, value in self._asdict().items() if value and name != "token"}
        if self.claims:
            known["claims"] = dict(self.claims)
        return known

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Context:
        """Return the context that `to_json` wrote; keys a newer version may have added are ignored."""
        return cls(**{key: value for key, value in data.items() if key in _TRAVELLING})


_TRAVELLING: Final = frozenset(Context._fields) - {"token"}

_FACTS: Final = (
    "request_id", "call_id", "call_path", "operation", "user_id", "deadline", "accept_language", "traceparent",
)  # fmt: skip
_facts_of: Final = attrgetter(*_FACTS)


class ContextSource(Protocol):
    """What can tell a context, and makes it when asked: most requests end before anybody asks."""

    def context(self) -> Context:
        """Return the context as it is now."""
        ...


_current: ContextVar[Context | ContextSource | None] = ContextVar("macaron_context", default=None)


def current() -> Context | None:
    """Return the context of the request or task under way, or None outside any (a plain script)."""
    here = _current.get()
    return here if here is None or isinstance(here, Context) else here.context()


current_context: Final = current
"""Its public name, for handlers and tasks."""


def enter(context: Context | ContextSource) -> Token[Context | ContextSource | None]:
    """Make `context` the current one; return what `leave` needs to make the one before it current again."""
    return _current.set(context)


def leave(outside: Token[Context | ContextSource | None]) -> None:
    """End what `enter` began."""
    _current.reset(outside)


@contextmanager
def entered(context: Context) -> Iterator[Context]:
    """Make `context` the current one for the length of a `with` block."""
    outside = enter(context)
    try:
        yield context
    finally:
        leave(outside)


class TokenIssuer(Protocol):
    """What issues this service's own tokens (auth.tokens)."""

    def issue(
        self,
        user_id: str,
        *,
        claims: Mapping[str, Any] | None = None,
        lifetime: float | None = None,
        issuer: str | None = None,
    ) -> str:
        """Return a signed token for `user_id`, valid for `lifetime` seconds."""
        ...


class TaskQueue(Protocol):
    """What takes a task call to the workers (tasks.sending.queue)."""

    def send(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], options: Mapping[str, Any]
    ) -> Any:
        """Queue the call; return a handle of the result. Raises MacaronError where the broker is away."""
        ...

    def signature(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, immutable: bool) -> Any:
        """Return the call as a part of a chain, group or chord; `immutable` takes no results of those before it."""
        ...

    def tell_progress(self, fraction: float, note: str) -> None:
        """Tell who watches how far the task that runs here has come; nothing where none runs."""
        ...


class OwnApplication(Protocol):
    """What gives the application that serves this service's APIs (server.app), made when it is first asked for."""

    def __call__(self) -> Any:
        """Return it, a WSGI application (PEP 3333)."""
        ...


class CrashReporter(Protocol):
    """What hears of every unexpected error (crash.py)."""

    def __call__(self, error: BaseException, *, error_id: str, context: Context | None) -> None:
        """Log the error and hand it to the service's own reporter; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """The one service this process belongs to; set once at start by the process's entry, or by a test.

    `apis` maps an API's name to its models and client, `served` are the names of its own; `values` are the free values
    of `config:`; `application` answers calls that the service makes of its own APIs.
    """

    name: str
    version: str
    environment: str = ""
    apis: Mapping[str, Any] = field(default_factory=_nothing)
    served: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=_nothing)
    tokens: TokenIssuer | None = None
    queue: TaskQueue | None = None
    report_crash: CrashReporter | None = None
    application: OwnApplication | None = None


class Values:
    """The free values of `config:` in macaron.yaml, as attributes or items: `config.report_limit`, `config["a-b"]`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # Python itself asks, as copy and inspect do: no matter of a service
        try:
            return service().values[name]
        except KeyError:
            known = ", ".join(sorted(service().values)) or "none"
            raise AttributeError(f'macaron.yaml has no "{name}" under config: (there: {known})') from None

    def __getitem__(self, name: str) -> Any:
        return service().values[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value, or `default` where macaron.yaml has none of this name."""
        return service().values.get(name, default)


config = Values()

_service: Service | None = None


def activate(service: Service) -> None:
    """Make `service` the one this process belongs to. Raises RuntimeError where another one already is."""
    global _service
    if _service is not None:
        raise RuntimeError(f"this process already belongs to the service {_service.name!r}")
    _service = service


def deactivate() -> None:
    """Forget the active service (tests; a script that loads one service after another)."""
    global _service
    _service = None


def amend(**changes: Any) -> Service:
    """Replace fields of the active service, at start-up only (a queue is ready later than the models), and in tests."""
    global _service
    _service = replace(service(), **changes)
    return _service


def active() -> Service | None:
    """Return the active service, or None where none was loaded."""
    return _service


def service() -> Service:
    """Return the active service. Raises RuntimeError, with a hint, where none was loaded."""
    if _service is None:
        raise RuntimeError(
            "no service is loaded in this process: in a script, call macaron_runner.load_service('macaron.yaml') first"
        )
    return _service
