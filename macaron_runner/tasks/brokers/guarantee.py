"""From `tasks:` in macaron.yaml to Celery's settings, and the guarantee that they give. Pure data.

What the settings promise: a task that was accepted runs at least once, whichever process dies. Messages are
acknowledged after the task (acks late) and given back when the process that ran it is lost; what a killed
worker held comes back within its lease's time (redis_transport, sqs_transport, pubsub_transport), on AMQP at
once; accepted is what the broker says it has; a publisher hears within seconds that the broker is away.

Not for what kinds of broker there are (kinds), for the Celery application (celery_app), nor for what raw
`tasks.settings` may say (settings).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from macaron_runner.configuration.model import MacaronConfig, Tasks
from macaron_runner.configuration.sensitive import revealed
from macaron_runner.configuration.store import store_of
from macaron_runner.tasks.brokers.kinds import broker_kind

LEASE: Final = 25
"""Seconds a worker holds a message on Redis without a word; then it is another worker's (redis_transport)."""

LEASE_RENEWAL: Final = 5
"""Seconds between two renewals of what a worker holds, and between two looks for what a dead one held."""

SQS_LEASE: Final = 60
"""The same on SQS, where each renewal is a request that costs."""

SQS_LEASE_RENEWAL: Final = 15
"""Seconds between two renewals on SQS."""

PUBSUB_LEASE: Final = 60
"""The same on Pub/Sub; kombu renews there, four times in each lease."""

STORE_DATABASE: Final = 1
"""The embedded broker's database for what is no message; messages are in 0."""

REDIS_TRANSPORT: Final = "macaron"
"""Our Redis transport's name in kombu."""

SQS_TRANSPORT: Final = "macaron-sqs"
"""Our SQS transport's name in kombu."""

PUBSUB_TRANSPORT: Final = "macaron-pubsub"
"""Our Pub/Sub transport's name in kombu."""

REQUEST_PATIENCE: Final = 0.75
"""Seconds a broker may take over one step (connect, answer, connect again) while a request waits to queue."""

WORKER_PATIENCE: Final = 5.0
"""The same where nobody waits: losing a connection that was merely slow makes tasks run again."""

LONGEST_PAUSE: Final = 3
"""Seconds between two attempts of a worker to reach a broker that is away."""


def queue_names(tasks: Tasks) -> tuple[str, ...]:
    """Return every queue that a pool consumes, each once, in the order of macaron.yaml."""
    return tuple(dict.fromkeys(queue for pool in tasks.pools.values() for queue in pool.queues))


def default_queue(tasks: Tasks) -> str:
    """Return the queue of a task that names none: `default`, or the first one where no pool consumes that."""
    names = queue_names(tasks)
    return "default" if "default" in names else names[0]


def celery_settings(config: MacaronConfig, broker_socket: Path, patience: float) -> dict[str, Any]:
    """Return Celery's settings for a service with `tasks:`, its raw `tasks.settings` last.

    `broker_socket` is where the embedded broker listens, `patience` how long a broker may take over one step.
    """
    tasks = config.tasks
    assert tasks is not None, "only a service with tasks: has a Celery application"
    raw = revealed(tasks.settings)
    kind = broker_kind(tasks)
    raw.pop("redis_backend_use_ssl", None)  # part of what store_tls gives
    options = _overlaid(
        _TRANSPORT_OPTIONS[kind](config.service.name, patience), raw.pop("broker_transport_options", {})
    )
    return {
        **_COMMON,
        **_ADDRESSES[kind](config.service.name, tasks.broker.reveal(), broker_socket),
        **_results(tasks, broker_socket),
        "broker_connection_timeout": patience,
        "broker_pool_limit": max(10, config.server.threads),
        "redis_socket_timeout": patience,
        "task_default_queue": default_queue(tasks),
        **raw,
        "broker_transport_options": options,
    }


