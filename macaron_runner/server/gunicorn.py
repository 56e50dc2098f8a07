"""From `server:` in macaron.yaml to gunicorn running the service: the door to gunicorn's settings and its master.

Importing it does not import gunicorn, and `check_settings` does so only where there are raw settings. Not for how a
worker answers and stops (worker) nor for the log (access_log).
"""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.configuration.sensitive import revealed
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, near_word, not_one_of

if TYPE_CHECKING:
    from macaron_runner.configuration.load import Configuration

KEEPALIVE: Final = 75
"""Seconds an idle connection is kept: longer than the 60 s after which common load balancers give theirs up."""

WORKER_NAMES: Final = ("sync", "gthread", "gevent", "gevent_wsgi", "gevent_pywsgi", "tornado")
"""gunicorn's own worker classes that run WSGI applications."""

_DRAINING_WORKER: Final = "macaron_runner.server.worker.DrainingWorker"
_LOGGER: Final = "macaron_runner.server.access_log.ServiceLogger"

_OUR_LOGS: Final = "observability.logs"
RESTATED: Final[Mapping[str, str]] = {
    "bind": "server.bind",
    "workers": "server.workers",
    "threads": "server.threads",
    "timeout": "server.timeout",
    "graceful_timeout": "server.graceful_timeout",
    "worker_class": "server.worker",
    "pythonpath": "service.python_path",
    "proc_name": "service.name",
    "default_proc_name": "service.name",
    "accesslog": "observability.logs.access",
    "loglevel": "observability.logs.level",
    **dict.fromkeys(("errorlog", "access_log_format", "logger_class", "capture_output"), _OUR_LOGS),
    **dict.fromkeys(("logconfig", "logconfig_dict", "logconfig_json"), _OUR_LOGS),
}
"""Settings that macaron.yaml has keys of its own for, and which key."""

_OUR_START: Final = "the service is started from macaron.yaml alone"
_SUPERVISED: Final = "macaron run supervises the process"
_OUR_SOCKETS: Final = "listening sockets are opened by macaron run and outlive a killed server"
_SHARED_MEMORY: Final = "workers are forked from one loaded service"
FIXED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("config", "wsgi_app", "paste", "raw_paste_global_conf", "raw_env", "chdir"), _OUR_START),
    **dict.fromkeys(("check_config", "print_config", "spew"), _OUR_START),
    **dict.fromkeys(("daemon", "pidfile", "user", "group", "initgroups", "umask"), _SUPERVISED),
    **dict.fromkeys(("control_socket", "control_socket_mode", "control_socket_disable"), _SUPERVISED),
    **dict.fromkeys(("backlog", "reuse_port"), _OUR_SOCKETS),
    **dict.fromkeys(("preload_app", "reload", "reload_engine", "reload_extra_files"), _SHARED_MEMORY),
}
"""Settings that would break what macaron promises, and what."""

_HOOKS: Final = "Server Hooks"
"""gunicorn's section of settings that take functions; naming one would import code while only checking."""


def check_settings(configuration: Configuration) -> tuple[Diagnostic, ...]:
    """Return what is wrong with `server.worker` and `server.settings` (MAC511-515); imports none of the user's code."""
    server = configuration.config.server
    found = list(_check_worker(configuration))
    if server.settings:
        found += _check_raw(configuration, revealed(server.settings))
    return tuple(found)


def _check_worker(configuration: Configuration) -> Iterator[Diagnostic]:
    server = configuration.config.server
    if server.worker == "sync" and server.threads > 1 and "threads" in server.model_fields_set:
        yield Diagnostic(
            "MAC515",
            'the worker class "sync" has no threads',
            configuration.locate("server", "threads"),
            help="choose worker: auto (or gthread), or leave threads out",
        )
    if server.worker == "auto" or server.worker in WORKER_NAMES or "." in server.worker:
        return
    known = ("auto", *WORKER_NAMES)
    yield Diagnostic(
        "MAC514",
        f'unknown worker class "{server.worker}"',
        configuration.locate("server", "worker"),
        label=not_one_of(known),
        help=near_word(server.worker, known) or "or module.Class of a worker that runs WSGI applications",
    )


