"""The names a handler, a task or a script imports; nothing else is public.

    from macaron_runner import apipool, asynctask, current_user, MacaronError

Each name is loaded when it is first used, so that the command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from macaron_runner.auth.users import (
        backend_token,
        current_user,
        generate_token,
        get_userid,
        load_auth_token,
        requires_auth,
    )
    from macaron_runner.context import config, current_context
    from macaron_runner.errors import (
        AuthorizationHeaderMissing,
        ErrorDetail,
        Forbidden,
        InvalidParameter,
        MacaronError,
        NotFound,
        NotImplementedYet,
        TokenExpired,
        TokenInvalid,
        TooManyRequests,
        add_error,
        is_error,
    )
    from macaron_runner.models.apipool import apipool
    from macaron_runner.models.model import Model
    from macaron_runner.server.loading import load_app, load_service
    from macaron_runner.standalone import API, load_clients
    from macaron_runner.tasks.limits import SoftTimeLimitExceeded
    from macaron_runner.tasks.progress import task_progress
    from macaron_runner.tasks.retries import Retries
    from macaron_runner.tasks.task import asynctask

HOMES: Final = {
    "API": "standalone",
    "AuthorizationHeaderMissing": "errors",
    "ErrorDetail": "errors",
    "Forbidden": "errors",
    "InvalidParameter": "errors",
    "MacaronError": "errors",
    "Model": "models.model",
    "NotFound": "errors",
    "NotImplementedYet": "errors",
    "Retries": "tasks.retries",
    "SoftTimeLimitExceeded": "tasks.limits",
    "TokenExpired": "errors",
    "TokenInvalid": "errors",
    "TooManyRequests": "errors",
    "add_error": "errors",
    "apipool": "models.apipool",
    "asynctask": "tasks.task",
    "backend_token": "auth.users",
    "config": "context",
    "current_context": "context",
    "current_user": "auth.users",
    "generate_token": "auth.users",
    "get_userid": "auth.users",
    "is_error": "errors",
    "load_app": "server.loading",
    "load_auth_token": "auth.users",
    "load_clients": "standalone",
    "load_service": "server.loading",
    "requires_auth": "auth.users",
    "task_progress": "tasks.progress",
}
"""The module of each public name, below this one."""

__all__ = [
    "API",
    "AuthorizationHeaderMissing",
    "ErrorDetail",
    "Forbidden",
    "InvalidParameter",
    "MacaronError",
    "Model",
    "NotFound",
    "NotImplementedYet",
    "Retries",
    "SoftTimeLimitExceeded",
    "TokenExpired",
    "TokenInvalid",
    "TooManyRequests",
    "add_error",
    "apipool",
    "asynctask",
    "backend_token",
    "config",
    "current_context",
    "current_user",
    "generate_token",
    "get_userid",
    "is_error",
    "load_app",
    "load_auth_token",
    "load_clients",
    "load_service",
    "requires_auth",
    "task_progress",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its room, once."""
    if name not in HOMES:
        raise AttributeError(f"module 'macaron_runner' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"macaron_runner.{HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
