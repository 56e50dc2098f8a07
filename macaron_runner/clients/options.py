"""What may be said of calls beside their arguments: `client.with_options(timeout=2, raise_errors=True)`.

Not for what macaron.yaml says of a client (configuration.clients), which holds where these say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        """Return options with these changes, `headers` as a mapping. Raises TypeError for what does not fit."""
        for name in changes:
            if name not in NAMES:
                hint = near_word(name, NAMES) or f"there are: {', '.join(NAMES)}"
                raise TypeError(f'calls have no option "{name}"; {hint}')
            if name in _FORMS and not _FORMS[name][0](changes[name]):
                raise TypeError(f"the option {name} is {_FORMS[name][1]}, not {changes[name]!r}")
        if "headers" in changes:
            changes = {**changes, "headers": tuple(dict(changes["headers"]).items())}
        return replace(self, **changes)


def _is_time(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and value > 0)


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 0)


def _are_headers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


_FORMS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "timeout": (_is_time, "a number of seconds above 0"),
    "connect_timeout": (_is_time, "a number of seconds above 0"),
    "retries": (_is_count, "a whole number, 0 or more"),
    "headers": (_are_headers, "a mapping of texts to texts"),
}
"""What the values of options must be, where a wrong one would show later, and elsewhere."""

NAMES: Final = tuple(each.name for each in fields(Options))
"""The options there are."""

NO_OPTIONS: Final = Options()
