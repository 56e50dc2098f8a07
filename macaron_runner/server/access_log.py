"""gunicorn's logger, speaking through the service's own log: one record a request, without what may hold a secret.

Not for the form of the lines (macaron_runner.logs), nor for what handlers log.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger


class ServiceLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Sends gunicorn's records to the root logger's handlers, which the entry has set up.

    The access log names the path but not the query, and no header that a client sends: tokens travel in both.
    """

    def setup(self, cfg: Any) -> None:
        """Add no handler of gunicorn's: the root logger has one."""
        self.cfg = cfg
        for log in (self.error_log, self.access_log):
            log.propagate = True
            log.setLevel(logging.NOTSET)
        self._access_log_enabled = cfg.accesslog is not None

    def access(  # req is gunicorn's signature; environ says all we want to know
        self,
        resp: Any,
        req: Any,  # noqa: ARG002
        environ: dict[str, Any],
        request_time: timedelta,
    ) -> None:
        """Write one record: method, path as sent, status, bytes, milliseconds, client, request id."""
        if not self._access_log_enabled or not self.access_log.isEnabledFor(logging.INFO):
            return
        request_id = next((value for name, value in resp.headers if name.lower() == "x-request-id"), "-")
        target: str = environ.get("RAW_URI") or "-"
        self.access_log.info(
            "%s %s %s %d B %.1f ms %s %s",
            environ.get("REQUEST_METHOD", "-"),
            target.partition("?")[0],
            str(resp.status).partition(" ")[0],
            getattr(resp, "sent", 0) or 0,
            request_time / timedelta(milliseconds=1),
            environ.get("REMOTE_ADDR", "-"),
            request_id,
        )