def check_worker_class(configuration: Configuration) -> None:
    """Import the worker class. Raises BadConfiguration (MAC514): it is not there, or a package it needs is not."""
    from gunicorn.workers import SUPPORTED_WORKERS

    name = configuration.config.server.worker
    if name == "auto":
        return
    try:
        module, _, attribute = SUPPORTED_WORKERS.get(name, name).rpartition(".")
        getattr(importlib.import_module(module), attribute)
    except Exception as error:  # the user's module may fail in any way at all
        problem = Diagnostic(
            "MAC514",
            f'the worker class "{name}" cannot be loaded',
            configuration.locate("server", "worker"),
            label=f"{type(error).__name__}: {error}",
        )
        raise BadConfiguration([problem]) from error


def _check_raw(configuration: Configuration, settings: Mapping[str, Any]) -> Iterator[Diagnostic]:
    from gunicorn.config import make_settings

    registry = make_settings()
    for name, value in settings.items():
        problem = _problem_of(name, value, registry)
        if problem is not None:
            code, message, label, advice = problem
            place = configuration.locate("server", "settings", name, key=code != "MAC512")
            yield Diagnostic(code, message, place, label=label, help=advice)


def _problem_of(name: str, value: Any, registry: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
    """Return code, message, label and help for one raw setting, or None where it is fine."""
    if name in RESTATED:
        return "MAC513", f'"{name}" cannot be set here', f"macaron.yaml has {RESTATED[name]} for it", ""
    if name in FIXED:
        return "MAC513", f'"{name}" cannot be set', FIXED[name], ""
    if name not in registry:
        return "MAC511", f'gunicorn has no setting "{name}"', "not known", near_word(name, registry)
    if registry[name].section == _HOOKS:
        return "MAC513", f'"{name}" cannot be set', "hooks are functions, which macaron.yaml cannot hold", ""
    try:
        registry[name].set(value)
    except Exception as error:  # gunicorn's validators raise what they like
        return "MAC512", f'"{name}" cannot have this value', _said(error), registry[name].short
    return None


def _said(error: Exception) -> str:
    """Return what gunicorn says of a value, in words for people who do not know Python."""
    text = str(error)
    return "it is no whole number" if text.startswith("invalid literal for int()") else text


def gunicorn_settings(configuration: Configuration, *, workers: int, binds: Sequence[str]) -> dict[str, Any]:
    """Return gunicorn's settings for a service, its raw `server.settings` last.

    `binds` are addresses or inherited descriptors ("fd://3"). `http_parser` stays at gunicorn's auto, which takes the C
    parser that we depend on; `forwarded_allow_ips` at its default, which reads FORWARDED_ALLOW_IPS.
    """
    config = configuration.config
    server = config.server
    return {
        "bind": list(binds),
        "workers": workers,
        "worker_class": _DRAINING_WORKER if server.worker == "auto" else server.worker,
        "threads": 1 if server.worker == "sync" else server.threads,  # else gunicorn takes gthread instead
        "timeout": math.ceil(server.timeout),
        "graceful_timeout": math.ceil(server.graceful_timeout),
        "keepalive": KEEPALIVE,
        "preload_app": True,
        "control_socket_disable": True,
        "proc_name": config.service.name,
        "worker_tmp_dir": _memory_directory(),
        "logger_class": _LOGGER,
        "accesslog": "-" if config.observability.logs.access else None,
        **revealed(server.settings),
    }


def _memory_directory() -> str | None:
    """Return where a heartbeat's file costs no disk write; a worker that waits for a disk looks dead."""
    shared = Path("/dev/shm")  # noqa: S108 - gunicorn makes and unlinks a file of a random name there
    return str(shared) if shared.is_dir() and os.access(shared, os.W_OK) else None
