"""Reports unexpected errors, of requests and tasks alike: one log record, one call of the service's reporter.

Not for deciding what a client is told (server.errors), and not for errors that a service raises on purpose.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.context import Context
from macaron_runner.errors import MacaronError
from macaron_runner.redaction import Redact, unredacted

_log: Final = logging.getLogger("macaron.crash")


@dataclass(frozen=True, slots=True)
class CrashReporter:
    """A context.CrashReporter; `reporter` is the function of observability.error_reporter: (title, body).

    It is told nothing but what `redact` leaves of the texts.
    """

    reporter: Callable[[str, str], Any] | None
    service: str
    redact: Redact = unredacted

    def __call__(self, error: BaseException, *, error_id: str, context: Context | None) -> None:
        """Log the error with its traceback and `error_id`, then tell the service's reporter. Never raises."""
        try:
            title = self.redact(f"{self.service}: {describe(error)}")
            _log.error("%s (error_id %s)", title, error_id, exc_info=error, extra={"error_id": error_id})
            if self.reporter is not None:
                self.reporter(title, self.redact(compose_body(error, error_id, context)))
        except BaseException:
            # An error of the reporter must not hide the one it was told of, nor, as sys.exit() in it, end the process.
            _log.exception("the error reporter failed; error_id %s was not reported", error_id)


def describe(error: BaseException) -> str:
    """Return an error in one line: `KeyError: 'sku'`, or `OutOfStock: 409 OUT_OF_STOCK: we are sold out`."""
    text = next(iter(text_of(error).splitlines()), "")
    code = f"{error.status} {error.code}" if isinstance(error, MacaronError) else ""
    return ": ".join(part for part in (type(error).__name__, code, text) if part)


def text_of(error: BaseException) -> str:
    """Return the text of an error, or that it has none which could be shown."""
    try:
        return str(error)
    except Exception:  # the error is the service's own, and so is its text
        return "<its text cannot be shown>"


def compose_body(error: BaseException, error_id: str, context: Context | None) -> str:
    """Return what a person needs to find the cause: ids, operation, user, trace, traceback; no token."""
    facts = {"error_id": error_id, **(context or Context()).facts()}
    lines = [f"{name}: {value}" for name, value in facts.items()]
    return "\n".join([*lines, "", "".join(traceback.format_exception(error)).rstrip()])
