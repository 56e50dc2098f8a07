"""What tells the other side of which request a call is a part: its ids, its trace, its language, and until when.

In the headers that server.brought reads. A call outside any request or task begins a tree of its own. Not for who asks
(identity).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from macaron_runner.ids import new_id

if TYPE_CHECKING:
    from macaron_runner.clients.outgoing import Outgoing, Pairs
    from macaron_runner.context import Context

_LONGEST_PATH: Final = 1024
"""Of PymCallPath: what is longer is not believed."""


def in_tree(outgoing: Outgoing, here: Context | None, service: str, until: float) -> Outgoing:
    """Return the request as a part of the one under way. What it says itself stays.

    `service` is the name of the service that asks, `until` the unix time at which it no longer waits.
    """
    said = {name.lower() for name, _ in outgoing.headers}
    added = tuple(pair for pair in _headers(here, service, until) if pair[0].lower() not in said)
    return outgoing.with_headers(*added)


def _headers(here: Context | None, service: str, until: float) -> Pairs:
    deadline = ("X-Request-Deadline", f"{until:.3f}")
    if here is None:
        first = new_id()
        return (("X-Request-ID", first), ("PymCallID", first), ("PymCallPath", service or "-"), deadline)
    pairs = (
        ("X-Request-ID", here.request_id),
        ("PymCallID", here.call_id),
        ("PymCallPath", extended(here.call_path, service)),
        deadline,
        ("Accept-Language", here.accept_language),
        ("traceparent", here.traceparent),
        ("tracestate", here.tracestate),
    )
    return tuple(pair for pair in pairs if pair[1])


def extended(call_path: str, service: str) -> str:
    """Return the services that a call came through, separated by dots, the one that makes it last.

    extended("web.shop", "stock") == "web.shop.stock"
    """
    if not service or f".{call_path}".endswith(f".{service}"):
        return call_path
    path = f"{call_path}.{service}" if call_path else service
    return path[-_LONGEST_PATH:]
