"""Standard output and error of a process, through a redactor: for what is printed past the log, tracebacks above all.

What Python writes by itself when an error ends a thread, a finaliser or the program goes to `sys.stderr` as well, and
so through here. Not for what is written to the descriptors themselves: of that a supervisor knows (processes.output).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from macaron_runner.redaction import Redactor


class RedactedStream:
    """A text stream that writes nothing but what the redactor leaves of each text; all else is the stream's own."""

    def __init__(self, stream: TextIO, redactor: Redactor) -> None:
        self.stream = stream
        self.redact = redactor.redact

    def write(self, text: str) -> int:
        """Write the text without secrets; return how many characters were taken, as every text stream does."""
        self.stream.write(self.redact(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write the texts one by one."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stream)


def redact_output(redactor: Redactor) -> None:
    """Put the redactor before `sys.stdout` and `sys.stderr`; where there are no secrets, nothing is changed."""
    if not redactor:
        return
    if sys.stdout is not None:
        sys.stdout = _redacted(sys.stdout, redactor)
    if sys.stderr is not None:
        sys.stderr = _redacted(sys.stderr, redactor)


def as_shown(text: str) -> str:
    """Return a text as `sys.stderr` would show it, for what tells the same elsewhere."""
    stream: object = sys.stderr
    while isinstance(stream, RedactedStream):
        text, stream = stream.redact(text), stream.stream
    return text


@contextmanager
def restored_output() -> Iterator[None]:
    """Put `sys.stdout` and `sys.stderr` back as they were, whatever the block put before them."""
    before = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _redacted(stream: TextIO, redactor: Redactor) -> TextIO:
    return cast("TextIO", RedactedStream(stream, redactor))
