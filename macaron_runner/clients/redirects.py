"""Where an answer redirects a request to, and whether it may go there (RFC 9110 section 15.4).

GET and HEAD go anywhere, but not from https to http; to another origin they take no credential along, and nothing
that could be one. Any other request goes where 307 and 308 send it within its own origin, if its body can be sent
again. Not for counting (course).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from macaron_runner.clients.outgoing import Outgoing, Pairs, value_of

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD: Final = frozenset({307, 308})
_BROWSING: Final = frozenset({"GET", "HEAD"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_AS_IT_IS: Final = "!#$%&'()*+,/:;=?@[]~"
"""What may stand in a URL beside letters, digits and "-._": all else is encoded."""

_HARMLESS: Final = frozenset({
    "accept", "accept-encoding", "accept-language", "user-agent",
    "x-request-id", "pymcallid", "pymcallpath", "traceparent", "tracestate", "x-request-deadline",
})  # fmt: skip
"""What another origin may see: a header that a document describes may well be a credential."""


def redirected(
    outgoing: Outgoing, origin: str, status: int, headers: Iterable[tuple[str, str]]
) -> Outgoing | None:
    """Return the request that an answer asks for, or None where it asks for none that may be made.

    `origin` is where its API is.
    """
    location = value_of(headers, "Location")
    if status not in _REDIRECTS or not location or described(outgoing, status):
        return None
    try:
        here = outgoing.origin or origin
        target = urlsplit(urljoin(f"{here}{outgoing.target}", _encoded(location)))
        there = origin_of(target)
    except ValueError:
        return None
    if there is None or (here.startswith("https:") and target.scheme != "https"):
        return None
    moved = replace(outgoing, path=target.path or "/", query=target.query)
    if there == here:
        same = outgoing.method in _BROWSING or (status in _SAME_METHOD and outgoing.replayable)
        return moved if same else None
    if outgoing.method not in _BROWSING:
        return None
    return replace(moved, origin=there, headers=_harmless(outgoing.headers), body=None)


def origin_of(url: SplitResult) -> str | None:
    """Return the origin of a URL as "http://host:80", the port always there; None where it has none of http's.

    Raises ValueError for a port that is none.
    """
    port = url.port or _DEFAULT_PORTS.get(url.scheme)
    if port is None or url.scheme not in _DEFAULT_PORTS or not url.hostname:
        return None
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return f"{url.scheme}://{host}:{port}"


def _encoded(location: str) -> str:
    return quote(location, safe=_AS_IT_IS, encoding="latin-1")


def _harmless(headers: Pairs) -> Pairs:
    return tuple(pair for pair in headers if pair[0].lower() in _HARMLESS)


def described(outgoing: Outgoing, status: int) -> bool:
    """Tell whether a redirection is an answer that the document describes: then it is the result, and not followed."""
    wanted = {str(status), "3XX"}
    return any(response.status.upper() in wanted for response in outgoing.operation.responses)
