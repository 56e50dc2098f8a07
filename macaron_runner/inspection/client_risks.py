"""Rules of `macaron audit` about the APIs that the service calls: whom it believes, and what it shows on the way.

Each takes the service and yields risks. Not for the APIs that it serves (api_risks). All rules are listed in audit.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from macaron_runner.inspection.audited import Audited, Risk, is_loopback


def unverified_servers(audited: Audited) -> Iterator[Risk]:
    """Find `tls.verify: false`: whoever is on the way can pass for the other side."""
    for name, client in audited.config.clients.items():
        if not client.tls.verify:
            yield audited.risk(
                f'the client "{name}" believes any certificate: whoever is on the way reads and changes all',
                ("clients", name, "tls", "verify"),
                "name the authority that signed the certificate: tls: {ca: ca.pem}",
            )


def credentials_in_clear(audited: Audited) -> Iterator[Risk]:
    """Find clients that show a credential over http to another machine."""
    for name, client in audited.config.clients.items():
        if client.auth == "none" or client.url is None:
            continue
        url = urlsplit(client.url.reveal())
        if url.scheme == "http" and not is_loopback(url.hostname or ""):
            yield audited.risk(
                f'the client "{name}" shows its credential to whoever listens on the way: its URL is plain http',
                ("clients", name, "url"),
                "call it over https",
            )
