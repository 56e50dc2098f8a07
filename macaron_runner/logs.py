"""Sets up the standard `logging`: text or JSON lines, each with the ids of the request or task under way, no secrets.

Not for what is logged, nor for the output of the processes a supervisor runs (processes.output).
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any, Final, Literal, TextIO, TypeAlias

from macaron_runner import context
from macaron_runner.redaction import Redact, unredacted

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
Form: TypeAlias = Literal["text", "json"]

_ATTRIBUTES: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; anything else came from `extra=` and is written as well."""


def configure(level: Level, form: Form, *, redact: Redact = unredacted, stream: TextIO | None = None) -> None:
    """Send every record of `level` and above to `stream` (default: stderr), replacing what was set up before.

    `redact` takes out what nobody may read, wherever in the record it is: message, traceback, ids, `extra=`.
    A record below the level costs one comparison: it is neither formatted nor given the context.
    """
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(JsonFormatter(redact) if form == "json" else TextFormatter(redact))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


class TextFormatter(logging.Formatter):
    """One record as `2026-11-22T19:54:03.120Z INFO shop.orders [1f0c alice] sold out`, more lines indented.

    The indent keeps a text that came from outside from posing as a record of its own.
    """

    def __init__(self, redact: Redact = unredacted) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines, without a newline at the end."""
        # Before the lines are indented: a secret may have several.
        text = self._redact(f"{_who(context.current())}{_message_and_traceback(record)}")
        return f"{_time(record)} {record.levelname} {record.name} " + "\n    ".join(text.splitlines())


class JsonFormatter(logging.Formatter):
    """One record as a JSON object on one line: time, level, logger, message, the context's facts, `extra=`."""

    def __init__(self, redact: Redact = unredacted) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the object's text; a value that JSON cannot hold appears as its `str`."""
        entry: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **(current.facts() if (current := context.current()) is not None else {}),
        }
        entry.update((key, value) for key, value in vars(record).items() if key not in _ATTRIBUTES)
        if trace := _traceback(record):
            entry["traceback"] = trace
        return self._redact(json.dumps(entry, default=str))


def _time(record: logging.LogRecord) -> str:
    """Return the record's time in UTC (RFC 3339, milliseconds)."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"


def _who(current: context.Context | None) -> str:
    if current is None:
        return ""
    words = " ".join(word for word in (current.request_id, current.user_id) if word)
    return f"[{words}] " if words else ""


def _message_and_traceback(record: logging.LogRecord) -> str:
    return "\n".join(part for part in (record.getMessage(), _traceback(record)) if part)


def _traceback(record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[0] is not None:
        return _PLAIN.formatException(record.exc_info)
    return record.exc_text or ""


_PLAIN: Final = logging.Formatter()
