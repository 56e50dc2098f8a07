"""`x-decorate-request`: a function of the service gets what makes a request, each try of a call, and returns another.

    def signed(send):
        def sending(request):
            return send(request.with_headers(("X-Signature", sign(request.body))))
        return sending

For calls in coroutines, what `send` returns is awaited: `sending` may be `async def`, or return it as it is. A request
that is redirected to another origin does without that function: what it adds may well be a credential. Not for finding
it (operations).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from macaron_runner.clients.outgoing import AsyncTransport, Outgoing, Patience, Transport

Sending: TypeAlias = Callable[["Outgoing"], Any]
Decorate: TypeAlias = Callable[[Sending], Sending]


class Decorated:
    """Transports whose requests are made by a decorated function, which was decorated once.

    It knows requests alone: which transport sends them, and how long that may take, is known beside it.
    """

    def __init__(self, decorate: Decorate) -> None:
        self._send = decorate(_send_now)

    def blocking(self, transport: Transport) -> Transport:
        """Return the transport of threads, decorated."""
        return _Blocking(self._send, transport)

    def coroutines(self, transport: AsyncTransport) -> AsyncTransport:
        """Return the transport of coroutines, decorated."""
        return _Coroutines(self._send, transport)


class Plain:
    """Transports as they are."""

    def blocking(self, transport: Transport) -> Transport:
        """Return it."""
        return transport

    def coroutines(self, transport: AsyncTransport) -> AsyncTransport:
        """Return it."""
        return transport


class _Blocking:
    def __init__(self, send: Sending, transport: Transport) -> None:
        self._send, self._transport = send, transport

    def send(self, outgoing: Outgoing, patience: Patience) -> Any:
        if outgoing.origin:
            return self._transport.send(outgoing, patience)
        with _sending_by(self._transport, patience):
            return self._send(outgoing)


class _Coroutines:
    def __init__(self, send: Sending, transport: AsyncTransport) -> None:
        self._send, self._transport = send, transport

    async def send(self, outgoing: Outgoing, patience: Patience) -> Any:
        if outgoing.origin:
            return await self._transport.send(outgoing, patience)
        with _sending_by(self._transport, patience):
            return await self._send(outgoing)


_sending: Final[ContextVar[tuple[Any, Patience]]] = ContextVar("macaron_sending")


@contextmanager
def _sending_by(transport: Any, patience: Patience) -> Iterator[None]:
    token = _sending.set((transport, patience))
    try:
        yield
    finally:
        _sending.reset(token)


def _send_now(outgoing: Outgoing) -> Any:
    transport, patience = _sending.get()
    return transport.send(outgoing, patience)
