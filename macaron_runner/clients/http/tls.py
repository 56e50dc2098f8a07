"""How a client tells the other side from an impostor, and what it shows of its own: `clients.<api>.tls` made ready.

Made once, before any fork: reading the machine's certificates takes longer than a call. Not for connecting (sockets).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import httpcore2

from macaron_runner.configuration.clients import Tls


class Trust(NamedTuple):
    """How to talk TLS to the one origin, and to any other, which never sees this service's certificate.

    None where it was not said, and nobody expects it.
    """

    home: ssl.SSLContext | None
    elsewhere: ssl.SSLContext | None


def trust_of(tls: Tls, origin: str, resolve: Callable[[str], Path]) -> Trust:
    """Return what `tls:` says; `resolve` makes its paths absolute.

    Raises OSError, as ssl.SSLError is one, where a file of it is none of the kind.
    """
    if tls == Tls.model_construct() and not origin.startswith("https:"):
        return Trust(None, None)
    elsewhere = _context(tls, resolve)
    if tls.certificate is None:
        return Trust(elsewhere, elsewhere)
    home = _context(tls, resolve)
    home.load_cert_chain(resolve(tls.certificate), None if tls.key is None else resolve(tls.key))
    return Trust(home, elsewhere)


def _context(tls: Tls, resolve: Callable[[str], Path]) -> ssl.SSLContext:
    ca = None if tls.ca is None else resolve(tls.ca)
    made = httpcore2.default_ssl_context() if ca is None else ssl.create_default_context(cafile=ca)
    if not tls.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