def _overlaid(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of ours with those of the service over them; of a map, each entry by itself."""
    return {
        **ours,
        **{
            name: {**ours[name], **value}
            if isinstance(value, Mapping) and isinstance(ours.get(name), Mapping)
            else value
            for name, value in theirs.items()
        },
    }


_COMMON: Final[Mapping[str, Any]] = {
    "accept_content": ["json"],
    "task_serializer": "json",
    "result_serializer": "json",
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_create_missing_queues": False,
    "task_ignore_result": True,  # a result nobody reads still costs a write, and memory for its life
    "result_expires": 3600,
    "result_chord_expires": 14 * 86_400,  # a part may take, or wait for, longer than a result is kept
    "task_publish_retry_policy": {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    },
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,  # a worker waits for its broker however long it is away
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "worker_proc_alive_timeout": 60.0,  # on a loaded machine a fork may take longer than the default of 4 s
    "timezone": "UTC",
}


def _embedded(_: str, __: str, broker_socket: Path) -> dict[str, Any]:
    path = quote(str(broker_socket))
    return {
        "broker_transport": REDIS_TRANSPORT,
        "broker_url": f"{REDIS_TRANSPORT}+socket://{path}?virtual_host=0",
    }


def _redis(_: str, url: str, __: Path) -> dict[str, Any]:
    # Left alone, kombu talks TLS with anybody who answers.
    verified = {"broker_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED}} if url.startswith("rediss:") else {}
    return {"broker_transport": REDIS_TRANSPORT, "broker_url": url, **verified}


def _amqp(_: str, url: str, __: Path) -> dict[str, Any]:
    verified = {"broker_use_ssl": {"cert_reqs": ssl.CERT_REQUIRED}} if url.startswith("amqps:") else {}
    return {"broker_url": url, **verified}


def _results(tasks: Tasks, broker_socket: Path) -> dict[str, Any]:
    """Return where Celery keeps results: in the store, where there is one."""
    store = store_of(tasks)
    if store is None:
        return {"result_backend": "macaron_runner.tasks.results:NoStore"}
    url = store.reveal()
    if url == "embedded":
        path = quote(str(broker_socket))
        return {"result_backend": f"redis+socket://{path}?virtual_host={STORE_DATABASE}"}
    return {"result_backend": url, "redis_backend_use_ssl": store_tls(tasks) or None}


def store_tls(tasks: Tasks) -> dict[str, Any]:
    """Return the options of TLS for a store of one's own: verified, and as raw settings say; none without TLS."""
    store = store_of(tasks)
    if store is None or not store.reveal().startswith("rediss:"):
        return {}
    said = "redis_backend_use_ssl" if tasks.store is not None else "broker_use_ssl"
    raw = revealed(tasks.settings.get(said))
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED, **(raw if isinstance(raw, dict) else {})}


def _sqs(_: str, url: str, __: Path) -> dict[str, Any]:
    return {
        "broker_transport": SQS_TRANSPORT,
        "broker_url": url,
        "worker_enable_remote_control": False,  # what is for every worker would need SNS topics
        "worker_send_task_events": False,
    }


def _pubsub(service: str, url: str, _: Path) -> dict[str, Any]:
    return {
        "broker_transport": PUBSUB_TRANSPORT,
        "broker_url": url,
        "control_exchange": f"{service}.control",  # else a topic that all services of a project share
        "event_exchange": f"{service}.events",
    }


_ADDRESSES: Final = {"embedded": _embedded, "redis": _redis, "amqp": _amqp, "sqs": _sqs, "pubsub": _pubsub}


def _redis_options(_: str, patience: float) -> dict[str, Any]:
    return {
        "visibility_timeout": LEASE,
        "unacked_restore_interval": LEASE_RENEWAL,
        "unacked_restore_throttle": 1,  # look every time, not every tenth
        "unacked_mutex_expire": LEASE_RENEWAL,  # a worker killed while it looks must not blind the others
        "socket_connect_timeout": patience,
        "socket_timeout": patience,
        "socket_keepalive": True,
    }


def _amqp_options(_: str, __: float) -> dict[str, Any]:
    return {"confirm_publish": True}  # accepted is what the broker says it has, not what was written


def _sqs_options(service: str, patience: float) -> dict[str, Any]:
    return {
        "queue_name_prefix": f"{service}-",  # an account has one room of names for all its services
        "visibility_timeout": SQS_LEASE,
        "wait_time_seconds": 10,
        "polling_interval": 0,  # an empty answer took its ten seconds: that is pause enough
        "sqs-creation-attributes": {"MessageRetentionPeriod": str(14 * 86_400)},  # the most SQS allows
        "client-config": {
            "connect_timeout": patience,
            "read_timeout": 4 * patience,
            "retries": {"total_max_attempts": 1},
        },
    }


def _pubsub_options(service: str, patience: float) -> dict[str, Any]:
    return {
        "queue_name_prefix": f"{service}-",  # a project has one room of names for all its services
        "ack_deadline_seconds": PUBSUB_LEASE,
        # kombu's day would have a subscription, and all in it, removed where no worker came for so long.
        "expiration_seconds": 7 * 86_400,
        "retry_timeout_seconds": 4 * patience,
    }


_TRANSPORT_OPTIONS: Final = {
    "embedded": _redis_options,
    "redis": _redis_options,
    "amqp": _amqp_options,
    "sqs": _sqs_options,
    "pubsub": _pubsub_options,
}
