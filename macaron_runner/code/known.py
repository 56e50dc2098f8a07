"""What is known of decorators without reading them: ours, and those of Python's own library.

Not for decorators of the service, which are read (decorators).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from macaron_runner.code.function import Marker

Use: TypeAlias = Literal["bare", "called", "either"]
"""Whether a decorator is written `@name`, `@name(…)`, or as one likes."""

OUR_PACKAGE: Final = "macaron_runner"
"""Its names are those of its `__all__`, though its text computes them."""

TASK: Final = frozenset({"macaron_runner.asynctask", "macaron_runner.tasks.task.asynctask"})
"""The decorator that makes a function a task."""

MARKERS: Final[dict[str, Marker]] = {
    "macaron_runner.requires_auth": "required",
    "macaron_runner.auth.users.requires_auth": "required",
    "macaron_runner.load_auth_token": "optional",
    "macaron_runner.auth.users.load_auth_token": "optional",
}
"""The decorators that say who may call a function."""

TRANSPARENT: Final[dict[str, Use]] = {
    "abc.abstractmethod": "bare",
    "atexit.register": "bare",
    "builtins.staticmethod": "bare",
    "contextlib.asynccontextmanager": "bare",
    "contextlib.contextmanager": "bare",
    "functools.cache": "bare",
    "functools.lru_cache": "either",
    "functools.singledispatch": "bare",
    "typing.final": "bare",
    "typing.no_type_check": "bare",
    "typing.override": "bare",
    "typing_extensions.deprecated": "called",
    "typing_extensions.final": "bare",
    "typing_extensions.override": "bare",
    "warnings.deprecated": "called",
}
"""Decorators that return the function itself, or a wrapper that tells what it wraps."""

WRAPS: Final = "functools.wraps"
UPDATE_WRAPPER: Final = "functools.update_wrapper"


def is_known(full_name: str) -> bool:
    """Tell whether a full name is that of a decorator in these tables."""
    return full_name in MARKERS or full_name in TASK or full_name in TRANSPARENT
