"""What raw `tasks.settings` may say: what Celery's registry knows, of its type, and no promise of ours broken.

Imports Celery only where there are raw settings. Not for the settings that we choose (brokers.guarantee).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Tasks
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.store import lacking_store, store_of
from macaron_runner.diagnostics import Diagnostic, near_word

_AT_LEAST_ONCE: Final = "a task that was accepted runs at least once, whatever is killed"

FIXED: Final[Mapping[str, str]] = {
    name: promise
    for promise, names in {
        "messages are JSON, never anything that could run code": """
            accept_content result_accept_content task_serializer result_serializer event_serializer task_protocol
        """,
        _AT_LEAST_ONCE: """
            task_acks_late task_acks_on_failure task_acks_on_timeout task_acks_on_failure_or_timeout
            task_reject_on_worker_lost task_always_eager
            broker_connection_retry broker_connection_retry_on_startup broker_connection_max_retries
        """,
        "pools are Celery's prefork processes": """
            worker_pool worker_consumer worker_timer worker_pool_start_method worker_pool_putlocks
            worker_autoscaler worker_agent
        """,
        "logs are set up by observability.logs": """
            worker_hijack_root_logger worker_redirect_stdouts worker_redirect_stdouts_level worker_log_color
            worker_log_format worker_log_datefmt worker_task_log_format worker_task_log_datefmt
        """,
        "queues are named by tasks.pools, and chosen by @asynctask(queue=…)": """
            task_routes task_default_queue task_default_queue_type task_default_exchange
            task_default_exchange_type task_default_routing_key task_create_missing_queues
            task_create_missing_queue_type task_create_missing_queue_exchange_type worker_direct
            worker_detect_quorum_queues
        """,
        "each schedule has its own time_zone, and all else is UTC": "timezone enable_utc",
        "tasks.schedules is run by a scheduler of macaron's own": """
            beat_scheduler beat_schedule_filename beat_max_loop_interval beat_sync_every beat_cron_starting_deadline
            beat_enable_remote_control beat_remote_control_max_tick_age
        """,
    }.items()
    for name in names.split()
}
"""Settings that would break a promise of ours, and which."""

RESTATED: Final[Mapping[str, str]] = {
    name: key
    for key, names in {
        "tasks.broker": """
            broker_url broker_read_url broker_write_url broker_transport
            broker_host broker_port broker_user broker_password broker_vhost
        """,
        "tasks.store": "result_backend",
        "tasks.pools": "task_queues",
        "tasks.pools.<pool>.concurrency": "worker_concurrency",
        "tasks.pools.<pool>.prefetch": "worker_prefetch_multiplier",
        "tasks.pools.<pool>.max_tasks_per_child": "worker_max_tasks_per_child",
        "tasks.pools.<pool>.max_memory_per_child": "worker_max_memory_per_child",
        "tasks.schedules": "beat_schedule",
        "tasks.modules": "imports include",
    }.items()
    for name in names.split()
}
"""Settings that macaron.yaml has keys of its own for, and which key."""

LEASE_OPTIONS: Final = frozenset(
    f"{prefix}{name}"
    for prefix, names in {
        "": ("ack_emulation", "visibility_timeout", "sep"),
        "unacked_": ("key", "index_key", "mutex_key", "mutex_expire"),
        "unacked_restore_": ("interval", "limit", "throttle"),
    }.items()
    for name in names
)
"""Options of kombu's Redis transport on which redelivery rests."""

CLOUD_OPTIONS: Final = frozenset(
    (
        "visibility_timeout",
        "polling_interval",
        "ack_deadline_seconds",
        "expiration_seconds",
        "retry_timeout_seconds",
    )
)
"""The same for kombu's transports of SQS and Pub/Sub."""

_TYPES: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "string": ((str, Sensitive), "a text"),
    "str": ((str, Sensitive), "a text"),
    "bytes": ((str, Sensitive), "a text"),
    "bool": ((bool,), "true or false"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "dict": ((dict,), "a map"),
    "list": ((list, tuple), "a list"),
    "tuple": ((list, tuple), "a list"),
}
"""Celery's names for the types of its settings, and what YAML has for them; "any" is not looked at."""


_FORMS: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "broker_use_ssl": ((bool, dict), "true, false or a map"),
    "task_default_priority": ((int,), "a whole number"),
    "task_default_delivery_mode": ((int, str), '1 or "transient", 2 or "persistent"'),
}
"""Settings whose type in Celery's registry is not the truth, or not all of it."""


def check_settings(configuration: Configuration) -> tuple[Diagnostic, ...]:
    """Return what is wrong with `tasks.settings`: unknown names, wrong types, what is said elsewhere."""
    tasks = configuration.config.tasks
    return tuple(_check(configuration, tasks)) if tasks is not None and tasks.settings else ()


def _check(configuration: Configuration, tasks: Tasks) -> Iterator[Diagnostic]:
    registry = _read_registry()
    for name, value in tasks.settings.items():
        problem = _problem(name, value, registry)
        if problem is not None:
            code, message, advice, of_key = problem
            place = configuration.locate("tasks", "settings", name, key=of_key)
            yield Diagnostic(code, message, place, help=advice)
        elif (name, value) == ("task_ignore_result", False) and store_of(tasks) is None:
            yield lacking_store("the results of tasks", configuration.locate("tasks", "settings", name))
    yield from _check_transport_options(configuration, tasks)


def _read_registry() -> dict[str, str]:
    """Return the type of each setting that Celery knows, by its name in lower case."""
    from celery.app import defaults

    # flatten yields (name, Option) pairs; celery-types says names only.
    pairs: Any = defaults.flatten(defaults.NAMESPACES)
    return {name: str(option.type) for name, option in pairs}


def _problem(name: str, value: Any, registry: Mapping[str, str]) -> tuple[str, str, str, bool] | None:
    """Return code, message, help, and whether the key is at fault (else its value); None for no problem."""
    if name not in registry:
        return "MAC601", f'Celery has no setting "{name}"', near_word(name, registry), True
    if name in RESTATED:
        return "MAC603", f'"{name}" is said by a key of macaron.yaml', f"use {RESTATED[name]}", True
    if name in FIXED:
        return "MAC604", f'"{name}" cannot be changed', FIXED[name], True
    types, form = _FORMS.get(name) or _TYPES.get(registry[name], ((object,), "anything"))
    a_bool_for_a_number = isinstance(value, bool) and not {bool, object} & set(types)
    if a_bool_for_a_number or not isinstance(value, types):
        return "MAC602", f'the Celery setting "{name}" must be {form}', "", False
    return None


def _check_transport_options(configuration: Configuration, tasks: Tasks) -> Iterator[Diagnostic]:
    options = tasks.settings.get("broker_transport_options")
    if not isinstance(options, Mapping):
        return
    for name in sorted((LEASE_OPTIONS | CLOUD_OPTIONS) & options.keys()):
        yield Diagnostic(
            "MAC604",
            f'"broker_transport_options.{name}" cannot be changed',
            configuration.locate("tasks", "settings", "broker_transport_options", name, key=True),
            help=_AT_LEAST_ONCE,
        )
