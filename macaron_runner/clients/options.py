"""What may be said of calls beside their arguments: `client.with_options(timeout=2, raise_errors=True)`.

Not for what macaron.yaml says of a client (configuration.clients), which holds where these say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.diagnostics import near_word

if TYPE_CHECKING:
    from macaron_runner.clients.outgoing import Pairs


@dataclass(frozen=True, slots=True)
class Options:
    """How calls are made and what they give; None is as macaron.yaml says.

    `timeout` of a whole call and `connect_timeout` are seconds, `retries` attempts after the first; `token` is sent in
    place of what `auth:` says; `headers` go along. `content_type` is the body's media type, where an operation takes
    several; `accept` what is asked for, where it answers in several. `stream`: the result is what arrives, piece by
    piece, not all that arrived. `whole`: the result is a Result, its status and headers with it.
    """

    timeout: float | None = None
    connect_timeout: float | None = None
    retries: int | None = None
    token: str | None = field(default=None, repr=False)
    headers: Pairs = field(default=(), repr=False)
    raise_errors: bool | None = None
    content_type: str | None = None
    accept: str | None = None
    stream: bool = False
    whole: bool = False

    def changed(self, changes: Mapping[str, Any]) -> Options:
        """Return options with these changes, `headers` as a mapping. Raises TypeError for one that does not exist."""
        for name in changes:
            if name not in NAMES:
                hint = near_word(name, NAMES) or f"there are: {', '.join(NAMES)}"
                raise TypeError(f'calls have no option "{name}"; {hint}')
        if "headers" in changes:
            changes = {**changes, "headers": tuple(dict(changes["headers"]).items())}
        return replace(self, **changes)


NAMES: Final = tuple(each.name for each in fields(Options))
"""The options there are."""

NO_OPTIONS: Final = Options()
