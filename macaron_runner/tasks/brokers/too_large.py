"""A call that does not fit into a message of its broker's: an error of its own, for trying again would not help.

Each broker says so in a way of its own, and none before it is tried. Not for a broker that is full or away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from amqp.exceptions import PreconditionFailed
from redis.exceptions import RedisError


class CallTooLarge(ValueError):
    """A message of so many bytes, and how many the broker takes."""

    def __init__(self, size: int, limit: int, what: str = "a call") -> None:
        super().__init__(
            f"{what} is too large: it takes a message of {size:,} bytes, and the broker takes {limit:,} at the most; "
            "hand over where the data is, not the data"
        )
        self.size, self.limit = size, limit


_LIMIT: Final = "proto-max-bulk-len"
_LEAST_LIMIT: Final = 2**20
_USUAL_LIMIT: Final = 2**29
"""The setting that says how many bytes Redis takes as one text; the least it may be, and what it is usually."""


def refuse_too_large(size: int, client: Any) -> None:
    """Raise CallTooLarge where that is why Redis did not take a message: it hangs up, and says nothing."""
    if size <= _LEAST_LIMIT:
        return
    limit = _USUAL_LIMIT
    with suppress(RedisError):
        limit = int(client.config_get(_LIMIT)[_LIMIT])
    if size > limit:
        raise CallTooLarge(size, limit)


_RABBITMQ_SAYS: Final = re.compile(r"message size (\d+) is larger than configured max size (\d+)")


@contextmanager
def too_large_told() -> Iterator[None]:
    """Raise CallTooLarge where a `with` block's publishing is refused by RabbitMQ for that reason."""
    try:
        yield
    except PreconditionFailed as refused:
        sizes = _RABBITMQ_SAYS.search(str(refused.reply_text))
        if sizes is None:
            raise
        raise CallTooLarge(int(sizes[1]), int(sizes[2])) from refused
