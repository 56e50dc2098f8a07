"""Which Redis is a service's store, where results, idempotency keys and the scheduler's lock are. Pure.

Not for opening it (tasks.store).
"""

from __future__ import annotations

from macaron_runner.configuration.brokers import known_kind
from macaron_runner.configuration.model import Tasks
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.diagnostics import Diagnostic, Location


def store_of(tasks: Tasks) -> Sensitive | None:
    """Return `tasks.store`, else the broker where it is one itself (embedded, Redis); None where there is none."""
    if tasks.store is not None:
        return tasks.store
    return tasks.broker if known_kind(tasks) in ("embedded", "redis") else None


def lacking_store(what: str, place: Location | None) -> Diagnostic:
    """Return MAC640: `what` ("the results of tasks"), asked for at a place, needs a store and has none."""
    return Diagnostic(
        "MAC640",
        f"{what}: there is no store to keep them in",
        place,
        help='name a Redis: tasks: {store: "redis://…"}; a broker that is Redis, or embedded, is a store itself',
    )
