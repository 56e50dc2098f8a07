"""The handlers of the built-in APIs, `ping` (in every service) and `crash` (on request); schemas/ describes them.

They are bound, compiled and served like any other. Not for health checks, which no document describes (health).
"""

from __future__ import annotations

import os
import time
from typing import Any, NoReturn

from flask import abort

from macaron_runner import context
from macaron_runner.errors import MacaronError, add_error


def ping() -> dict[str, Any]:
    """Answer, which is all that is asked."""
    return {}


def version() -> dict[str, Any]:
    """Say what runs here."""
    service = context.service()
    return {
        "apis": sorted({"ping", *service.served}),
        "name": service.name,
        "pym_env": service.environment,
        "version": service.version,
    }


def auth_version() -> dict[str, Any]:
    """Say what runs here, to those with a valid token."""
    return version()


def crash_exception() -> NoReturn:
    """Raise what nobody expects; its text must not reach the client."""
    raise RuntimeError("the crash API was asked for an exception")


def crash_error(status: int) -> MacaronError:
    """Return an error, which the server raises, with a text for people."""
    kind = add_error("CrashRequested", "CRASH_REQUESTED", status)
    return kind("The crash API was asked for an error", user_message="Somebody is trying out how errors look")


def crash_bad_response() -> dict[str, str]:
    """Return what the document does not allow."""
    return {"number": "not a number"}


def crash_abort(status: int) -> NoReturn:
    """Leave as Flask's handlers do."""
    abort(status)


def crash_slow(seconds: float) -> dict[str, float]:
    """Take that long."""
    time.sleep(seconds)
    return {"seconds": seconds}


def crash_exit() -> NoReturn:
    """End this worker process without a word, as the kernel does when memory runs out."""
    os._exit(1)
